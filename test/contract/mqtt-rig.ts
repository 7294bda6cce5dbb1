import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openBuffer } from "../../src/buffer/buffer.ts";
import type { EventClass } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createMqttUpstream, type MqttUpstreamOptions } from "../../src/forward/mqtt-upstream.ts";
import { createMosquitto } from "../support/mosquitto.ts";
import { startMqttKeeper } from "../support/mqtt-keeper.ts";

export const SITE = "longwan";
/** For what takes a broker, a box and a keeper. */
export const WAIT = { timeoutMs: 30_000 };

/** A box with a ledger of its own, and upstreams over it. */
export async function setUpBox(options: Partial<MqttUpstreamOptions> = {}) {
  const dataFolder = await mkdtemp(join(tmpdir(), "cunshao-mqtt-"));
  const buffer = await openBuffer({
    dataFolder,
    siteId: SITE,
    bootId: "boot-1",
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    clockQuality: () => "synced",
  });
  onTestFinished(async () => {
    await buffer.close();
    await rm(dataFolder, { recursive: true, force: true });
  });
  const commands: unknown[] = [];
  return {
    ...buffer,
    commands,
    make(more: Partial<MqttUpstreamOptions> = {}) {
      const upstream = createMqttUpstream({
        id: "county",
        url: "",
        topic: "cunshao",
        acknowledge: "ledger",
        siteId: SITE,
        version: "1.2.3",
        ...buffer,
        downlink: {
          async commands(_upstream, sent) {
            commands.push(...sent);
          },
          time: () => undefined,
        },
        clock: systemClock,
        random: Math.random,
        log: silentLogger,
        timing: { timeoutMs: 3000, probeMs: 500, retry: { firstMs: 20, capMs: 200 } },
        ...options,
        ...more,
      });
      onTestFinished(() => upstream.stop());
      return upstream;
    },
    append: (count: number, eventClass: EventClass = "state", data: Record<string, unknown> = {}) =>
      Promise.all(
        Array.from({ length: count }, () =>
          buffer.ledger.append({ type: "org.cunshao.test", class: eventClass, data }),
        ),
      ),
    done: () => buffer.outbox.acknowledged("county"),
  };
}

/** The same with an upstream behind a real broker; what keeps its events is started by `keeper`. */
export async function setUpUpstream({
  broker: lines = [],
  ...options
}: { readonly broker?: readonly string[] } & Partial<MqttUpstreamOptions> = {}) {
  const broker = await createMosquitto(lines);
  onTestFinished(() => broker.remove());
  await broker.start();
  const box = await setUpBox({ url: broker.url, ...options });
  return {
    ...box,
    broker,
    upstream: box.make(),
    async keeper(more = {}) {
      const keeper = await startMqttKeeper({ url: broker.url, site: SITE, ...more });
      onTestFinished(() => keeper.close());
      return keeper;
    },
  };
}

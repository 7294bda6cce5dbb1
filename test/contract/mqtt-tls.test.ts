import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import type { UpstreamTls } from "../../src/core/upstream-wiring.ts";
import { createMqttUpstream } from "../../src/forward/mqtt-upstream.ts";
import { townshipReasons } from "../../src/panel/web/messages/zh-township.ts";
import { createMosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { startMqttKeeper } from "../support/mqtt-keeper.ts";
import { makeCertificates, opensslMissing } from "../support/test-authority.ts";
import { until } from "../support/until.ts";
import { draft, scratchBuffer } from "../unit/buffer/scratch.ts";

const missing = mosquittoMissing() ?? opensslMissing;
const WAIT = { timeoutMs: 30_000 };

/** A broker whose certificate, like the box's, is signed by an authority of its own. */
async function setUp(lines: readonly string[] = []) {
  const file = makeCertificates("broker", "box");
  const tls = [`cafile ${file("ca.pem")}`, `certfile ${file("broker.pem")}`, `keyfile ${file("broker.key")}`];
  const broker = await createMosquitto([...tls, ...lines], "mqtts");
  onTestFinished(() => broker.remove());
  await broker.start();
  const buffer = await scratchBuffer({ siteId: "longwan" });
  await Promise.all([draft({ class: "alarm" }), draft(), draft()].map((each) => buffer.ledger.append(each)));
  return {
    ...buffer,
    broker,
    file,
    box(trust?: UpstreamTls) {
      const upstream = createMqttUpstream({
        ...{ id: "county", url: broker.url, topic: "cunshao", acknowledge: "ledger", tls: trust },
        ...{ siteId: "longwan", version: "1.2.3", ...buffer },
        ...{ clock: systemClock, random: Math.random, log: silentLogger },
        timing: { timeoutMs: 3000, probeMs: 500, retry: { firstMs: 20, capMs: 200 } },
      });
      onTestFinished(() => upstream.stop());
      return upstream;
    },
    done: () => buffer.outbox.acknowledged("county"),
  };
}

describe.skipIf(missing)(`a broker with TLS${missing ? `: ${missing}` : ""}`, () => {
  test("gets everything where the box knows its authority", async () => {
    const { box, broker, file, done } = await setUp();
    const ca = readFileSync(file("ca.pem"), "utf8");
    const keeper = await startMqttKeeper({ url: broker.url, site: "longwan", ca });
    onTestFinished(() => keeper.close());
    await box({ authority: file("ca.pem") }).start();
    await until(async () => (await done()) === 3, WAIT);
    expect([...keeper.events.keys()].sort()).toEqual([1, 2, 3]);
  });

  test.each([
    ["another authority vouches for it", () => ({ authority: makeCertificates()("ca.pem") })],
    ["nobody whom the box knows vouches for it", () => undefined],
  ])("gets nothing, not even a name, where %s, and the page says why", async (_why, trust) => {
    const { box, broker, done } = await setUp();
    const upstream = box(trust());
    await upstream.start();
    await until(() => upstream.state().reason === "upstream.certificate", WAIT);
    expect(upstream.state()).toMatchObject({ status: "unreachable", waitingEvents: 3, waitingAlarms: 1 });
    expect(townshipReasons.upstream_certificate).toBe("安全证书不对");
    expect(broker.log()).not.toContain("longwan");
    expect(await done()).toBe(0);
  });

  test("that wants to know who comes takes the box with its certificate, and nobody without", async () => {
    const { box, file } = await setUp(["require_certificate true"]);
    const authority = file("ca.pem");
    const named = box({ authority, certificate: file("box.pem"), key: file("box.key") });
    await named.start();
    // Nobody keeps account here: that it says so means that it was let in.
    await until(() => named.state().reason === "upstream.unacknowledged", WAIT);
    await named.stop();

    const nameless = box({ authority });
    await nameless.start();
    await until(() => nameless.state().reason === "upstream.certificate", WAIT);
    expect(nameless.state().status).toBe("unreachable");
  });
});

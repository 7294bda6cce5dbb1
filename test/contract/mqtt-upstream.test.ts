import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { describe, expect, onTestFinished, test } from "vitest";
import { openBuffer } from "../../src/buffer/buffer.ts";
import type { EventClass } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createMqttUpstream, type MqttUpstreamOptions } from "../../src/forward/mqtt-upstream.ts";
import { openBrokerDoor } from "../support/broker-door.ts";
import { createMosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { startMqttKeeper } from "../support/mqtt-keeper.ts";
import { until } from "../support/until.ts";

const missing = mosquittoMissing();
const SITE = "longwan";
const WAIT = { timeoutMs: 30_000 };
const TAKES_BATCHES = { accepts: ["application/cloudevents-batch+json"] };
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

async function setUp({
  broker: lines = [],
  ...options
}: { readonly broker?: readonly string[] } & Partial<MqttUpstreamOptions> = {}) {
  const broker = await createMosquitto(lines);
  onTestFinished(() => broker.remove());
  await broker.start();
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
  const make = (more: Partial<MqttUpstreamOptions> = {}) => {
    const upstream = createMqttUpstream({
      id: "county",
      url: broker.url,
      topic: "cunshao",
      acknowledge: "ledger",
      siteId: SITE,
      version: "1.2.3",
      ...buffer,
      downlink: { commands: (_upstream, sent) => commands.push(...sent), time: () => undefined },
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
      timing: { timeoutMs: 3000, probeMs: 500, retry: { firstMs: 20, capMs: 200 } },
      ...options,
      ...more,
    });
    onTestFinished(() => upstream.stop());
    return upstream;
  };
  return {
    ...buffer,
    broker,
    commands,
    make,
    upstream: make(),
    async keeper(more = {}) {
      const keeper = await startMqttKeeper({ url: broker.url, site: SITE, ...more });
      onTestFinished(() => keeper.close());
      return keeper;
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

describe.skipIf(missing)(`an upstream behind a real broker${missing ? `: ${missing}` : ""}`, () => {
  test("gets each event as a CloudEvent on its topic, alarms first, and its word moves the cursors", async () => {
    const all = await setUp();
    const keeper = await all.keeper();
    await all.append(700, "state");
    await all.append(20, "audit");
    await all.append(5, "alarm");
    await all.upstream.start();
    await until(async () => (await all.done()) === 725, WAIT);
    expect(keeper.arrivals).toHaveLength(725);
    expect(keeper.arrivals[0]).toEqual({
      seq: 721,
      topic: `cunshao/${SITE}/events/alarm`,
      contentType: "application/cloudevents+json; charset=UTF-8",
    });
    const [first] = await all.ledger.read({ after: 0, limit: 1 });
    expect(keeper.events.get(1)).toEqual(first);
    await until(() => all.upstream.state().waitingEvents === 0);
    expect(all.upstream.state()).toMatchObject({ status: "connected", kind: "mqtt" });
  });

  test("says when it is born and when it leaves; the broker says when it is cut off", async () => {
    const all = await setUp();
    const keeper = await all.keeper();
    await all.upstream.start();
    const status = () => JSON.parse(keeper.retained() ?? "{}");
    await until(() => status().status === "online", WAIT);
    expect(status()).toMatchObject({ site: SITE, ledger: all.ledger.id, version: "1.2.3", head: 0 });
    await all.upstream.stop();
    await until(() => status().status === "offline", WAIT);
  });

  test("that nobody acknowledges gets nothing, and what waits stays in the ledger", async () => {
    const all = await setUp({ timing: { timeoutMs: 200, probeMs: 500, retry: { firstMs: 20, capMs: 50 } } });
    const keeper = await all.keeper({ acknowledges: false });
    await all.append(10);
    await all.upstream.start();
    await until(() => all.upstream.state().reason === "upstream.unacknowledged", WAIT);
    expect(keeper.arrivals).toEqual([]);
    expect(await all.done()).toBe(0);
    keeper.setAcknowledging(true);
    await until(async () => (await all.done()) === 10, WAIT);
    expect(keeper.arrivals).toHaveLength(10);
  });

  test("goes on soon after the keeper is back, whose broker forgot that it listens", async () => {
    // An hour: what is waited for here comes from no time-out.
    const all = await setUp({ timing: { timeoutMs: 3_600_000, probeMs: 3_600_000 } });
    await all.append(10);
    const onlooker = await connectAsync(all.broker.url, { protocolVersion: 5 });
    onTestFinished(() => onlooker.endAsync(true));
    const born = new Promise<void>((resolve) => onlooker.once("message", () => resolve()));
    await onlooker.subscribeAsync(`cunshao/${SITE}/status`, { qos: 1 });
    await all.upstream.start();
    // The question follows in the same write, and nobody hears it.
    await born;
    await all.keeper();
    await until(async () => (await all.done()) === 10, WAIT);
    expect(all.upstream.state()).toMatchObject({ status: "connected" });
  });

  test("with acknowledge: puback counts what the broker took for somebody, and nothing that it threw away", async () => {
    const all = await setUp({ acknowledge: "puback" });
    await all.append(10);
    await all.upstream.start();
    await until(() => all.upstream.state().reason === "upstream.nobody_listens", WAIT);
    expect(await all.done()).toBe(0);
    const keeper = await all.keeper({ acknowledges: false });
    await until(async () => (await all.done()) === 10, WAIT);
    expect(new Set(keeper.arrivals.map(({ seq }) => seq)).size).toBe(10);
  });

  test("loses nothing when the broker is killed in the middle, again and again", async () => {
    const all = await setUp({ broker: ["max_inflight_messages 100"] });
    const keeper = await all.keeper();
    await all.upstream.start();
    for (let round = 1; round <= 3; round += 1) {
      const before = keeper.events.size;
      const appending = all.append(3000);
      await until(() => keeper.events.size > before + 200, WAIT);
      await all.broker.kill();
      await appending;
      await all.append(3, "alarm");
      await all.broker.start();
    }
    await until(async () => (await all.done()) === all.ledger.head, { timeoutMs: 60_000 });
    expect(keeper.events.size).toBe(all.ledger.head);
    expect(all.ledger.head).toBe(9009);
  });

  test("goes on where it was after a restart", async () => {
    const all = await setUp();
    const keeper = await all.keeper();
    await all.append(50);
    await all.upstream.start();
    await until(async () => (await all.done()) === 50, WAIT);
    await all.upstream.stop();
    await all.append(5, "alarm");
    await all.make().start();
    await until(async () => (await all.done()) === 55, WAIT);
    expect(keeper.arrivals.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 55 }, (_, index) => index + 1),
    );
  });

  test("goes on after a restart although the keeper has more than the box could note, as on a full disk", async () => {
    const all = await setUp();
    const keeper = await all.keeper();
    await all.append(3);
    const { accept } = all.outbox;
    all.outbox.accept = () => Promise.reject(new Error("the disk is full"));
    await all.upstream.start();
    await until(() => keeper.events.size === 3, WAIT);
    await all.upstream.stop();
    expect(await all.done()).toBe(0);
    all.outbox.accept = accept;
    await all.make().start();
    await until(async () => (await all.done()) === 3, WAIT);
  });

  test("hands commands of its topic on, and drops what is none", async () => {
    const all = await setUp();
    const keeper = await all.keeper();
    await all.upstream.start();
    await until(() => all.upstream.state().status === "connected", WAIT);
    await keeper.client.publishAsync(`cunshao/${SITE}/commands`, "{not json", { qos: 1 });
    await keeper.client.publishAsync(`cunshao/${SITE}/commands`, '{"id":"c1"}', { qos: 1 });
    await until(() => all.commands.length > 0, WAIT);
    expect(all.commands).toEqual([{ id: "c1" }]);
  });

  test("with a limit of size sets one event aside that is above it, and gets the rest", async () => {
    const all = await setUp({ broker: ["max_packet_size 20000"] });
    const keeper = await all.keeper();
    await all.append(3);
    await all.append(1, "alarm", { text: "x".repeat(40_000) });
    await all.append(3);
    await all.upstream.start();
    await until(async () => (await all.done()) === 7, WAIT);
    expect(await all.deadLetters.list(9)).toMatchObject([{ seq: 4, class: "alarm", said: "MQTT 149" }]);
    expect(keeper.events.size).toBe(6);
  });

  test("gets what waited in batches where its keeper takes them, in order, and alarms of now alone", async () => {
    const all = await setUp();
    const keeper = await all.keeper({ offer: { ...TAKES_BATCHES, batch: { events: 40 } } });
    await all.append(200);
    await all.upstream.start();
    await until(async () => (await all.done()) === 200, WAIT);
    expect(keeper.messages()).toBeLessThan(10);
    expect(keeper.arrivals.map(({ seq }) => seq)).toEqual(upTo(200));
    expect(keeper.arrivals[0]?.contentType).toBe("application/cloudevents-batch+json; charset=UTF-8");
    const [first] = await all.ledger.read({ after: 0, limit: 1 });
    expect(keeper.events.get(1)).toEqual(first);
    const before = keeper.messages();
    await all.append(5, "alarm");
    await until(async () => (await all.done()) === 205, WAIT);
    expect(keeper.messages()).toBe(before + 5);
  });

  test("gets single events again once its keeper says nothing of batches any more, and none twice", async () => {
    const all = await setUp();
    const keeper = await all.keeper({ offer: TAKES_BATCHES });
    await all.append(100);
    await all.upstream.start();
    await until(async () => (await all.done()) === 100, WAIT);
    expect(keeper.messages()).toBe(1);
    await all.upstream.stop();
    keeper.setOffer({});
    await all.append(50);
    await all.make().start();
    await until(async () => (await all.done()) === 150, WAIT);
    expect(keeper.messages()).toBe(51);
    expect(keeper.arrivals.map(({ seq }) => seq)).toEqual(upTo(150));
  });

  test.each([
    { accepts: "application/cloudevents-batch+json" },
    { ...TAKES_BATCHES, batch: { events: -1 } },
    { ...TAKES_BATCHES, batch: { events: 1e300 } },
    { ...TAKES_BATCHES, batch: [] },
  ])("counts the word of a keeper that talks nonsense of batches, and sends it none: %j", async (offer) => {
    const all = await setUp();
    const keeper = await all.keeper({ offer });
    await all.append(30);
    await all.upstream.start();
    await until(async () => (await all.done()) === 30, WAIT);
    expect(keeper.messages()).toBe(30);
  });

  test("that counts without gaps only gets single events, also where it would take batches", async () => {
    const all = await setUp();
    const keeper = await all.keeper({ offer: { ...TAKES_BATCHES, held: undefined } });
    await all.append(30);
    await all.upstream.start();
    await until(async () => (await all.done()) === 30, WAIT);
    expect(keeper.messages()).toBe(30);
  });

  test("makes batches smaller than the broker's limit, and smaller again when the keeper's own drops them", async () => {
    const timing = { timeoutMs: 300, probeMs: 500, retry: { firstMs: 20, capMs: 50 } };
    const all = await setUp({ broker: ["max_packet_size 20000"], timing });
    const keeper = await all.keeper({ offer: TAKES_BATCHES, maximumPacketSize: 6000 });
    await all.append(200);
    await all.upstream.start();
    await until(async () => (await all.done()) === 200, WAIT);
    expect(keeper.arrivals.map(({ seq }) => seq)).toEqual(upTo(200));
    expect(keeper.messages()).toBeLessThan(200);
    expect(await all.deadLetters.list(9)).toEqual([]);
  });

  describe("whose broker tells no limit", () => {
    // An hour: what is waited for here comes from no time-out and no back-off.
    const HOUR_MS = 3_600_000;
    const timing = {
      ...{ timeoutMs: HOUR_MS, probeMs: HOUR_MS },
      retry: { firstMs: HOUR_MS, capMs: HOUR_MS },
    };

    async function setUpSilent(limit: string, more: Partial<MqttUpstreamOptions> = {}) {
      const all = await setUp({ broker: [limit, "log_type all"], timing });
      const keeper = await all.keeper({ offer: TAKES_BATCHES });
      const door = await openBrokerDoor(all.broker.port, { hidesLimit: limit.startsWith("max_packet_size") });
      onTestFinished(door.close);
      return { ...all, keeper, upstream: all.make({ url: door.url, ...more }) };
    }

    test("and refuses batches gets them in halves at once, in order, none twice", async () => {
      const all = await setUpSilent("message_size_limit 6000");
      await all.append(1000);
      await all.upstream.start();
      await until(async () => (await all.done()) === 1000, WAIT);
      expect(all.broker.log()).toContain("too large PUBLISH");
      expect(all.keeper.arrivals.map(({ seq }) => seq)).toEqual(upTo(1000));
      expect(all.keeper.messages()).toBeLessThan(250);
      expect(await all.deadLetters.list(9)).toEqual([]);
    });

    test("and ends the connection over a batch gets half of it at once, in order, none twice", async () => {
      const all = await setUpSilent("max_packet_size 20000");
      await all.append(1000);
      await all.upstream.start();
      await until(async () => (await all.done()) === 1000, WAIT);
      expect(all.broker.log()).toMatch(/oversize|too large/i);
      expect(all.keeper.arrivals.map(({ seq }) => seq)).toEqual(upTo(1000));
      expect(all.keeper.messages()).toBeLessThan(100);
      expect(await all.deadLetters.list(9)).toEqual([]);
    });

    test("and ends the connection over one event has it set aside, and gets the rest", async () => {
      const all = await setUpSilent("max_packet_size 20000", {
        timing: { ...timing, retry: { firstMs: 20, capMs: 50 } },
      });
      await all.append(3);
      await all.append(1, "state", { text: "x".repeat(40_000) });
      await all.append(3);
      await all.upstream.start();
      await until(async () => (await all.done()) === 7, WAIT);
      expect(await all.deadLetters.list(9)).toMatchObject([{ seq: 4, said: "MQTT 149" }]);
      expect(new Set(all.keeper.arrivals.map(({ seq }) => seq)).size).toBe(6);
    });
  });

  test("whose broker says what no broker says is connected to anew", async () => {
    const all = await setUp();
    await all.keeper();
    const door = await openBrokerDoor(all.broker.port);
    onTestFinished(door.close);
    const upstream = all.make({ url: door.url });
    await upstream.start();
    await until(() => upstream.state().status === "connected", WAIT);
    // A PUBACK with a reason that does not exist.
    door.say(Buffer.from([0x40, 3, 0, 1, 0xee]));
    await all.append(1);
    await until(async () => (await all.done()) === 1, WAIT);
  });

  test("on a line that went dead holds up no stop of the box", async () => {
    const all = await setUp({ timing: { timeoutMs: 3_600_000, probeMs: 3_600_000 } });
    await all.keeper();
    const door = await openBrokerDoor(all.broker.port);
    onTestFinished(door.close);
    const upstream = all.make({ url: door.url });
    await upstream.start();
    await until(() => upstream.state().status === "connected", WAIT);
    door.deafen();
    await all.append(3000);
    let isStopped = false;
    const stopping = upstream.stop().then(() => {
      isStopped = true;
    });
    // The package would wait for what is under way until its keep-alive of 45 s ends.
    await until(() => isStopped);
    await stopping;
  });

  test("that knows no such user refuses, and says so", async () => {
    const all = await setUp({
      broker: ["password_file /dev/null"],
      login: { username: "box", password: "wrong" },
    });
    await all.append(1);
    await all.upstream.start();
    await until(() => all.upstream.state().status === "refused", WAIT);
    expect(all.upstream.state().reason).toBe("upstream.unauthorized");
  });

  test("that is not there never holds up the ledger, and the box stops at once", async () => {
    const all = await setUp();
    await all.broker.kill();
    await all.upstream.start();
    await until(() => all.upstream.state().status === "unreachable", WAIT);
    await all.append(500);
    expect(all.ledger.head).toBe(500);
    expect(all.upstream.state().reason).toBe("upstream.network");
    await all.upstream.stop();
  });
});

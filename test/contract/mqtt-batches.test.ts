import { describe, expect, onTestFinished, test } from "vitest";
import type { MqttUpstreamOptions } from "../../src/forward/mqtt-upstream.ts";
import { openBrokerDoor } from "../support/broker-door.ts";
import { mosquittoMissing } from "../support/mosquitto.ts";
import { until } from "../support/until.ts";
import { setUpUpstream, WAIT } from "./mqtt-rig.ts";

const missing = mosquittoMissing();
const TAKES_BATCHES = { accepts: ["application/cloudevents-batch+json"] };
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe.skipIf(missing)(`an upstream behind a real broker${missing ? `: ${missing}` : ""}`, () => {
  test("gets what waited in batches where its keeper takes them, in order, and alarms of now alone", async () => {
    const all = await setUpUpstream();
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
    const all = await setUpUpstream();
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
    const all = await setUpUpstream();
    const keeper = await all.keeper({ offer });
    await all.append(30);
    await all.upstream.start();
    await until(async () => (await all.done()) === 30, WAIT);
    expect(keeper.messages()).toBe(30);
  });

  test("that counts without gaps only gets single events, also where it would take batches", async () => {
    const all = await setUpUpstream();
    const keeper = await all.keeper({ offer: { ...TAKES_BATCHES, held: undefined } });
    await all.append(30);
    await all.upstream.start();
    await until(async () => (await all.done()) === 30, WAIT);
    expect(keeper.messages()).toBe(30);
  });

  test("makes batches smaller than the broker's limit, and smaller again when the keeper's own drops them", async () => {
    const timing = { timeoutMs: 300, probeMs: 500, retry: { firstMs: 20, capMs: 50 } };
    const all = await setUpUpstream({ broker: ["max_packet_size 20000"], timing });
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
      const all = await setUpUpstream({ broker: [limit, "log_type all"], timing });
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
});

import { describe, expect, test } from "vitest";
import { GatewayError } from "../../src/core/errors.ts";
import { mosquittoMissing } from "../support/mosquitto.ts";
import { until } from "../support/until.ts";
import { SITE, setUpUpstream, WAIT } from "./mqtt-rig.ts";

const missing = mosquittoMissing();
const TOPIC = `cunshao/${SITE}/commands`;
const time = () => undefined;

// What a broker hands down once it has the box's word for it never comes again: that word is given when the command is on disk.
describe.skipIf(missing)(`a command that comes by a broker${missing ? `: ${missing}` : ""}`, () => {
  test("waits there for a box that is away", async () => {
    const all = await setUpUpstream();
    const keeper = await all.keeper();
    await all.upstream.start();
    await until(() => all.upstream.state().status === "connected", WAIT);
    await all.upstream.stop();
    await keeper.client.publishAsync(TOPIC, '{"id":"c1"}', { qos: 1 });
    await all.make().start();
    await until(() => all.commands.length > 0, WAIT);
    expect(all.commands).toEqual([{ id: "c1" }]);
  });

  test("is thrown away by the broker above a MiB, and holds nothing up", async () => {
    const all = await setUpUpstream();
    const keeper = await all.keeper();
    await all.upstream.start();
    await until(() => all.upstream.state().status === "connected", WAIT);
    await keeper.client.publishAsync(TOPIC, JSON.stringify("x".repeat(2 * 1_048_576)), { qos: 1 });
    await keeper.client.publishAsync(TOPIC, '{"id":"c1"}', { qos: 1 });
    await until(() => all.commands.length > 0, WAIT);
    expect(all.commands).toEqual([{ id: "c1" }]);
  });

  test("comes again when the box died before it was on disk", async () => {
    let came = 0;
    const dies = {
      time,
      commands: () => {
        came += 1;
        return new Promise<void>(() => undefined);
      },
    };
    const all = await setUpUpstream();
    const keeper = await all.keeper();
    const dying = all.make({ downlink: dies });
    await dying.start();
    await until(() => dying.state().status === "connected", WAIT);
    await keeper.client.publishAsync(TOPIC, '{"id":"c1"}', { qos: 1 });
    await until(() => came === 1, WAIT);
    await dying.stop();
    await all.make().start();
    await until(() => all.commands.length > 0, WAIT);
    expect(all.commands).toEqual([{ id: "c1" }]);
  });

  test("comes again while the disk takes nothing, until it does; what waits for the township goes on meanwhile", async () => {
    let came = 0;
    const full = {
      time,
      async commands() {
        came += 1;
        if (came < 3) throw new GatewayError("The disk is full", { code: "ledger.full", kind: "transient" });
      },
    };
    const all = await setUpUpstream({
      downlink: full,
      timing: {
        ...{ timeoutMs: 3000, probeMs: 500 },
        retry: { firstMs: 20, capMs: 50 },
        refusedRetry: { firstMs: 300, capMs: 300 },
      },
    });
    const keeper = await all.keeper();
    await all.upstream.start();
    await until(() => all.upstream.state().status === "connected", WAIT);
    await keeper.client.publishAsync(TOPIC, '{"id":"c1"}', { qos: 1 });
    let appended = 0;
    await until(
      async () => {
        // Without a pause: something is on its way whenever the connection ends.
        await all.append(400);
        appended += 400;
        return came === 3;
      },
      { ...WAIT, pollMs: 0 },
    );
    await until(async () => (await all.done()) === appended, WAIT);
    await all.upstream.stop();
    await all.make().start();
    await keeper.client.publishAsync(TOPIC, '{"id":"c2"}', { qos: 1 });
    await until(() => came > 3, WAIT);
    expect(came, "the first was acknowledged").toBe(4);
  });

  test("holds no acknowledgement up where the disk does not take it, with more of them than the broker has on their way at once", async () => {
    let came = 0;
    const full = {
      time,
      async commands() {
        came += 1;
        throw new GatewayError("The disk is full", { code: "ledger.full", kind: "transient" });
      },
    };
    const all = await setUpUpstream({
      broker: ["max_inflight_messages 20"],
      downlink: full,
      timing: { timeoutMs: 3000, probeMs: 500, retry: { firstMs: 20, capMs: 50 } },
    });
    const keeper = await all.keeper();
    await all.upstream.start();
    await until(() => all.upstream.state().status === "connected", WAIT);
    for (let count = 0; count < 30; count += 1) {
      await keeper.client.publishAsync(TOPIC, JSON.stringify({ id: `c${count}` }), { qos: 1 });
    }
    await until(() => came >= 20, WAIT);
    await all.append(10);
    await until(async () => (await all.done()) === 10, WAIT);
  });
});

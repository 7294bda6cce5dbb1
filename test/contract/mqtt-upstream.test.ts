import { connectAsync } from "mqtt";
import { describe, expect, onTestFinished, test } from "vitest";
import { openBrokerDoor } from "../support/broker-door.ts";
import { mosquittoMissing } from "../support/mosquitto.ts";
import { until } from "../support/until.ts";
import { SITE, setUpUpstream, WAIT } from "./mqtt-rig.ts";

const missing = mosquittoMissing();

describe.skipIf(missing)(`an upstream behind a real broker${missing ? `: ${missing}` : ""}`, () => {
  test("gets each event as a CloudEvent on its topic, alarms first, and its word moves the cursors", async () => {
    const all = await setUpUpstream();
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
    const all = await setUpUpstream();
    const keeper = await all.keeper();
    await all.upstream.start();
    const status = () => JSON.parse(keeper.retained() ?? "{}");
    await until(() => status().status === "online", WAIT);
    expect(status()).toMatchObject({ site: SITE, ledger: all.ledger.id, version: "1.2.3", head: 0 });
    await all.upstream.stop();
    await until(() => status().status === "offline", WAIT);
  });

  test("that nobody acknowledges gets nothing, and what waits stays in the ledger", async () => {
    const all = await setUpUpstream({
      timing: { timeoutMs: 200, probeMs: 500, retry: { firstMs: 20, capMs: 50 } },
    });
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
    const all = await setUpUpstream({ timing: { timeoutMs: 3_600_000, probeMs: 3_600_000 } });
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
    const all = await setUpUpstream({ acknowledge: "puback" });
    await all.append(10);
    await all.upstream.start();
    await until(() => all.upstream.state().reason === "upstream.nobody_listens", WAIT);
    expect(await all.done()).toBe(0);
    const keeper = await all.keeper({ acknowledges: false });
    await until(async () => (await all.done()) === 10, WAIT);
    expect(new Set(keeper.arrivals.map(({ seq }) => seq)).size).toBe(10);
  });

  test("loses nothing when the broker is killed in the middle, again and again", async () => {
    const all = await setUpUpstream({ broker: ["max_inflight_messages 100"] });
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
    const all = await setUpUpstream();
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
    const all = await setUpUpstream();
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
    const all = await setUpUpstream();
    const keeper = await all.keeper();
    await all.upstream.start();
    await until(() => all.upstream.state().status === "connected", WAIT);
    await keeper.client.publishAsync(`cunshao/${SITE}/commands`, "{not json", { qos: 1 });
    await keeper.client.publishAsync(`cunshao/${SITE}/commands`, '{"id":"c1"}', { qos: 1 });
    await until(() => all.commands.length > 0, WAIT);
    expect(all.commands).toEqual([{ id: "c1" }]);
  });

  test("with a limit of size sets one event aside that is above it, and gets the rest", async () => {
    const all = await setUpUpstream({ broker: ["max_packet_size 20000"] });
    const keeper = await all.keeper();
    await all.append(3);
    await all.append(1, "alarm", { text: "x".repeat(40_000) });
    await all.append(3);
    await all.upstream.start();
    await until(async () => (await all.done()) === 7, WAIT);
    expect(await all.deadLetters.list(9)).toMatchObject([{ seq: 4, class: "alarm", said: "MQTT 149" }]);
    expect(keeper.events.size).toBe(6);
  });

  test("whose broker says what no broker says is connected to anew", async () => {
    const all = await setUpUpstream();
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
    const all = await setUpUpstream({ timing: { timeoutMs: 3_600_000, probeMs: 3_600_000 } });
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
    const all = await setUpUpstream({
      broker: ["password_file /dev/null"],
      login: { username: "box", password: "wrong" },
    });
    await all.append(1);
    await all.upstream.start();
    await until(() => all.upstream.state().status === "refused", WAIT);
    expect(all.upstream.state().reason).toBe("upstream.unauthorized");
  });

  test("that is not there never holds up the ledger, and the box stops at once", async () => {
    const all = await setUpUpstream();
    await all.broker.kill();
    await all.upstream.start();
    await until(() => all.upstream.state().status === "unreachable", WAIT);
    await all.append(500);
    expect(all.ledger.head).toBe(500);
    expect(all.upstream.state().reason).toBe("upstream.network");
    await all.upstream.stop();
  });
});

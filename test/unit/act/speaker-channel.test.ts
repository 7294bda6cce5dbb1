import { describe, expect, test } from "vitest";
import type { SpeakerState } from "../../../src/core/broadcast.ts";
import { createChannelRig, order } from "./act-rig.ts";

describe("an order on an idle speaker", () => {
  test("is relay on, settle, play, hold, relay off", async () => {
    const { clock, journal, results, outcomes, say } = await createChannelRig();
    say(order("warning"));
    await clock.advance(10_000);
    expect(journal).toEqual(["0 relay on", "800 play warning 80", "3100 relay off"]);
    expect(results()).toEqual(["warning played"]);
    expect(outcomes[0]?.soundedAt?.monotonicMs).toBe(800);
    expect(clock.pending()).toBe(0);
  });

  test("shows each phase once, with the order while it is at work", async () => {
    const { clock, channel, say } = await createChannelRig();
    const seen: SpeakerState[] = [];
    channel.changes.on((state) => seen.push(state));
    say(order("warning"));
    await clock.advance(10_000);
    const phases = seen.map(({ phase, order: shown, since }) => [phase, shown?.id, since.monotonicMs]);
    expect(phases).toEqual([
      ["settling", "warning", 0],
      ["settling", "warning", 0],
      ["playing", "warning", 800],
      ["holding", undefined, 2800],
      ["idle", undefined, 3100],
    ]);
  });

  test("repeats with half a second of silence between", async () => {
    const { clock, journal, say } = await createChannelRig();
    say(order("warning", { repeat: 3, volume: 100 }));
    await clock.advance(20_000);
    expect(journal).toEqual([
      "0 relay on",
      "800 play warning 100",
      "3300 play warning 100",
      "5800 play warning 100",
      "8100 relay off",
    ]);
  });
});

describe("several orders", () => {
  test("of one priority are spoken in the order in which they came, on one switching", async () => {
    const { clock, journal, results, say } = await createChannelRig();
    for (const id of ["first", "second", "third"]) say(order(id));
    await clock.advance(20_000);
    expect(journal).toEqual([
      "0 relay on",
      "800 play first 80",
      "2800 play second 80",
      "4800 play third 80",
      "7100 relay off",
    ]);
    expect(results()).toEqual(["first played", "second played", "third played"]);
  });

  test("come during the hold without switching again", async () => {
    const { clock, journal, say } = await createChannelRig();
    say(order("first"));
    await clock.advance(3000);
    say(order("second"));
    await clock.advance(10_000);
    expect(journal).toEqual(["0 relay on", "800 play first 80", "3000 play second 80", "5300 relay off"]);
  });

  test("are spoken highest priority first", async () => {
    const { clock, results, say } = await createChannelRig();
    say(order("now", { priority: "emergency" }));
    for (const priority of ["drill", "rule", "township", "schedule", "local", "emergency"] as const) {
      say(order(priority, { priority }));
    }
    await clock.advance(60_000);
    expect(results()).toEqual([
      "now played",
      "emergency played",
      "township played",
      "local played",
      "rule played",
      "schedule played",
      "drill played",
    ]);
  });

  test("of higher priority cut off what sounds, and what was cut off does not come again", async () => {
    const { clock, journal, results, say } = await createChannelRig();
    say(order("drill", { priority: "drill" }), 30_000);
    await clock.advance(5000);
    say(order("warning"));
    await clock.advance(20_000);
    expect(journal).toEqual([
      "0 relay on",
      "800 play drill 80",
      "5000 cut drill",
      "5000 play warning 80",
      "7300 relay off",
    ]);
    expect(results()).toEqual(["drill preempted", "warning played"]);
  });

  test("that pre-empt while the amplifier settles wait until it can be heard", async () => {
    const { clock, journal, results, say } = await createChannelRig();
    say(order("drill", { priority: "drill" }));
    await clock.advance(200);
    say(order("warning"));
    await clock.advance(20_000);
    expect(journal).toEqual(["0 relay on", "800 play warning 80", "3100 relay off"]);
    expect(results()).toEqual(["drill preempted", "warning played"]);
  });

  test("that pre-empt in the pause between repetitions come at once", async () => {
    const { clock, journal, say } = await createChannelRig();
    say(order("drill", { priority: "drill", repeat: 2 }));
    await clock.advance(3000);
    say(order("warning"));
    await clock.advance(10_000);
    expect(journal).toContain("3000 play warning 80");
  });

  test("beyond twenty that wait push out the last of the lowest priority", async () => {
    const { clock, results, channel, say } = await createChannelRig();
    say(order("now"));
    await clock.settle();
    for (let i = 1; i <= 20; i++) say(order(`drill ${i}`, { priority: "drill" }));
    expect(channel.state().waiting).toBe(20);
    say(order("drill 21", { priority: "drill" }));
    say(order("fire", { priority: "emergency" }));
    await clock.settle();
    expect(results()).toEqual([
      "drill 21 refused speaker.busy",
      "drill 20 refused speaker.busy",
      "now preempted",
    ]);
    expect(channel.state().order?.id).toBe("fire");
  });
});

describe("silencing", () => {
  test("ends what sounds at once and switches off after the hold", async () => {
    const { clock, journal, results, channel, say } = await createChannelRig();
    say(order("long"), 30_000);
    await clock.advance(5000);
    expect(channel.silence("long")).toBe(true);
    await clock.advance(5000);
    expect(journal.slice(2)).toEqual(["5000 cut long", "5300 relay off"]);
    expect(results()).toEqual(["long stopped"]);
  });

  test("of what nobody heard does not begin the hold anew", async () => {
    const { clock, journal, channel, say } = await createChannelRig();
    say(order("settling"));
    await clock.advance(733);
    channel.silence("settling");
    await clock.advance(200);
    channel.guardBy({ judge: () => ({ may: false, reason: "guard.killed" }), longestMs: 60_000 });
    say(order("refused"));
    await clock.advance(5000);
    expect(journal).toEqual(["0 relay on", "1033 relay off"]);
  });

  test("takes out what waits and tells of it", async () => {
    const { clock, results, channel, say } = await createChannelRig();
    say(order("now"));
    say(order("later"));
    await clock.settle();
    const waiting: number[] = [];
    channel.changes.on((state) => waiting.push(state.waiting));
    expect(channel.silence("later")).toBe(true);
    expect(waiting).toEqual([0]);
    await clock.advance(10_000);
    expect(results()).toEqual(["later stopped", "now played"]);
  });

  test("of something unknown or over changes nothing", async () => {
    const { clock, results, channel, say } = await createChannelRig();
    expect(channel.silence("nothing")).toBe(false);
    say(order("over"));
    await clock.advance(10_000);
    expect(channel.silence("over")).toBe(false);
    expect(results()).toEqual(["over played"]);
  });
});

describe("the longest time on", () => {
  test("cuts off an order that is too long, and says why", async () => {
    const { clock, journal, results, relay, say } = await createChannelRig({ maxOnSeconds: 10 });
    say(order("endless"), 3_600_000);
    await clock.advance(60_000);
    expect(journal.slice(0, 4)).toEqual([
      "0 relay on",
      "800 play endless 80",
      "10000 relay off",
      "10000 cut endless",
    ]);
    expect(results()).toEqual(["endless failed speaker.max_on"]);
    expect(relay.isOn).toBe(false);
    expect(clock.pending()).toBe(0);
  });

  test("counts from the first switching on, and orders that wait begin after a rest", async () => {
    const { clock, journal, results, relay, say } = await createChannelRig({ maxOnSeconds: 10 });
    for (const id of ["a", "b", "c"]) say(order(id), 5000);
    await clock.advance(60_000);
    expect(results()).toEqual(["a played", "b failed speaker.max_on", "c played"]);
    expect(journal.filter((line) => line.includes("relay on"))).toEqual(["0 relay on", "12000 relay on"]);
    expect(journal).toContain("12800 play c 80");
    expect(relay.longestOnMs()).toBe(10_000);
  });

  test("ends a hold, and a settling that takes longer", async () => {
    const hold = await createChannelRig({ maxOnSeconds: 3, holdMs: 10_000 });
    hold.say(order("short"), 1000);
    await hold.clock.advance(60_000);
    expect(hold.results()).toEqual(["short played"]);
    expect(hold.relay.longestOnMs()).toBe(3000);

    const settle = await createChannelRig({ maxOnSeconds: 1, settleMs: 5000 });
    settle.say(order("never"));
    await settle.clock.advance(60_000);
    expect(settle.results()).toEqual(["never failed speaker.max_on"]);
    expect(settle.relay.longestOnMs()).toBe(1000);
  });

  test("ends a player that does not listen, whatever becomes of the order", async () => {
    const { clock, relay, player, say } = await createChannelRig({ maxOnSeconds: 10 });
    player.deaf = true;
    say(order("deaf"), 3_600_000);
    await clock.advance(11_000);
    expect(relay.isOn).toBe(false);
  });

  test("holds for a relay that takes long to switch on", async () => {
    const { clock, relay, results, say } = await createChannelRig({ maxOnSeconds: 2 });
    relay.delayMs = 3000;
    say(order("slow"));
    await clock.advance(30_000);
    expect(results()).toEqual(["slow failed speaker.max_on"]);
    expect(relay.isOn).toBe(false);
  });
});

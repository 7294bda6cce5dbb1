import { describe, expect, test } from "vitest";
import type { SpeakerOutlet } from "../../../src/act/broadcast-desk.ts";
import { createSpeakerChannel } from "../../../src/act/speaker-channel.ts";
import type { SayOptions } from "../../../src/act/voice.ts";
import type { BroadcastOrder } from "../../../src/core/broadcast.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createTestDesk, type DeskSetting } from "../../support/desk-rig.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { order, SPEAKER } from "./act-rig.ts";

const START_MS = Date.parse("2026-07-01T14:00:00+08:00");
const inSeconds = (seconds: number): number => START_MS + seconds * 1000;
const VILLAGER = {
  source: { kind: "person", name: "li" },
  priority: "local",
  person: "li",
  isByHand: true,
} as const;
const TOWNSHIP = { source: { kind: "township", name: "town" }, priority: "township" } as const;
const DAM = { source: { kind: "rule", name: "dam" }, priority: "emergency" } as const;

/** A desk with the speakers `pond` and `square`, whose every utterance takes `seconds`. */
async function createRig({
  seconds = 2,
  startMs = START_MS,
  ...setting
}: DeskSetting & { seconds?: number; startMs?: number } = {}) {
  const clock = createManualClock(startMs);
  const events: EventDraft[] = [];
  const heard: string[] = [];
  const nowSeconds = (): number => clock.now().monotonicMs / 1000;
  const outlets = new Map<string, SpeakerOutlet>();
  for (const id of ["pond", "square"]) {
    const speaker = { ...SPEAKER, id, settleMs: 0, holdMs: 0 };
    const channel = createSpeakerChannel({ clock, log: silentLogger }, speaker, undefined);
    await channel.start();
    const prepare: SpeakerOutlet["voice"]["prepare"] = async (content) => {
      const words = content.kind === "text" ? content.text : content.kind;
      return async ({ volume, signal, onSound }: SayOptions) => {
        if (signal.aborted) return;
        onSound();
        heard.push(`${nowSeconds()} ${id} ${words} ${volume}`);
        await clock
          .sleep(seconds * 1000, signal)
          .catch(() => heard.push(`${nowSeconds()} ${id} ${words} cut`));
      };
    };
    outlets.set(id, { channel, voice: { prepare } });
  }
  const made = createTestDesk(clock, outlets, (draft) => events.push(draft), setting);
  await made.desk.start();
  const say = (id: string, change: Partial<BroadcastOrder> = {}): void => made.desk.submit(order(id, change));
  const tried = (id: string, change: Partial<BroadcastOrder> = {}): string => {
    try {
      say(id, change);
      return "taken";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const ends = (): string[] =>
    events.flatMap(({ type, data }) => {
      if (type === "org.cunshao.broadcast.finished") {
        return [
          [data["broadcast"], data["speaker"], data["result"], data["reason"]].filter(Boolean).join(" "),
        ];
      }
      return type === "org.cunshao.broadcast.refused"
        ? [`${data["broadcast"]} turned away ${data["refusal"]}`]
        : [];
    });
  return { ...made, clock, events, heard, outlets, say, tried, ends };
}

describe("what was cut off by something more important", () => {
  test("goes on with the repetition that was cut off, where it says so", async () => {
    const { clock, heard, say, ends } = await createRig();
    say("warning", { repeat: 3, whenPreempted: "resume" });
    await clock.advance(3500);
    say("town", TOWNSHIP);
    await clock.advance(60_000);
    expect(heard).toEqual([
      "0 pond warning 80",
      "2.5 pond warning 80",
      "3.5 pond warning cut",
      "3.5 pond town 80",
      "5.5 pond warning 80",
      "8 pond warning 80",
    ]);
    expect(ends()).toEqual(["town pond played", "warning pond played"]);
  });

  test("is over otherwise, and a voice always is", async () => {
    const { clock, say, ends } = await createRig();
    say("words", { ...VILLAGER });
    await clock.advance(1000);
    say("town", TOWNSHIP);
    await clock.advance(10_000);
    say("voice", { ...VILLAGER, content: { kind: "live", session: "s" }, whenPreempted: "resume" });
    await clock.advance(1000);
    say("town 2", TOWNSHIP);
    await clock.advance(10_000);
    expect(ends()).toEqual([
      "words pond preempted",
      "town pond played",
      "voice pond preempted",
      "town 2 pond played",
    ]);
  });

  test("is silenced while it waits to go on", async () => {
    const { clock, desk, say, ends } = await createRig();
    say("warning", { whenPreempted: "resume" });
    await clock.advance(1000);
    say("town", TOWNSHIP);
    await clock.settle();
    expect(desk.queue().map((one) => [one.order.id, one.waitsFor])).toEqual([["warning", "turn"]]);
    desk.silence("warning", { kind: "person", name: "li" });
    await clock.advance(10_000);
    expect(ends()).toEqual(["warning pond stopped", "town pond played"]);
  });
});

describe("the same words of rules on one speaker", () => {
  const again = { content: { kind: "text", text: "水边危险" } } as const;

  test("are said once at a time and not again at once, whichever rule says them", async () => {
    const { clock, say, tried } = await createRig({ limits: { sameWordsSeconds: 5 } });
    say("a", again);
    await clock.advance(500);
    expect(tried("b", { ...again, source: { kind: "rule", name: "other" } })).toBe("broadcast.same_words");
    await clock.advance(4000);
    expect(tried("c", again)).toBe("broadcast.said_just_now");
    await clock.advance(3000);
    expect(tried("d", again)).toBe("taken");
  });

  test("are said all the same when they are louder, on another speaker, or by a person", async () => {
    const { clock, say, tried } = await createRig();
    say("a", again);
    await clock.settle();
    expect(tried("louder", { ...again, volume: 100 })).toBe("taken");
    expect(tried("elsewhere", { ...again, speakers: ["square"] })).toBe("taken");
    expect(tried("person", { ...again, ...VILLAGER })).toBe("taken");
  });

  test("end on one speaker and sound on the other", async () => {
    const { clock, say, ends } = await createRig();
    say("a", again);
    await clock.settle();
    say("b", { ...again, speakers: ["pond", "square"] });
    await clock.advance(10_000);
    expect(ends()).toEqual(["b pond refused broadcast.same_words", "a pond played", "b square played"]);
  });
});

describe("quiet", () => {
  test("after somebody saw to the alarm: what its rule has to say ends, what people say does not", async () => {
    const { clock, desk, say, ends } = await createRig({ seconds: 10 });
    say("now", { alarm: "alarm-1" });
    say("next", { alarm: "alarm-1" });
    say("other", { alarm: "alarm-2", speakers: ["square"] });
    say("person", { ...VILLAGER, alarm: "alarm-1", speakers: ["square"] });
    await clock.advance(1000);
    desk.hush("alarm-1", "all");
    await clock.advance(60_000);
    expect(ends()).toEqual([
      "other square preempted",
      "next pond stopped alarm.acknowledged",
      "now pond stopped alarm.acknowledged",
      "person square played",
    ]);
  });

  test("after an alarm is over: what sounds is said to its end, what waits is not begun", async () => {
    const { clock, desk, say, ends } = await createRig();
    say("now", { alarm: "alarm-1" });
    say("next", { alarm: "alarm-1" });
    await clock.advance(500);
    desk.hush("alarm-1", "waiting");
    await clock.advance(60_000);
    expect(ends()).toEqual(["next pond stopped alarm.cleared", "now pond played"]);
  });

  test("begins at its hour in the middle of a word, and warnings go on", async () => {
    const startMs = Date.parse("2026-07-01T21:59:50+08:00");
    const quietHours = [{ fromMinute: 1320, toMinute: 360, classes: ["local"] }] as const;
    const { clock, heard, say, ends } = await createRig({ seconds: 30, startMs, limits: { quietHours } });
    say("late", { ...VILLAGER, speakers: ["square"] });
    say("warning");
    await clock.advance(60_000);
    expect(heard).toContain("10 square late cut");
    expect(ends()).toEqual(["late square stopped guard.quiet_hours", "warning pond played"]);
  });

  test("is broken by who is logged in and says why, alone; the ledger tells who, why and that it was night", async () => {
    const quietHours = [{ fromMinute: 0, toMinute: 1440, classes: ["local"] }] as const;
    const { clock, tried, events } = await createRig({ limits: { quietHours } });
    expect(tried("a", VILLAGER)).toBe("guard.quiet_hours");
    const emergency = { ...VILLAGER, priority: "emergency", speakers: ["pond", "square"] } as const;
    expect(tried("b", emergency)).toBe("guard.reason_needed");
    expect(tried("c", { ...emergency, reason: "水库要垮坝", address: "192.168.1.9" })).toBe("taken");
    await clock.advance(10_000);
    const [ordered, finished] = events.filter(({ subject }) => subject === "c");
    expect(ordered).toMatchObject({
      type: "org.cunshao.broadcast.ordered",
      class: "audit",
      data: {
        by: VILLAGER.source,
        person: "li",
        reason: "水库要垮坝",
        address: "192.168.1.9",
        speakers: ["pond", "square"],
        text: "c",
      },
    });
    expect(finished?.data).toMatchObject({ result: "played", notes: ["guard.quiet_override"] });
  });

  test("by the kill switch ends what sounds and waits at once, and nothing sounds until it is opened", async () => {
    const { clock, desk, heard, say, tried, ends } = await createRig({ seconds: 10 });
    say("now");
    say("next");
    await clock.advance(1000);
    desk.kill(true);
    await clock.settle();
    expect(heard).toEqual(["0 pond now 80", "1 pond now cut"]);
    expect(ends()).toEqual(["next pond refused guard.kill_switch", "now pond stopped guard.kill_switch"]);
    expect(tried("emergency", { ...VILLAGER, priority: "emergency", reason: "洪水" })).toBe(
      "guard.kill_switch",
    );
    desk.kill(false);
    expect(tried("after")).toBe("taken");
  });
});

describe("limits", () => {
  test("end a broadcast that sounds for too long, all its repetitions together", async () => {
    const { clock, say, ends } = await createRig({ limits: { longestSeconds: 5 } });
    say("long", { repeat: 10 });
    await clock.advance(60_000);
    expect(ends()).toEqual(["long pond stopped guard.longest"]);
  });

  test("make it quieter and say so", async () => {
    const loudest = [{ fromMinute: 0, toMinute: 1440, classes: ["local"], volume: 30 }] as const;
    const { clock, heard, say, events } = await createRig({ limits: { loudest } });
    say("a", VILLAGER);
    await clock.advance(10_000);
    expect(heard).toEqual(["0 pond a 30"]);
    expect(events.at(-1)?.data).toMatchObject({ volume: 30, notes: ["guard.volume_capped"] });
  });

  test("hold each source apart, and tell of a runaway program once", async () => {
    const { clock, tried, events } = await createRig({ limits: { mostPerMinute: 2 } });
    expect(["a", "b", "c", "d"].map((id) => tried(id, TOWNSHIP))).toEqual([
      "taken",
      "taken",
      "guard.rate",
      "guard.rate",
    ]);
    expect(events.filter(({ type }) => type.endsWith("refused"))).toHaveLength(1);
    expect(tried("e", VILLAGER)).toBe("taken");
    await clock.advance(60_000);
    expect(tried("f", TOWNSHIP)).toBe("taken");
  });
});

describe("two keys", () => {
  test("a rule's emergency waits for a second device, and is refused when none agrees in time", async () => {
    const { clock, desk, keys, heard, say, ends } = await createRig({ limits: { twoKeySeconds: 60 } });
    keys.turn("sensor reservoir");
    say("dam", { ...DAM, speakers: ["pond", "square"] });
    await clock.advance(30_000);
    expect(desk.queue()).toMatchObject([{ speakers: ["pond", "square"], waitsFor: "second_key" }]);
    keys.turn("sensor reservoir");
    await clock.settle();
    expect(heard).toEqual([]);
    keys.turn("camera dam");
    await clock.advance(10_000);
    expect(ends()).toEqual(["dam pond played", "dam square played"]);

    await clock.advance(100_000);
    keys.turn("sensor reservoir");
    say("alone", DAM);
    await clock.advance(60_000);
    expect(ends().at(-1)).toBe("alone pond refused guard.second_key");
    expect(clock.pending()).toBe(0);
  });

  test("a program that names somebody needs one observation, who is logged in at the township none", async () => {
    const { keys, desk, clock, tried } = await createRig();
    const emergency = { ...TOWNSHIP, priority: "emergency", person: "王", reason: "洪水" } as const;
    tried("program", emergency);
    expect(desk.queue()).toMatchObject([{ waitsFor: "second_key" }]);
    keys.turn("sensor reservoir");
    await clock.settle();
    expect(desk.queue()).toEqual([]);
    tried("person", { ...emergency, isByHand: true, speakers: ["square"] });
    await clock.settle();
    expect(desk.queue()).toEqual([]);
  });
});

describe("orders with a date", () => {
  test("wait for their time, are shown, and are not begun after their end", async () => {
    const { clock, desk, heard, say, tried, ends } = await createRig({ seconds: 30 });
    say("later", { ...VILLAGER, notBeforeMs: inSeconds(60) });
    expect(desk.queue()).toMatchObject([{ waitsFor: "time" }]);
    say("short", { ...VILLAGER, notBeforeMs: inSeconds(70), expiresMs: inSeconds(80) });
    expect(tried("over", { ...VILLAGER, expiresMs: inSeconds(-1) })).toBe("broadcast.expired");
    await clock.advance(200_000);
    expect(heard).toEqual(["60 pond later 80"]);
    expect(ends().slice(1)).toEqual(["later pond played", "short pond refused broadcast.expired"]);
  });

  test("wait for a clock that is known to be right; rules and who stands there do not", async () => {
    const { clock, synced, heard, say } = await createRig();
    synced.is = false;
    say("dated", { ...TOWNSHIP, notBeforeMs: inSeconds(-10) });
    say("ends", { ...TOWNSHIP, expiresMs: inSeconds(3600) });
    say("warning");
    say("person", { ...VILLAGER, speakers: ["square"] });
    await clock.advance(20_000);
    expect(heard).toEqual(["0 pond warning 80", "0 square person 80"]);
    synced.is = true;
    await clock.advance(20_000);
    expect(heard.slice(2).map((line) => line.split(" ")[2])).toEqual(["dated", "ends"]);
  });

  test("are silenced while they wait", async () => {
    const { clock, desk, say, ends } = await createRig();
    say("later", { ...VILLAGER, notBeforeMs: inSeconds(60) });
    expect(desk.silence("later")).toBe(true);
    await clock.advance(100_000);
    expect(ends()).toEqual(["later pond stopped"]);
    expect(clock.pending()).toBe(0);
  });
});

describe("ids", () => {
  test("that stand for another broadcast are refused with an event, and the first goes on", async () => {
    const { clock, say, tried, ends } = await createRig();
    say("a", VILLAGER);
    expect(tried("a", { ...VILLAGER, content: { kind: "text", text: "别的话" } })).toBe(
      "broadcast.id_reused",
    );
    expect(tried("a", { ...VILLAGER, volume: 100 })).toBe("broadcast.id_reused");
    await clock.advance(10_000);
    expect(ends()).toEqual([
      "a turned away broadcast.id_reused",
      "a turned away broadcast.id_reused",
      "a pond played",
    ]);
  });

  test("are known after a restart as far as the ledger knows them", async () => {
    const known = [{ order: order("a", VILLAGER), open: [] }];
    const { clock, desk, heard, ends } = await createRig({ known });
    await desk.take(order("a", VILLAGER));
    await clock.advance(10_000);
    expect(heard).toEqual([]);
    await expect(desk.take(order("a", { ...VILLAGER, repeat: 2 }))).rejects.toMatchObject({
      code: "broadcast.id_reused",
    });
    expect(ends()).toEqual(["a turned away broadcast.id_reused"]);
  });
});

describe("after a restart", () => {
  test("what sounded ends as cut off, what waits for its time waits on, and what may have been heard is not said again", async () => {
    const known = [
      { order: order("cut", { speakers: ["pond", "square"] }), open: ["square"] },
      { order: order("later", { ...VILLAGER, notBeforeMs: inSeconds(60) }), open: ["pond"] },
      { order: order("missed", { ...VILLAGER, notBeforeMs: inSeconds(-60) }), open: ["pond"] },
    ];
    const { clock, heard, ends } = await createRig({ known });
    await clock.advance(100_000);
    expect(heard).toEqual(["60 pond later 80"]);
    expect(ends().sort()).toEqual([
      "cut square failed broadcast.interrupted",
      "later pond played",
      "missed pond refused broadcast.interrupted",
    ]);
  });
});

test("a group is spoken to by its name", async () => {
  const groups = [{ id: "east", name: "东片", speakers: ["pond", "square"] }];
  const { clock, say, tried, ends } = await createRig({ groups });
  say("a", { speakers: ["east", "pond"] });
  await clock.advance(10_000);
  expect(ends()).toEqual(["a pond played", "a square played"]);
  expect(tried("b", { speakers: ["west"] })).toBe("broadcast.no_such_speaker");
});

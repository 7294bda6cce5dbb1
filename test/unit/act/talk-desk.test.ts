import { beforeEach, describe, expect, test } from "vitest";
import type { TalkOnSpeaker, TalkRequest } from "../../../src/core/live-voice.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { createTalkRig, type TalkRig } from "../../support/talk-rig.ts";
import { order } from "./act-rig.ts";

const RATE = 16_000;
const PERSON = { kind: "person", name: "chen" } as const;

const BY_HAND = { isByHand: true, person: "wang", reason: "水库要垮坝" } as const;

let clock: ManualClock;
let rig: TalkRig;

beforeEach(() => {
  clock = createManualClock();
  rig = createTalkRig(clock);
});

type Ordered = TalkRequest["order"];

function request(change: Partial<Ordered> = {}): TalkRequest {
  const order: Ordered = {
    id: "talk-1",
    source: PERSON,
    priority: "local",
    speakers: ["pond"],
    volume: 80,
    isByHand: true,
    ...change,
  };
  return { order, rateHz: RATE };
}

async function begin(change: Partial<Ordered> = {}) {
  const told: string[] = [];
  let last: readonly TalkOnSpeaker[] = [];
  const ends: string[] = [];
  const talk = await rig.talks.begin(request(change), {
    onChange(speakers) {
      last = speakers;
      const line = speakers
        .map(({ speaker, phase, by, result, reason }) =>
          [speaker, phase, by?.name, result, reason].filter(Boolean).join(" "),
        )
        .join(", ");
      if (told.at(-1) !== line) told.push(line);
    },
    onEnd: (code) => ends.push(code),
  });
  /** Speaks in pieces of 20 ms. */
  async function speak(lengthMs: number, level = 1000): Promise<void> {
    for (let ms = 0; ms < lengthMs; ms += 20) {
      talk.hear(new Int16Array(RATE / 50).fill(level));
      await clock.advance(20);
    }
  }
  return { talk, told, ends, speak, last: () => last };
}

describe("a talk", () => {
  test("is told when the amplifier comes on, when every word is heard, and how it ended", async () => {
    const { talk, told, ends, speak } = await begin();
    await speak(1000);
    talk.end("live.done");
    await clock.advance(1000);
    expect(told).toEqual(["pond waiting", "pond settling", "pond open", "pond ended played"]);
    expect(ends).toEqual(["live.done"]);
    expect(await rig.ends()).toEqual(["pond played"]);
    expect(rig.heard("pond").length).toBeGreaterThan(RATE * 0.7);
    expect(rig.isOn("pond")).toBe(false);
    expect(rig.talks.count()).toBe(0);
    expect(rig.events.filter(({ type }) => type === "org.cunshao.talk.ended")).toMatchObject([
      { class: "audit", data: { reason: "live.done", by: PERSON } },
    ]);
  });

  test("is heard by every speaker that was chosen and by no other", async () => {
    const { talk, speak } = await begin({ speakers: ["pond", "hall"] });
    await speak(600);
    talk.end("live.done");
    await clock.advance(1000);
    expect([rig.heard("pond").length > 0, rig.heard("hall").length > 0]).toEqual([true, true]);
    expect(rig.heard("weir-horn")).toEqual([]);
  });

  test("to a group is heard by each of its speakers", async () => {
    const { talk, speak, last } = await begin({ speakers: ["water"] });
    await speak(600);
    expect(last().map(({ speaker, phase }) => `${speaker} ${phase}`)).toEqual([
      "pond open",
      "weir-horn open",
    ]);
    talk.end("live.done");
    await clock.advance(1000);
  });

  test("waits behind what is as important, and says behind whom", async () => {
    rig.desk.submit(order("first", { source: { kind: "person", name: "li" }, priority: "local" }));
    await clock.advance(200);
    const { told, speak, talk } = await begin();
    await speak(200);
    expect(told).toEqual(["pond waiting", "pond waiting li"]);
    rig.desk.silence("first");
    await speak(400);
    expect(told.at(-1)).toBe("pond open");
    talk.end("live.done");
    await clock.advance(1000);
  });

  test("is cut off by what is more important, is told by whom, and does not come back", async () => {
    const { told, ends, speak } = await begin();
    await speak(400);
    rig.desk.submit(
      order("dam", { source: { kind: "person", name: "wang" }, priority: "emergency", ...BY_HAND }),
    );
    await speak(400);
    expect(told.at(-1)).toBe("pond ended wang preempted");
    expect(ends).toEqual(["live.preempted"]);
    rig.desk.silence("dam");
    await clock.advance(2000);
    expect(await rig.ends()).toEqual(["pond preempted", "pond stopped"]);
  });

  test("that goes on elsewhere outlives the speaker it was cut off on", async () => {
    const { ends, speak, last, talk } = await begin({ speakers: ["pond", "hall"] });
    await speak(400);
    rig.desk.submit(order("dam", { source: PERSON, priority: "emergency", ...BY_HAND }));
    await speak(400);
    expect(last().map(({ phase }) => phase)).toEqual(["ended", "open"]);
    expect(ends).toEqual([]);
    talk.end("live.done");
    await clock.advance(1000);
    expect(ends).toEqual(["live.done"]);
  });

  test("that gives nothing any more ends after three seconds, and the amplifier goes off", async () => {
    const { ends, speak } = await begin();
    await speak(400);
    expect(rig.isOn("pond")).toBe(true);
    await clock.advance(2900);
    expect(ends).toEqual([]);
    await clock.advance(1000);
    expect(ends).toEqual(["live.stalled"]);
    expect(rig.isOn("pond")).toBe(false);
    expect(await rig.ends()).toEqual(["pond played"]);
  });

  test("whose talker hangs up before the amplifier is ready never sounds", async () => {
    const { talk, ends } = await begin();
    talk.end("live.hung_up");
    await clock.advance(1000);
    expect(ends).toEqual(["live.hung_up"]);
    expect(rig.heard("pond")).toEqual([]);
    expect(rig.isOn("pond")).toBe(false);
    expect(await rig.ends()).toEqual(["pond stopped"]);
  });

  test("that waits and is given up never sounds", async () => {
    rig.desk.submit(order("first", { source: PERSON, priority: "emergency", ...BY_HAND }));
    await clock.advance(200);
    const { talk } = await begin();
    talk.end("live.hung_up");
    await clock.advance(10);
    rig.desk.silence("first");
    await clock.advance(2000);
    expect(await rig.ends()).toEqual(["pond stopped", "pond stopped"]);
    expect(rig.heard("pond")).toEqual([]);
  });

  test("that comes ten times too fast ends", async () => {
    const { talk, ends } = await begin();
    for (let ms = 0; ms < 1000; ms += 20) {
      for (let burst = 0; burst < 10; burst++) talk.hear(new Int16Array(RATE / 50).fill(1000));
      await clock.advance(20);
    }
    await clock.advance(1000);
    expect(ends).toEqual(["live.too_fast"]);
    expect(rig.isOn("pond")).toBe(false);
  });

  test("in pieces longer than 200 ms ends", async () => {
    const { talk, ends } = await begin();
    talk.hear(new Int16Array(RATE / 4));
    await clock.advance(1000);
    expect(ends).toEqual(["live.bad_frame"]);
  });

  test("ends when the speaker was on for its longest time", async () => {
    const { ends, told, speak } = await begin();
    await speak(61_000);
    await clock.advance(1000);
    expect(ends).toEqual(["speaker.max_on"]);
    expect(told.at(-1)).toBe("pond ended failed speaker.max_on");
    expect(rig.isOn("pond")).toBe(false);
  });

  test("ends when somebody stops it", async () => {
    const { ends, speak } = await begin();
    await speak(400);
    rig.desk.silence("talk-1");
    await clock.advance(500);
    expect(ends).toEqual(["live.stopped"]);
  });

  test("to a voice module is refused before anything is switched on", async () => {
    const { ends, told } = await begin({ speakers: ["module"] });
    await clock.advance(1000);
    expect(told.at(-1)).toMatch(/^module ended (refused|failed) speaker\.cannot$/);
    expect(ends).toEqual(["speaker.cannot"]);
    expect(rig.isOn("module")).toBe(false);
  });

  test("goes on where it can when one of its speakers cannot", async () => {
    const { ends, last, speak, talk } = await begin({ speakers: ["module", "pond"] });
    await speak(400);
    expect(last().map(({ phase }) => phase)).toEqual(["open", "ended"]);
    talk.end("live.done");
    await clock.advance(1000);
    expect(ends).toEqual(["live.done"]);
  });
});

describe("two people at once on one speaker", () => {
  test("speak one after the other", async () => {
    const first = await begin();
    await first.speak(400);
    const second = await begin({ id: "talk-2", source: { kind: "person", name: "li" } });
    await Promise.all([first.speak(200), second.speak(200)]);
    expect(second.told).toEqual(["pond waiting", "pond waiting chen"]);
    first.talk.end("live.done");
    await second.speak(1000);
    expect(second.told.at(-1)).toBe("pond open");
    second.talk.end("live.done");
    await clock.advance(1000);
    expect(await rig.ends()).toEqual(["pond played", "pond played"]);
  });

  test("are told apart by rank: the township cuts off the village", async () => {
    const village = await begin();
    await village.speak(400);
    const township = await begin({
      id: "talk-2",
      source: { kind: "township", name: "town" },
      priority: "township",
    });
    await township.speak(600);
    expect(village.told.at(-1)).toBe("pond ended town preempted");
    expect(township.told.at(-1)).toBe("pond open");
    township.talk.end("live.done");
    await clock.advance(1000);
  });
});

describe("is refused with an event of the horns' own guards:", () => {
  test.each<[string, Partial<Ordered>, string]>([
    ["the same id again", { id: "talk-1" }, "broadcast.id_reused"],
    ["a speaker that is not there", { id: "talk-2", speakers: ["moon"] }, "broadcast.no_such_speaker"],
    [
      "an emergency without a reason",
      { id: "talk-2", priority: "emergency", person: "wang" },
      "guard.reason_needed",
    ],
  ])("%s", async (_what, change, code) => {
    const first = await begin();
    await expect(rig.talks.begin(request(change), { onChange() {}, onEnd() {} })).rejects.toMatchObject({
      code,
    });
    expect(rig.events.at(-1)).toMatchObject({
      type: "org.cunshao.broadcast.refused",
      data: { refusal: code, by: PERSON, live: true },
    });
    first.talk.end("live.done");
    await clock.advance(1000);
  });
});

test("the ninth talk at once is refused until there is room again", async () => {
  for (let index = 0; index < 8; index++) await begin({ id: `talk-${index}` });
  await expect(
    rig.talks.begin(request({ id: "ninth" }), { onChange() {}, onEnd() {} }),
  ).rejects.toMatchObject({ code: "live.full" });
  // Nobody speaks: they are gone in three seconds.
  await clock.advance(10_000);
  expect(rig.talks.count()).toBe(0);
});

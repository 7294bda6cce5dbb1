import { describe, expect, test } from "vitest";
import type { SpeakerOutlet } from "../../../src/act/broadcast-desk.ts";
import { createProgrammeDesk } from "../../../src/act/programme-desk.ts";
import { createSpeakerChannel } from "../../../src/act/speaker-channel.ts";
import type { SayOptions } from "../../../src/act/voice.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import type { VolumeCap } from "../../../src/core/horn-limits.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { Programme } from "../../../src/core/programme.ts";
import type { Clock } from "../../../src/core/time.ts";
import { createTestDesk } from "../../support/desk-rig.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createTestSheet } from "../../support/programme-sheet-rig.ts";
import { createLedgerDouble } from "../../support/stores-double.ts";
import { createFakeRelay, type Journal, SPEAKER } from "./act-rig.ts";

// The calendar, the desk and the amplifiers together, by the clock of the village.

const DUE = "2026-07-01T06:30:00+08:00";
const MINUTE_MS = 60_000;
const SPOKEN_MS = 4000;

function programme(id: string, change: Partial<Programme> = {}): Programme {
  return {
    id,
    name: id,
    days: [1, 2, 3, 4, 5, 6, 7],
    minutes: [6 * 60 + 30],
    content: { kind: "text", text: id },
    speakers: ["pond"],
    repeat: 1,
    volume: 60,
    whenPreempted: "resume",
    latestMinutes: 10,
    ...change,
  };
}

interface Setting {
  readonly programmes: readonly Programme[];
  /** How long the words take to be made, by their text. */
  readonly prepareMs?: Readonly<Record<string, number>>;
  /** Words that cannot be made. */
  readonly failing?: string;
  readonly loudest?: readonly VolumeCap[];
}

/** Half a minute before the programmes are due. */
async function createRig({ programmes, prepareMs = {}, failing, loudest = [] }: Setting) {
  const manual = createManualClock(Date.parse(DUE) - 30_000);
  const wall = { offMs: 0 };
  const clock: Clock = {
    ...manual,
    now: () => ({ wallMs: manual.now().wallMs + wall.offMs, monotonicMs: manual.now().monotonicMs }),
  };
  const heard: { readonly speaker: string; readonly text: string; readonly atMs: number }[] = [];
  const relays: Journal = [];
  const events: EventDraft[] = [];
  const outlets = new Map<string, SpeakerOutlet>();
  for (const id of ["pond", "square"]) {
    const relay = createFakeRelay(clock, relays);
    const channel = createSpeakerChannel({ clock, log: silentLogger }, { ...SPEAKER, id }, relay);
    await channel.start();
    outlets.set(id, {
      channel,
      voice: {
        async prepare(content) {
          const text = content.kind === "text" ? content.text : content.kind;
          await clock.sleep(prepareMs[text] ?? 0);
          if (text === failing)
            throw new GatewayError("No engine", { code: "speech.failed", kind: "transient" });
          return async ({ signal, onSound }: SayOptions) => {
            onSound();
            heard.push({ speaker: id, text, atMs: manual.now().wallMs - Date.parse(DUE) });
            await clock.sleep(SPOKEN_MS, signal).catch(() => {});
          };
        },
      },
    });
  }
  relays.length = 0;
  const { desk } = createTestDesk(clock, outlets, (draft) => events.push(draft), { limits: { loudest } });
  const ledger = createLedgerDouble(clock);
  const calendar = createProgrammeDesk({
    ...{ clock, isClockSynced: () => true, timezone: "Asia/Shanghai", log: silentLogger },
    take: desk.take,
    orders: { find: async () => undefined },
    book: { marks: async () => ({ paused: new Map(), skipped: new Set() }) },
    sheet: createTestSheet({ clock, ledger, programmes }),
    ledger,
    record: (draft) => events.push(draft),
    clipOf: async () => undefined,
  });
  await calendar.start();
  const on = (speaker: string) => heard.filter((one) => one.speaker === speaker);
  return {
    manual,
    wall,
    relays,
    on,
    texts: (speaker: string) => on(speaker).map(({ text }) => text),
    told: (type: string) =>
      events.filter((event) => event.type === `org.cunshao.${type}`).map(({ data }) => data),
  };
}

describe("two programmes due in the same minute", () => {
  const bell = programme("bell");
  const reading = programme("reading");

  test("are both heard on one speaker, in the order of the calendar, once, however long the first takes to be made", async () => {
    const { manual, wall, texts, told } = await createRig({
      programmes: [bell, reading],
      prepareMs: { bell: 3000, reading: 10 },
    });
    await manual.advance(MINUTE_MS);
    expect(texts("pond")).toEqual(["bell", "reading"]);
    wall.offMs = -3 * MINUTE_MS;
    await manual.advance(60 * MINUTE_MS);
    expect(texts("pond")).toEqual(["bell", "reading"]);
    expect(told("broadcast.finished")).toMatchObject([
      { broadcast: "bell@2026-07-01T06:30", result: "played" },
      { broadcast: "reading@2026-07-01T06:30", result: "played" },
    ]);
  });

  test("are both heard on each of two speakers, in the same order", async () => {
    const speakers = ["pond", "square"];
    const { manual, texts, told } = await createRig({
      programmes: [programme("bell", { speakers }), programme("reading", { speakers })],
      prepareMs: { bell: 2000 },
    });
    await manual.advance(2 * MINUTE_MS);
    expect([texts("pond"), texts("square")]).toEqual([
      ["bell", "reading"],
      ["bell", "reading"],
    ]);
    expect(told("broadcast.finished").map(({ result }) => result)).toEqual(new Array(4).fill("played"));
  });

  test("are heard at the same time where each has a speaker of its own", async () => {
    const { manual, on } = await createRig({
      programmes: [bell, programme("reading", { speakers: ["square"] })],
    });
    await manual.advance(2 * MINUTE_MS);
    const [[first], [second]] = [on("pond"), on("square")];
    expect([on("pond").length, on("square").length]).toEqual([1, 1]);
    expect(Math.abs((first?.atMs ?? 0) - (second?.atMs ?? 0))).toBeLessThan(SPOKEN_MS);
  });

  test("do not wait for one whose words cannot be made", async () => {
    const { manual, texts, told } = await createRig({
      programmes: [bell, reading],
      prepareMs: { bell: 3000 },
      failing: "bell",
    });
    await manual.advance(2 * MINUTE_MS);
    expect(texts("pond")).toEqual(["reading"]);
    expect(told("broadcast.finished")).toMatchObject([
      { broadcast: "bell@2026-07-01T06:30", result: "failed", reason: "speech.failed" },
      { broadcast: "reading@2026-07-01T06:30", result: "played" },
    ]);
  });
});

test("a programme in hours without any volume is refused with the reason, and the amplifier stays off", async () => {
  const loudest = [{ fromMinute: 6 * 60, toMinute: 7 * 60, classes: ["schedule"], volume: 0 }] as const;
  const late = programme("late", { minutes: [7 * 60] });
  const { manual, relays, texts, told } = await createRig({ programmes: [programme("bell"), late], loudest });
  await manual.advance(10 * MINUTE_MS);
  expect([texts("pond"), relays]).toEqual([[], []]);
  expect(told("broadcast.refused")).toMatchObject([
    { broadcast: "bell@2026-07-01T06:30", refusal: "guard.muted" },
  ]);
  expect(told("broadcast.finished")).toEqual([]);
  await manual.advance(30 * MINUTE_MS);
  expect(texts("pond")).toEqual(["late"]);
});

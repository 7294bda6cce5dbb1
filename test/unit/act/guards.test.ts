import { describe, expect, test } from "vitest";
import { faultOf, type GuardContext, judgeDate, judgeSpeaking, keysNeeded } from "../../../src/act/guards.ts";
import type { BroadcastOrder } from "../../../src/core/broadcast.ts";
import { type HornLimits, USUAL_LIMITS } from "../../../src/core/horn-limits.ts";
import { order } from "./act-rig.ts";

const RULE = {};
const VILLAGER: Partial<BroadcastOrder> = {
  source: { kind: "person", name: "李伯" },
  priority: "local",
  person: "李伯",
  isByHand: true,
};
const TOWNSHIP: Partial<BroadcastOrder> = {
  source: { kind: "township", name: "township" },
  priority: "township",
};
const PROGRAMME: Partial<BroadcastOrder> = {
  source: { kind: "schedule", name: "bell" },
  priority: "schedule",
};
const DRILL: Partial<BroadcastOrder> = { source: { kind: "drill", name: "weekly" }, priority: "drill" };
const EMERGENCY: Partial<BroadcastOrder> = { ...VILLAGER, priority: "emergency", reason: "水库要垮坝" };
const text = (words: string): Partial<BroadcastOrder> => ({ content: { kind: "text", text: words } });

/** By the clock of a village in Hunan. */
function at(
  time: string,
  change: Partial<GuardContext> = {},
  limits: Partial<HornLimits> = {},
): GuardContext {
  return {
    now: { wallMs: Date.parse(`2026-07-01T${time}:00+08:00`), monotonicMs: 0 },
    timezone: "Asia/Shanghai",
    clockSynced: true,
    limits: { ...USUAL_LIMITS, ...limits },
    isKilled: false,
    ...change,
  };
}

function said(change: Partial<BroadcastOrder>, context: GuardContext, speaker = "pond"): string {
  const verdict = judgeSpeaking(order("x", change), speaker, context);
  return verdict.may ? ["spoken", ...verdict.notes].join(" ") : verdict.reason;
}

describe("the hours of the night", () => {
  test.each([
    ["a warning at the water", RULE, "02:00", "spoken"],
    ["a villager", VILLAGER, "02:00", "guard.quiet_hours"],
    ["a villager", VILLAGER, "21:59", "spoken"],
    ["a villager", VILLAGER, "22:00", "guard.quiet_hours"],
    ["a villager", VILLAGER, "05:59", "guard.quiet_hours"],
    ["a villager", VILLAGER, "06:00", "spoken"],
    ["the township", TOWNSHIP, "00:00", "guard.quiet_hours"],
    ["the township", TOWNSHIP, "12:00", "spoken"],
    ["a programme", PROGRAMME, "00:00", "guard.quiet_hours"],
    ["a drill", DRILL, "00:00", "guard.quiet_hours"],
    ["an emergency", EMERGENCY, "02:00", "spoken guard.quiet_override"],
    ["an emergency", EMERGENCY, "12:00", "spoken"],
  ])("%s %#: at %3$s", (_who, change, time, expected) => {
    expect(said(change, at(time))).toBe(expected);
  });

  test("are those of the class and the speaker that the site says", () => {
    const quietHours = [
      { fromMinute: 12 * 60, toMinute: 14 * 60, classes: ["local", "rule"], speakers: ["school"] },
    ] as const;
    const noon = at("13:00", {}, { quietHours });
    expect(said(VILLAGER, noon, "school")).toBe("guard.quiet_hours");
    expect(said(RULE, noon, "school")).toBe("guard.quiet_hours");
    expect(said(VILLAGER, noon, "pond")).toBe("spoken");
    expect(said(TOWNSHIP, noon, "school")).toBe("spoken");
    expect(said(EMERGENCY, noon, "school")).toBe("spoken guard.quiet_override");
    expect(said(VILLAGER, at("02:00", {}, { quietHours }), "school")).toBe("spoken");
  });

  test.each([
    ["a warning at the water", RULE, "spoken"],
    ["who stands there", VILLAGER, "spoken guard.hour_unknown"],
    ["a program in a villager's name", { ...VILLAGER, isByHand: undefined }, "guard.hour_unknown"],
    ["the township", TOWNSHIP, "guard.hour_unknown"],
    ["a programme", PROGRAMME, "guard.hour_unknown"],
    ["a drill", DRILL, "guard.hour_unknown"],
    ["an emergency", EMERGENCY, "spoken guard.hour_unknown"],
  ])("nobody knows with a wrong clock: %s", (_who, change, expected) => {
    expect(said(change, at("12:00", { clockSynced: false }))).toBe(expected);
    expect(said(change, at("02:00", { clockSynced: false }))).toBe(expected);
  });

  test("do not matter to a wrong clock where there are none", () => {
    expect(said(TOWNSHIP, at("02:00", { clockSynced: false }, { quietHours: [] }))).toBe("spoken");
  });
});

describe("how loud and how often", () => {
  const loudest = [
    { fromMinute: 20 * 60, toMinute: 8 * 60, classes: ["local", "township"], volume: 40 },
    { fromMinute: 0, toMinute: 1440, classes: ["local"], volume: 70, speakers: ["school"] },
  ] as const;

  test.each([
    [VILLAGER, "21:00", "pond", true, 40],
    [VILLAGER, "12:00", "pond", true, 80],
    [VILLAGER, "12:00", "school", true, 70],
    [VILLAGER, "21:00", "school", true, 40],
    [RULE, "21:00", "pond", true, 80],
    [VILLAGER, "12:00", "pond", false, 40],
  ])(
    "%#: is capped by class, hour and speaker, and by the quietest where nobody knows the hour",
    (change, time, speaker, clockSynced, volume) => {
      const verdict = judgeSpeaking(order("x", change), speaker, at(time, { clockSynced }, { loudest }));
      expect(verdict).toMatchObject({ may: true, volume });
      expect(verdict.may && verdict.notes.includes("guard.volume_capped")).toBe(volume < 80);
    },
  );

  describe("a volume of 0", () => {
    const mute = [
      { fromMinute: 20 * 60, toMinute: 8 * 60, classes: ["local", "rule", "emergency"], volume: 0 },
    ] as const;
    const limits = { loudest: mute, quietHours: [] };

    test.each([
      ["a villager", VILLAGER, "21:00", "guard.muted"],
      ["a warning", RULE, "21:00", "guard.muted"],
      ["a villager by day", VILLAGER, "12:00", "spoken"],
      ["the township, which it does not hold", TOWNSHIP, "21:00", "spoken"],
      ["an emergency, which nothing silences", EMERGENCY, "21:00", "spoken guard.quiet_override"],
    ])("is silence for %s", (_who, change, time, expected) => {
      expect(said(change, at(time, {}, limits))).toBe(expected);
    });

    test("holds, with a wrong clock, what comes from afar, and nobody who stands there", () => {
      const unsynced = at("12:00", { clockSynced: false }, limits);
      expect(said(VILLAGER, unsynced)).toBe("spoken guard.hour_unknown");
      expect(said({ ...VILLAGER, isByHand: undefined }, unsynced)).toBe("guard.hour_unknown");
      expect(said(RULE, unsynced)).toBe("spoken guard.hour_unknown");
    });

    test("in an order is no order", () => {
      expect(faultOf(order("x", { ...VILLAGER, volume: 0 }))).toBe("broadcast.no_volume");
    });
  });

  test("is repeated no oftener than the most, and that is said", () => {
    const verdict = judgeSpeaking(order("x", { repeat: 10 }), "pond", at("12:00", {}, { mostRepeats: 3 }));
    expect(verdict).toMatchObject({ may: true, repeat: 3, notes: ["guard.repeats_capped"] });
  });
});

test.each([RULE, VILLAGER, TOWNSHIP, PROGRAMME, DRILL, EMERGENCY])(
  "the kill switch holds everybody %#",
  (change) => {
    expect(said(change, at("12:00", { isKilled: true }))).toBe("guard.kill_switch");
  },
);

describe("an order that is none, whatever the hour", () => {
  test.each([
    [RULE, undefined],
    [EMERGENCY, undefined],
    [{ ...EMERGENCY, reason: undefined }, "guard.reason_needed"],
    [{ ...EMERGENCY, reason: "  " }, "guard.reason_needed"],
    [{ ...EMERGENCY, person: undefined }, "guard.person_needed"],
    [{ ...TOWNSHIP, priority: "emergency", reason: "洪水" }, "guard.person_needed"],
    [{ ...TOWNSHIP, priority: "emergency", reason: "洪水", person: "王主任" }, undefined],
    [{ priority: "emergency" }, undefined],
    [{ ...VILLAGER, priority: "township" }, "guard.class_not_allowed"],
    [{ ...TOWNSHIP, priority: "local" }, "guard.class_not_allowed"],
    [{ ...PROGRAMME, priority: "emergency" }, "guard.class_not_allowed"],
    [{ ...DRILL, priority: "rule" }, "guard.class_not_allowed"],
    [text(""), "broadcast.text_empty"],
    [text(" \u3000 "), "broadcast.text_empty"],
    [text("长".repeat(1000)), undefined],
    [text("长".repeat(1001)), "broadcast.text_too_long"],
    [text("长".repeat(10_000)), "broadcast.text_too_long"],
    [text("一\n二"), "broadcast.text_control"],
    [text("一\u0000二"), "broadcast.text_control"],
    [text("一\u202e二"), "broadcast.text_control"],
    [text("一\ud800二"), "broadcast.text_control"],
    [text("<speak>大坝</speak>"), "broadcast.text_markup"],
    [text('<prosody rate="x-slow">慢'), "broadcast.text_markup"],
    [text("<!-- -->好"), "broadcast.text_markup"],
    [text("水位 3 < 4 米，> 2 米"), undefined],
    [{ repeat: 0 }, "request.invalid"],
    [{ repeat: 1.5 }, "request.invalid"],
    [{ volume: Number.NaN }, "request.invalid"],
    [{ volume: 101 }, "request.invalid"],
  ] as [Partial<BroadcastOrder>, string | undefined][])("%#: %j", (change, expected) => {
    expect(faultOf(order("水边危险", change))).toBe(expected);
  });
});

test.each([
  ["a rule that warns", RULE, 0],
  ["a rule that wakes the village", { priority: "emergency" }, 2],
  ["who is logged in", EMERGENCY, 0],
  ["who is logged in at the township", { ...EMERGENCY, source: { kind: "township", name: "王主任" } }, 0],
  ["a program that names somebody", { ...EMERGENCY, isByHand: undefined }, 1],
] as [string, Partial<BroadcastOrder>, number][])(
  "%s needs so many observations",
  (_who, change, expected) => {
    expect(keysNeeded(order("x", change))).toBe(expected);
  },
);

describe("an order with a date", () => {
  const nowMs = Date.parse("2026-07-01T12:00:00+08:00");
  const minutes = (count: number): number => nowMs + count * 60_000;
  test.each([
    [{}, true, "due"],
    [{}, false, "due"],
    [{ notBeforeMs: minutes(5) }, true, "waits time"],
    [{ notBeforeMs: minutes(-5) }, true, "due"],
    [{ notBeforeMs: minutes(-5) }, false, "waits clock"],
    [{ expiresMs: minutes(5) }, true, "due"],
    [{ expiresMs: minutes(5) }, false, "waits clock"],
    [{ expiresMs: minutes(-1) }, true, "refused broadcast.expired"],
    [{ notBeforeMs: minutes(5), expiresMs: minutes(5) }, true, "refused broadcast.never_due"],
    [{ notBeforeMs: minutes(7 * 1440) }, true, "waits time"],
    [{ notBeforeMs: minutes(7 * 1440 + 1) }, true, "refused broadcast.too_far_ahead"],
    [{ notBeforeMs: Number.MAX_SAFE_INTEGER }, true, "refused broadcast.too_far_ahead"],
  ] as [Partial<BroadcastOrder>, boolean, string][])("%#: %j", (change, clockSynced, expected) => {
    const verdict = judgeDate(order("x", change), { now: { wallMs: nowMs, monotonicMs: 0 }, clockSynced });
    const more = "waitsFor" in verdict ? verdict.waitsFor : "reason" in verdict ? verdict.reason : "";
    expect(`${verdict.state} ${more}`.trim()).toBe(expected);
  });
});

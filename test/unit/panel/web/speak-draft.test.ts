import { describe, expect, test } from "vitest";
import type { AlarmView, VillageState } from "../../../../src/core/village.ts";
import {
  afterTalk,
  afterWords,
  blankDraft,
  type Occasion,
  occasionOf,
  preparedFor,
  type SpeakDraft,
} from "../../../../src/panel/web/words/speak-draft.ts";

const POND: Occasion = { alarm: { id: "a", seq: 1 }, text: "东塘水边危险", speakers: ["pond"] };
const WEIR: Occasion = { alarm: { id: "b", seq: 2 }, text: "水坝涨水了", speakers: ["weir-horn"] };
/** Of a rule that says nothing. */
const FIRE: Occasion = { alarm: { id: "c", seq: 3 }, text: undefined, speakers: [] };
const SQUARE: Occasion = { speakers: ["village"] };
const EMERGENCY = { emergency: true, reason: "有人落水", confirmed: true };
const NO_EMERGENCY = { emergency: false, reason: "", confirmed: false };

/** As it is once somebody has gone to speak for this. */
function goTo(occasion: Occasion, from: SpeakDraft = blankDraft()): SpeakDraft {
  return { ...from, ...preparedFor(from, occasion) };
}

describe("going to speak", () => {
  test("for an alarm brings its words and its horns", () => {
    expect(goTo(POND)).toMatchObject({ text: POND.text, speakers: ["pond"], alarm: POND.alarm });
  });

  test("for another alarm leaves nothing of the first: neither its words and horns nor its emergency", () => {
    const first = { ...goTo(POND), ...EMERGENCY };
    expect(goTo(WEIR, first)).toMatchObject({
      ...{ text: WEIR.text, speakers: ["weir-horn"], alarm: WEIR.alarm },
      ...NO_EMERGENCY,
    });
    expect(goTo(FIRE, first)).toMatchObject({
      ...{ text: "", speakers: null, alarm: FIRE.alarm },
      ...NO_EMERGENCY,
    });
  });

  test("at a place without an alarm is about none, in no emergency of an alarm's", () => {
    expect(goTo(SQUARE, { ...goTo(POND), ...EMERGENCY })).toMatchObject({
      ...{ text: "", speakers: ["village"], alarm: undefined },
      ...NO_EMERGENCY,
    });
  });

  test("for the same alarm again, or for none again, keeps the emergency", () => {
    expect(goTo(POND, { ...goTo(POND), ...EMERGENCY })).toMatchObject(EMERGENCY);
    expect(goTo(SQUARE, { ...blankDraft(), ...EMERGENCY })).toMatchObject(EMERGENCY);
  });

  test("keeps what somebody has typed, and the horns that somebody chose where none are meant", () => {
    const typed = { ...goTo(POND), text: "快上岸", speakers: ["pond", "village"] };
    expect(goTo(WEIR, typed)).toMatchObject({ text: "快上岸", speakers: ["weir-horn"] });
    expect(goTo(FIRE, typed)).toMatchObject({ text: "快上岸", speakers: ["pond", "village"] });
  });

  test("fills a field of blanks, and again after somebody emptied it", () => {
    expect(goTo(POND, { ...blankDraft(), text: " \n" }).text).toBe(POND.text);
    expect(goTo(POND, { ...goTo(POND), text: "" }).text).toBe(POND.text);
  });

  test("replaces an alarm's words that were left after a talk", () => {
    const talked = goTo(POND);
    expect(goTo(WEIR, { ...talked, ...afterTalk(talked, "a") }).text).toBe(WEIR.text);
  });
});

describe("once it was said", () => {
  test.each([
    ["by voice", (draft: SpeakDraft) => afterTalk(draft, "a")],
    ["in writing", (draft: SpeakDraft) => afterWords(draft, draft)],
  ])("%s, an emergency is over, and so is the alarm", (_how, after) => {
    const draft = { ...goTo(POND), ...EMERGENCY };
    expect({ ...draft, ...after(draft) }).toMatchObject({ alarm: undefined, ...NO_EMERGENCY });
  });

  test("by voice, the words in the field stay; in writing, they go", () => {
    const draft = goTo(POND);
    expect({ ...draft, ...afterTalk(draft, "a") }.text).toBe(POND.text);
    expect({ ...draft, ...afterWords(draft, draft) }.text).toBe("");
  });

  test("what was prepared for another alarm meanwhile is all there", () => {
    const next = { ...goTo(WEIR, goTo(POND)), ...EMERGENCY };
    expect(afterTalk(next, "a")).toEqual({});
    expect(afterWords(next, goTo(POND))).toEqual({});
  });

  test("words that were corrected meanwhile stay, for the same alarm; as an emergency nobody has confirmed them", () => {
    const sent = { ...goTo(POND), ...EMERGENCY };
    const corrected = { ...sent, text: "西塘水边危险" };
    expect({ ...corrected, ...afterWords(corrected, sent) }).toEqual({ ...corrected, ...NO_EMERGENCY });
  });
});

describe("what an alarm is about to have said", () => {
  const rule = {
    id: "pond-bank",
    say: [{ text: "水边危险，请速离开", speakers: ["pond"] }],
    escalate: [{ text: undefined }, { text: "已通知村干部", speakers: ["pond", "sold-horn"] }],
  };
  const village = { rules: [rule], speakers: [{ speaker: "pond" }] } as unknown as VillageState;
  const alarm = (of: string) => ({ id: "a", seq: 1, rule: of }) as AlarmView;

  test("is what its rule says next, on the horns that there are", () => {
    expect(occasionOf(alarm("pond-bank"), village)).toEqual({
      ...{ alarm: { id: "a", seq: 1 }, text: "已通知村干部", speakers: ["pond"] },
    });
  });

  test("is nothing where the rule is gone", () => {
    expect(occasionOf(alarm("gone"), village)).toEqual({
      ...{ alarm: { id: "a", seq: 1 }, text: undefined, speakers: [] },
    });
  });
});

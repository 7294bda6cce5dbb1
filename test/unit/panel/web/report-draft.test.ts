import { describe, expect, test } from "vitest";
import {
  afterTrouble,
  isEmpty,
  newDraft,
  nextPiece,
  type ReportDraft,
  withSent,
  wordsToSend,
} from "../../../../src/panel/web/words/report-draft.ts";

const PLACE = { latitude: 27.61, longitude: 113.52, accuracyMeters: 12 };
const VOICE = new Blob(["voice"]);
const ABOUT = { id: "r1", alarm: "a1", alarmName: "东塘有人靠近", username: "liu" };

function draft(change: Partial<ReportDraft> = {}): ReportDraft {
  return { ...newDraft(ABOUT), ...change };
}
const whole = draft({
  ...{ status: "waiting", text: " 人已上岸 ", place: PLACE, voice: VOICE },
  photos: [new Blob(["one"]), new Blob(["two"])],
});

/** Sends piece after piece; what was sent, and how it ended. */
function sendAll(from: ReportDraft): { readonly sent: string[]; readonly end: ReportDraft } {
  const sent: string[] = [];
  let end = from;
  for (let piece = nextPiece(end); piece; piece = nextPiece(end)) {
    sent.push(piece.key);
    end = withSent(end, piece);
  }
  return { sent, end };
}

describe("a draft of a report", () => {
  test.each<[string, Partial<ReportDraft>, boolean]>([
    ["nothing", {}, true],
    ["blanks", { text: " \n" }, true],
    ["a place that is not to be sent", { place: PLACE, sendsPlace: false }, true],
    ["a word", { text: "好" }, false],
    ["a place", { place: PLACE }, false],
    ["a picture", { photos: [new Blob(["x"])] }, false],
    ["a voice", { voice: VOICE }, false],
  ])("with %s says whether there is anything to send", (_what, change, expected) => {
    expect(isEmpty(draft(change))).toBe(expected);
  });

  test("goes words first, then pictures, then the voice, each once", () => {
    const { sent, end } = sendAll(whole);
    expect(sent).toEqual(["words", "photo-0", "photo-1", "voice"]);
    expect([end.status, nextPiece(end)]).toEqual(["sent", undefined]);
  });

  test("goes on where it was after it broke off", () => {
    const half = withSent(withSent(whole, { kind: "words", key: "words" }), {
      ...{ kind: "photo", key: "photo-0", number: 0 },
      file: new Blob([]),
    });
    expect(half.status).toBe("waiting");
    expect(sendAll(afterTrouble(half, "network", 0)).sent).toEqual(["photo-1", "voice"]);
  });

  test("announces what comes after its words, and leaves out what the person took out", () => {
    expect(wordsToSend(whole)).toEqual({ text: "人已上岸", place: PLACE, photos: 2, hasVoice: true });
    expect(wordsToSend(draft({ text: "  ", place: PLACE, sendsPlace: false, voice: VOICE }))).toEqual({
      photos: 0,
      hasVoice: true,
    });
  });
});

describe("after trouble", () => {
  test.each([
    ["network", 0, "waiting"],
    ["session.required", 401, "waiting"],
    ["report.busy", 503, "waiting"],
    ["report.full", 507, "waiting"],
    ["report.cut_off", 400, "waiting"],
    ["report.too_many_today", 429, "waiting"],
    ["report.not_photo", 422, "held"],
    ["report.file_gone", 0, "held"],
    ["alarm.unknown", 404, "held"],
    ["access.denied", 403, "held"],
    ["request.invalid", 400, "held"],
  ])("%s (%d) it is %s", (code, status, expected) => {
    expect(afterTrouble(whole, code, status)).toMatchObject({ status: expected, trouble: code });
  });

  test("it may be written on where it was stopped before anything went, and waits for the person after that", () => {
    expect(afterTrouble(whole, "cancelled", 0).status).toBe("writing");
    const begun = withSent(whole, { kind: "words", key: "words" });
    expect(afterTrouble(begun, "cancelled", 0)).toMatchObject({ status: "held", trouble: "cancelled" });
  });

  test("nothing is left of it once it goes on", () => {
    const later = afterTrouble(whole, "network", 0);
    expect(withSent(later, { kind: "words", key: "words" })).not.toHaveProperty("trouble");
  });
});

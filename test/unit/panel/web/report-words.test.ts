import { describe, expect, test } from "vitest";
import type { AlarmReport } from "../../../../src/core/report.ts";
import { eventPhrase } from "../../../../src/panel/web/words/event-words.ts";
import {
  draftPhrase,
  missingPhrase,
  piecePhrase,
  placePhrase,
} from "../../../../src/panel/web/words/report-words.ts";
import { alarm, event, speech, village } from "./word-samples.ts";

const file = (kind: "photo" | "voice", number = 0) => ({ kind, number, sentSha256: "s" });
const report = (photos: number, hasVoice: boolean, files: AlarmReport["files"]): AlarmReport => ({
  ...{ id: "r1", at: "2026-07-01T06:00:00.000Z", by: "liu", photos, hasVoice, files },
});

describe("a report from the spot says", () => {
  test("its place to a metre, and how far it may be off", () => {
    expect(placePhrase({ latitude: 27.612345, longitude: 113.5, accuracyMeters: 0.3 })).toEqual({
      key: "report.place",
      params: { latitude: "27.61235", longitude: "113.50000", meters: 1 },
    });
  });

  test.each([
    [report(0, false, []), undefined],
    [report(2, true, [file("photo"), file("photo", 1), file("voice")]), undefined],
    [report(2, true, [file("voice")]), "report.missingPhotos 2"],
    [report(2, true, [file("photo", 1), file("photo")]), "report.missingVoice "],
    [report(2, true, [file("photo", 1)]), "report.missingBoth 1"],
  ])("what is still to come", (given, expected) => {
    const missing = missingPhrase(given);
    expect(missing && `${missing.key} ${missing.params["count"] ?? ""}`).toBe(expected);
  });

  test.each([
    [{ kind: "words", key: "words" } as const, 0, "report.sendingWords"],
    [
      { kind: "photo", key: "photo-1", number: 1, file: new Blob([]) } as const,
      30,
      "report.sendingPhoto 2 30",
    ],
    [{ kind: "photo", key: "photo-1", number: 1, file: new Blob([]) } as const, 100, "report.checking"],
    [{ kind: "voice", key: "voice", file: new Blob([]) } as const, 7, "report.sendingVoice 7"],
  ])("what is on its way", (piece, percent, expected) => {
    const { key, params } = piecePhrase(piece, percent);
    expect([key, ...Object.values(params)].join(" ")).toBe(expected);
  });

  test.each([
    [{ status: "waiting" }, true, true, "report.inTurn"],
    [{ status: "waiting" }, false, true, "report.offline"],
    [{ status: "waiting", trouble: "network" }, true, true, "report.offline"],
    [{ status: "waiting", trouble: "network" }, false, false, "report.offlineOpen"],
    [{ status: "waiting", trouble: "report.full" }, true, true, "report.later <report.full>"],
    [{ status: "held", trouble: "cancelled" }, true, true, "report.stopped"],
    [{ status: "held", trouble: "report.not_photo" }, true, true, "report.held <report.not_photo>"],
    [{ status: "sent" }, true, true, "report.sent"],
    [{ status: "writing" }, false, true, "report.unfinished"],
  ] as const)(
    "how it stands with %j where the box is reached: %s, and the browser keeps it: %s",
    (draft, isConnected, isKept, expected) => {
      const { key, params } = draftPhrase(draft, { isConnected, isKept }, speech.reason);
      expect([key, ...Object.values(params)].join(" ")).toBe(expected);
    },
  );
});

test.each([
  ["alarm.reported", { by: { kind: "person", name: "liu" }, text: "人已上岸" }, "event.alarmReported"],
  ["alarm.reported", { by: { kind: "person", name: "liu" } }, "event.alarmReportedSilent"],
  ["evidence.added", { by: { kind: "person", name: "liu" }, kind: "photo" }, "event.reportPhotoAdded"],
  ["evidence.added", { by: { kind: "person", name: "liu" }, kind: "voice" }, "event.reportVoiceAdded"],
])("the log tells of %s %j", (type, data, key) => {
  const told = eventPhrase(event(type, data, "a1"), { ...village, alarms: [alarm] }, speech);
  expect(told).toMatchObject({ key, params: { by: "person:liu" } });
});

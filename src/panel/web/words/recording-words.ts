import type { CameraRecording } from "../../../core/recordings.ts";
import type { VillageState } from "../../../core/village.ts";
import { type Phrase, phrase } from "./phrase.ts";

const KEYS: Readonly<Record<CameraRecording["state"], string>> = {
  off: "camera.recording.off",
  idle: "camera.recording.idle",
  waiting: "camera.recording.waiting",
  recording: "camera.recording.recording",
  blind: "camera.recording.blind",
  paused: "camera.recording.paused",
};

/** What recording a camera does, in one line. `reasonOf` says a code in the words of the messages. */
export function recordingPhrase(
  { state, reason }: CameraRecording,
  reasonOf: (code: string) => string,
): Phrase {
  return phrase(KEYS[state], state === "paused" ? { reason: reasonOf(reason) } : {});
}

/** What of the recordings should be looked after; nothing while all is kept that is to be kept. */
export function recordingCare(state: VillageState, reasonOf: (code: string) => string): Phrase[] {
  const part = state.parts.find(({ name, status }) => name === "recordings" && status === "degraded");
  if (!part) return [];
  if (part.reason === "recording.evidence_fills") return [phrase("overall.evidenceFills")];
  if (part.reason !== "recording.too_short") {
    return [phrase("overall.recordingPaused", { reason: reasonOf(part.reason ?? "") })];
  }
  const { days = 0, wantedDays = 0 } = state.storage?.outlook ?? {};
  return [phrase("overall.recordingShort", { days, wanted: wantedDays })];
}

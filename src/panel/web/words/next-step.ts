import { type Phrase, phrase } from "./phrase.ts";

/** Faults that somebody can do something about, as `overall` says them; several may share what to do. */
const STEPS: Readonly<Record<string, string>> = {
  cameraBlind: "cameraBlind",
  camerasBlind: "camerasBlind",
  sensorLost: "sensorLost",
  waterlineLost: "waterlineLost",
  speakerFault: "speakerFault",
  speakerUnheard: "speakerFault",
  inputLost: "inputLost",
  switchFault: "switchFault",
  peopleNotSought: "peopleNotSought",
  peopleShort: "peopleShort",
  setUpLeftOut: "setUpLeftOut",
  rulesLeftOut: "rulesLeftOut",
  evidenceNoRoom: "evidenceNoRoom",
  cameraControl: "cameraControl",
  cameraNotRecorded: "cameraNotRecorded",
  gpsLost: "gpsLost",
  deskAway: "deskAway",
  partFault: "partFault",
  storageFull: "storageFull",
  storageFault: "storageFault",
  storageDamaged: "storageDamaged",
  guardMissing: "guardMissing",
  certificateFault: "certificateFault",
  voiceRecording: "voiceRecording",
  recordingPaused: "recordingPaused",
  recordingShort: "recordingShort",
  evidenceFills: "evidenceFills",
  cutOff: "cutOff",
  cutOffAlarms: "cutOff",
  notTaken: "notTaken",
  notTakenAlarms: "notTaken",
  clockUnsynced: "clockUnsynced",
  boardPower: "boardPower",
  boardHot: "boardHot",
};

/** What to do about a fault; undefined where there is nothing to do. */
export function nextStep({ key }: Phrase): Phrase | undefined {
  const [, fault = ""] = /^overall\.(.+)$/.exec(key) ?? [];
  const step = STEPS[fault];
  return step === undefined ? undefined : phrase(`next.${step}`);
}

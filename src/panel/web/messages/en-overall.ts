import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-overall.ts";

/** The village in a few words, and who looks after its horns. */
export const overall: WordsOf<typeof zh.overall> = {
  well: "All is well",
  alarms: "{count} alarm | {count} alarms",
  handled: "{count} alarm being seen to | {count} alarms being seen to",
  cameraBlind: "Camera {name} blind since {time}",
  camerasBlind: "{count} cameras blind",
  cameraConnecting: "Connecting camera {name}",
  sensorLost: "{name}: no reading",
  waterlineLost: "{name}: no water level; using a higher waterline",
  speakerFault: "{name} has a fault",
  storageFull: "Storage is full: new entries cannot be kept",
  storageFault: "Storage cannot be written: call the technician",
  storageDamaged:
    "Storage failed: the log was begun anew, the old one is kept. Have the technician check the card",
  guardMissing: "The horns' guard does not run: call the technician",
  certificateFault: "The page's certificate is faulty: call the technician",
  voiceRecording: "{reason}: call the technician",
  recordingPaused: "Recording has stopped: {reason}",
  recordingShort: "Storage holds about {days} days of video; {wanted} are required",
  evidenceFills: "Evidence fills the space set for video",
  paused: "{count} place paused | {count} places paused",
  boardPower: "The supply voltage is too low: the box may fail",
  boardHot: "The box is too hot",
  clockUnsynced: "The time is not set yet",
  more: "{count} more",
  title: "{village} · Cunshao",
  cutOff: "{name} out of reach {time}, {count} waiting",
  cutOffAlarms: "{name} out of reach {time}, {count} waiting (alarms: {alarms})",
  notTaken: "{name} refuses {time}, {count} waiting",
  notTakenAlarms: "{name} refuses {time}, {count} waiting (alarms: {alarms})",
  titleAlarm: "[{alarm}] {village}",
};

export const guardEvents: WordsOf<typeof zh.guardEvents> = {
  guardEnded: "The program broke off; the guard switched horns and sirens off within {seconds} s",
  guardHung: "The program hung; the guard restarted it and switched horns and sirens off",
  guardOverrun: "{outputs} was on too long; the guard switched it off and restarted the program",
  guardUnsafe: "The program broke off; {outputs} may still be on. Please go and look",
};

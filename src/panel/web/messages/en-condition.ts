import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-condition.ts";

/** How the box is, and what to do about what is wrong. */
export const condition: WordsOf<typeof zh.condition> = {
  region: "How the box is",
  calm: "Nothing to see to",
  todo: "To see to",
  disk: "Storage",
  diskFree: "{free} GB free",
  diskDays: "recordings reach back about {days} days ({wanted} wanted)",
  diskCard: "at this pace the card lasts about {years} more years",
  diskLetGo: "when full, {count} old entries were cleared, all sent before",
  diskLetGoBetween: "when full, {count} old entries ({from} to {until}) were cleared, all sent before",
  diskLost: "when full, {count} everyday entries were lost unsent; alarms are kept",
  diskLostBetween:
    "when full, {count} everyday entries ({from} to {until}) were lost unsent; alarms are kept",
  clock: "Time",
  clockRight: "right (synchronised)",
  clockWrong: "not set yet: programmes and dated words wait; warnings at the water do not",
  power: "Power",
  powerGood: "good",
  powerLow: "voltage too low, since {time}",
  powerUnknown: "this board does not tell",
  heat: "Heat",
  heatIs: "{celsius} °C",
  cameras: "Cameras",
  camerasSee: "all {count} see",
  camerasBlind: "{blind} of {count} see nothing",
  camerasConnecting: "{connecting} of {count} connecting",
  horns: "Horns",
  hornsWell: "all {count} well",
  hornsFault: "{fault} of {count} faulty",
  sensors: "Sensors",
  sensorsRead: "all {count} can be read",
  sensorsLost: "{lost} of {count} cannot be read",
  inputs: "Buttons and contacts",
  inputsRead: "all {count} can be read",
  inputsLost: "{lost} of {count} cannot be read",
  switches: "Sirens and lights",
  switchesWell: "all {count} well",
  switchesFault: "{fault} of {count} faulty",
  people: "People",
  peopleNot: "not recognised now, movement alone is seen",
  peopleShort: "recognised, but looked for less often",
};

/** By the fault, as `overall` says it. */
export const next: WordsOf<typeof zh.next> = {
  cameraBlind:
    "See whether that camera has power, its cable sits, its lens is clean; after ten minutes call the technician.",
  camerasBlind:
    "Several at once: most likely the switch or its supply. Look at the lights in the cabinet, then call the technician.",
  sensorLost: "See whether its cable is cut or the water took it; do not open it, call the technician.",
  waterlineLost:
    "Meanwhile the box watches as at high water, so it alarms more. Have the technician mend the sensor.",
  speakerFault:
    "See whether the amplifier's light is on and its cable sits; until then send somebody to shout.",
  inputLost:
    "The box does not hear of it now. See whether its cable sits; call the technician. Until then, telephone.",
  switchFault: "See whether it still sounds; if it does not stop, pull its plug. Call the technician.",
  peopleNotSought: "Movement alone is seen: dogs and waves may raise alarms. Call the technician.",
  peopleShort: "Watch fewer cameras, or have a faster box put in.",
  setUpLeftOut: "See under “Settings” which one it is, and change it again or put it back.",
  rulesLeftOut: "See under “Settings” which rule it is, and change it again.",
  evidenceNoRoom: "Let go of locked recordings, or have a larger card put in.",
  cameraControl:
    "It may not turn, set its clock or cover its picture. Have the technician see to its password and network.",
  cameraNotRecorded:
    "Alarms go on, only without recordings. Have the technician look at the camera's settings.",
  gpsLost: "Time comes from the network or runs by itself, and drifts. Have the technician see to the cable.",
  deskAway:
    "The box goes on watching and speaking; the township cannot see or speak here. Look at the modem, then ask the township.",
  partFault: "Call the technician.",
  storageFull: "Let go of clips and locked recordings that nobody needs, or have a larger card put in.",
  storageFault: "Do not cut the power. The card is probably broken: the technician brings a new one.",
  storageDamaged: "It works, but this card is not to be trusted: have it changed soon.",
  guardMissing: "Horns work, but nobody would switch them off if the box hung. Call the technician soon.",
  certificateFault: "The browser may warn; all else works. Have the technician look at the certificate.",
  voiceRecording: "The built-in voice speaks instead.",
  recordingPaused: "Alarms and voice go on, only without recordings. Have the technician look at the card.",
  recordingShort: "Recordings go earlier than asked. Record fewer cameras, or have a larger card put in.",
  evidenceFills: "Let go of locked recordings, or have the technician allow more room.",
  cutOff:
    "The box goes on watching and speaking, keeps everything, and sends it once the line is back. Look at the modem and report the fault.",
  notTaken: "Everything is kept. Ask the township whether a token was changed and its computer is on.",
  clockUnsynced: "It sets itself once there is network; without, have a battery clock or GPS put in.",
  boardPower:
    "Most likely the adapter is too small or the cable too thin. Use 5 V, 3 A or more; on solar, see to the battery.",
  boardHot: "See whether the box stands in the sun or its vents are blocked. Hot, it gets slow.",
};

import type { WordsOf } from "./words-of.ts";
import type { zh } from "./zh.ts";
import type { clipEvents } from "./zh-clip.ts";
import type { commandEvents } from "./zh-command.ts";
import type { drillEvents } from "./zh-drill.ts";
import type { dutyEvents } from "./zh-duty.ts";
import type { hornEvents } from "./zh-horn.ts";
import type { ledgerEvents } from "./zh-ledger.ts";
import type { lessonEvents } from "./zh-lesson.ts";
import type { mapEvents } from "./zh-map.ts";
import type { guardEvents } from "./zh-overall.ts";
import type { pauseEvents } from "./zh-pause.ts";
import type { programmeEvents } from "./zh-programme.ts";
import type { reportEvents } from "./zh-report.ts";
import type { ruleEvents } from "./zh-rule.ts";
import type { setUpEvents } from "./zh-set-up.ts";
import type { shapeEvents } from "./zh-shape.ts";
import type { talkEvents } from "./zh-talk.ts";
import type { townshipEvents } from "./zh-township.ts";
import type { zoneEvents } from "./zh-zone.ts";

type ToldElsewhere =
  | keyof typeof clipEvents
  | keyof typeof commandEvents
  | keyof typeof drillEvents
  | keyof typeof dutyEvents
  | keyof typeof hornEvents
  | keyof typeof ledgerEvents
  | keyof typeof lessonEvents
  | keyof typeof guardEvents
  | keyof typeof pauseEvents
  | keyof typeof ruleEvents
  | keyof typeof setUpEvents
  | keyof typeof programmeEvents
  | keyof typeof reportEvents
  | keyof typeof talkEvents
  | keyof typeof townshipEvents
  | keyof typeof zoneEvents
  | keyof typeof shapeEvents
  | keyof typeof mapEvents;

/** What the log tells of alarms, horns, cameras, sensors, recordings and accounts. */
export const event: WordsOf<Omit<typeof zh.event, ToldElsewhere>> = {
  alarmRaised: "Alarm: {name}",
  alarmRaisedSensor: "Alarm: {name} ({value})",
  alarmRaisedRain: "Alarm: {name} ({value} mm in {hours} h)",
  askedGone: "Somebody disappeared by the water, please look: {name}",
  askedLying: "Somebody lies still by the water, please look: {name}",
  switchOn: "{name} switched on",
  switchOff: "{name} switched off",
  switchFailed: "{name} is off ({reason})",
  alarmEscalated: "Alarm escalated: {name}",
  alarmAcknowledged: "{by} acknowledged: {name}",
  alarmCleared: "{by} cleared: {name}",
  alarmClearedBySelf: "Cleared by itself: {name}",
  alarmUnnamed: "alarm",
  broadcastPlayed: "{speaker} said: {text}",
  broadcastPreempted: "{speaker} interrupted by something more urgent: {text}",
  broadcastStopped: "{speaker} stopped: {text}",
  broadcastRefused: "{speaker} did not say ({reason}): {text}",
  broadcastFailed: "{speaker} failed to say ({reason}): {text}",
  evidenceAdded: "Picture of the spot kept",
  drawingAdded: "Picture with position and path kept",
  evidenceDeleted: "Old pictures and clips deleted: {count}",
  evidencePaused: "Storage is nearly full: alarms keep pictures only, no video and no pictures of lines",
  evidenceResumed: "Storage has room: alarms keep video and lines keep pictures again",
  clipAdded: "Video around the alarm kept",
  clipIncomplete: "Video around the alarm kept, incomplete ({reason})",
  clipMissing: "No video around the alarm ({reason})",
  clipViewed: "{by} watched an alarm's video: {reason}",
  clipFetched: "{by} took an alarm's video",
  recordingViewed: "{by} watched the recording of {name}: {reason}",
  recordingLocked: "{by} locked the recording of {name}: {reason}",
  recordingUnlocked: "{by} unlocked the recording of {name}: {reason}",
  exportOrdered: "{by} exported the recording of {name}: {reason}",
  exportFetched: "{by} downloaded an export",
  exportCancelled: "{by} cancelled an export",
  cameraRunning: "Camera {name} has a picture",
  cameraConnecting: "Connecting camera {name}",
  cameraStalled: "Picture of camera {name} stopped",
  cameraLost: "Camera {name} is blind ({reason})",
  cameraTurned: "{by} turned camera {name} to “{preset}”",
  cameraNotTurned: "Camera {name} did not turn to “{preset}” ({reason})",
  cameraPresetSaved: "{by} kept the view “{preset}” of camera {name}",
  cameraPresetRemoved: "{by} deleted a view of camera {name}",
  cameraMasked: "Camera {name} hides what should not be seen: {count}",
  cameraClockSet: "Clock of camera {name} set (was {seconds} s off)",
  cameraRefused: "Camera {name} refuses log-in ({reason})",
  cameraUnsupported: "Cannot show camera {name} ({reason})",
  cameraFault: {
    lost: "Camera {name} has had no picture for long",
    frozen: "Picture of camera {name} is frozen",
    black: "Camera {name} is too dark to see",
    covered: "Lens of camera {name} is covered",
    "washed-out": "Camera {name} is too bright to see",
    "out-of-focus": "Camera {name} is out of focus",
    moved: "Camera {name} points elsewhere",
  },
  cameraFaultOver: {
    lost: "Camera {name} has a picture again",
    frozen: "Picture of camera {name} moves again",
    black: "Camera {name} is no longer dark",
    covered: "Lens of camera {name} is free again",
    "washed-out": "Camera {name} is no longer too bright",
    "out-of-focus": "Camera {name} is in focus again",
    moved: "Camera {name} points the right way again",
  },
  cameraReference: "{by} confirmed where camera {name} points",
  inputTriggered: "{name} triggered",
  inputCalm: "{name} back to normal",
  inputClosed: "{name} closed",
  inputOpen: "{name} open",
  sensorGood: "{name} can be read",
  sensorInvalid: "{name}: reading not credible",
  sensorLost: "{name}: no reading",
  lineIn: "{name}: into the village",
  lineOut: "{name}: out of the village",
  lineCounted: "{name}: too many, only counted: in {in}, out {out}",
  movementSearched: "{by} searched movement at camera {name}: {reason}",
  crossingsSearched: "{by} searched who came and left: {reason}",
  boardSupplyLow: "The supply voltage is too low",
  boardSupplyGood: "The supply voltage is good again",
  boardHot: "The box is too hot ({celsius} °C)",
  boardCool: "The box has cooled down ({celsius} °C)",
  gatewayStarted: "The box started",
  gatewayStopping: "The box stops",
  recordingPaused: "Recording stopped ({reason})",
  recordingResumed: "Recording goes on",
  recordingGap: "Recording of {name} has a gap ({reason})",
  recordingDeleted: "Old recordings deleted: {count}",
  sessionOpened: "{name} logged in",
  sessionRefused: "A log-in failed",
  sessionRefusedName: "Log-in of {name} failed",
  sessionClosed: "{name} logged out",
  sessionRevoked: "{by} ended a log-in of {name}",
  sessionLocked: "Too many wrong passwords: {address} has to wait",
  sessionLockedName: "Too many wrong passwords: account {name} has to wait",
  accountAdded: "{by} created account {name}",
  accountChanged: "{by} changed account {name}",
  accountRemoved: "{by} deleted account {name}",
  passwordChanged: "{name} changed the password",
  passwordReset: "The technician reset the password of {name}",
  tokenMade: "{by} made token {name}",
  tokenRevoked: "{by} revoked token {name}",
  lockLifted: "{by} let {name} in without waiting",
  alarmsExported: "{by} exported the list of alarms ({count})",
  unknown: "{type}",
};

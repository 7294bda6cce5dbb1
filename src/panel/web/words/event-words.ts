import { isCameraFault } from "../../../core/camera-health.ts";
import type { LedgerEvent } from "../../../core/event.ts";
import type { VillageState } from "../../../core/village.ts";
import { clipTellers } from "./clip-words.ts";
import { commandTellers } from "./command-words.ts";
import { isRecord, nameIn, pick, placeName, type Speech, sourceOf, textOf } from "./event-data.ts";
import { evidenceTellers } from "./evidence-words.ts";
import { tellGuard } from "./guard-words.ts";
import { heardKey, hearingTellers } from "./hearing-words.ts";
import { hornTellers, saidOf } from "./horn-words.ts";
import { ledgerTellers } from "./ledger-words.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { millimetres } from "./rain-words.ts";
import { reportedPhrase } from "./report-words.ts";
import { setUpTellers } from "./set-up-tellers.ts";
import { tellTalk } from "./talk-words.ts";
import { upstreamTellers } from "./upstream-words.ts";

/** What the page knows by name. */
export type Named = Pick<VillageState, "cameras" | "speakers" | "sensors" | "inputs" | "rules" | "alarms">;

type Teller = (event: LedgerEvent, named: Named, speech: Speech) => Phrase;

const TELLERS: Readonly<Record<string, Teller>> = {
  "alarm.raised": tellRaised,
  "alarm.escalated": (event, named) =>
    phrase("event.alarmEscalated", { name: alarmName(event.subject, named) }),
  "alarm.acknowledged": (event, named, speech) =>
    phrase("event.alarmAcknowledged", {
      name: alarmName(event.subject, named),
      by: sourceOf(event.data["by"], speech),
    }),
  "alarm.cleared": (event, named, speech) => {
    const name = alarmName(event.subject, named);
    if (event.data["by"] === undefined) return phrase("event.alarmClearedBySelf", { name });
    return phrase("event.alarmCleared", { name, by: sourceOf(event.data["by"], speech) });
  },
  ...hearingTellers,
  "broadcast.finished": tellFinished,
  ...hornTellers,
  "duty.written": ({ data }, _named, speech) => {
    const { by, names } = data;
    const told = Array.isArray(names) ? names.map(textOf).join(" ") : "";
    return phrase("event.dutyWritten", { by: sourceOf(by, speech), names: told });
  },
  "duty.restored": ({ data }, _named, speech) =>
    phrase("event.dutyRestored", { by: sourceOf(data["by"], speech) }),
  ...ledgerTellers,
  ...upstreamTellers,
  ...setUpTellers,
  "talk.ended": tellTalk,
  "board.supply": ({ data }) =>
    phrase(data["supply"] === "low" ? "event.boardSupplyLow" : "event.boardSupplyGood"),
  "board.heat": ({ data }) =>
    phrase(data["hot"] === true ? "event.boardHot" : "event.boardCool", {
      celsius: Number(data["celsius"] ?? 0),
    }),
  "alarms.exported": ({ data }, _named, speech) =>
    phrase("event.alarmsExported", {
      by: sourceOf(data["by"], speech),
      count: Number(data["alarms"] ?? 0),
    }),
  ...evidenceTellers,
  "evidence.viewed": (event, ...told) =>
    tellUse(event.data["reason"] === undefined ? "event.clipFetched" : "event.clipViewed")(event, ...told),
  ...clipTellers,
  ...commandTellers,
  "recording.viewed": tellUse("event.recordingViewed"),
  "recording.locked": tellUse("event.recordingLocked"),
  "recording.unlocked": tellUse("event.recordingUnlocked"),
  "export.ordered": tellUse("event.exportOrdered"),
  "export.fetched": tellUse("event.exportFetched"),
  "export.cancelled": tellUse("event.exportCancelled"),
  "camera.changed": tellCamera,
  "switch.changed": ({ data }, _named, { reason }) => {
    const name = textOf(data["name"]);
    const key = data["on"] === true ? "event.switchOn" : "event.switchOff";
    if (typeof data["reason"] !== "string") return phrase(key, { name });
    return phrase("event.switchFailed", { name, reason: reason(data["reason"]) });
  },
  "camera.turned": (event, named, speech) => phrase("event.cameraTurned", turnParams(event, named, speech)),
  "camera.turn_failed": (event, named, speech) =>
    phrase("event.cameraNotTurned", turnParams(event, named, speech)),
  "camera.preset_saved": ({ data }, named, speech) =>
    phrase("event.cameraPresetSaved", {
      by: sourceOf(data["by"], speech),
      name: nameIn(named.cameras, data["camera"]),
      preset: textOf(data["name"]),
    }),
  "camera.preset_removed": ({ data }, named, speech) =>
    phrase("event.cameraPresetRemoved", {
      by: sourceOf(data["by"], speech),
      name: nameIn(named.cameras, data["camera"]),
    }),
  "camera.masked": ({ data }, named) =>
    phrase("event.cameraMasked", {
      name: nameIn(named.cameras, data["camera"]),
      count: Number(data["masks"]),
    }),
  "camera.clock_set": ({ data }, named) =>
    phrase("event.cameraClockSet", {
      name: nameIn(named.cameras, data["camera"]),
      seconds: Math.abs(Number(data["aheadSeconds"])),
    }),
  "camera.fault.raised": (event, named) => tellFault("event.cameraFault", event, named),
  "camera.fault.cleared": (event, named) => tellFault("event.cameraFaultOver", event, named),
  "camera.reference.set": ({ data }, named, speech) =>
    phrase("event.cameraReference", {
      name: nameIn(named.cameras, data["camera"]),
      by: sourceOf(data["by"], speech),
    }),
  "input.changed": tellInput,
  "sensor.changed": ({ data }, named) => {
    const name = nameIn(named.sensors, data["sensor"]);
    const keys = { good: "event.sensorGood", invalid: "event.sensorInvalid", lost: "event.sensorLost" };
    return phrase(pick(keys, data["quality"]) ?? "event.sensorLost", { name });
  },
  "recording.paused": ({ data }, _named, speech) =>
    phrase("event.recordingPaused", { reason: speech.reason(textOf(data["reason"])) }),
  "recording.resumed": () => phrase("event.recordingResumed"),
  "recording.gap": ({ data }, named, speech) =>
    phrase("event.recordingGap", {
      name: nameIn(named.cameras, data["camera"]),
      reason: speech.reason(textOf(data["reason"])),
    }),
  "recording.deleted": ({ data }) =>
    phrase("event.recordingDeleted", {
      count: typeof data["segments"] === "number" ? data["segments"] : 0,
    }),
  "line.crossed": (event, named) => {
    const key = event.data["direction"] === "in" ? "event.lineIn" : "event.lineOut";
    return phrase(key, { name: lineName(event.subject, named) });
  },
  "line.counted": (event, named) =>
    phrase("event.lineCounted", {
      name: lineName(event.subject, named),
      in: Number(event.data["in"] ?? 0),
      out: Number(event.data["out"] ?? 0),
    }),
  "movement.searched": ({ data }, named, speech) =>
    phrase("event.movementSearched", {
      by: sourceOf(data["by"], speech),
      name: nameIn(named.cameras, data["camera"]),
      reason: textOf(data["reason"]),
    }),
  "crossings.searched": tellUse("event.crossingsSearched"),
  "pause.started": ({ data }, named, speech) =>
    phrase("event.pauseStarted", {
      by: sourceOf(data["by"], speech),
      name: placeName(data, named),
      minutes: Math.round(Number(data["seconds"]) / 60),
      reason: textOf(data["reason"]),
    }),
  "pause.ended": ({ data }, named, speech) => {
    const keys = {
      time: "event.pauseEndedTime",
      person: "event.pauseEndedPerson",
      clock: "event.pauseEndedClock",
      replaced: "event.pauseReplaced",
    };
    return phrase(pick(keys, data["why"]) ?? "event.pauseEndedTime", {
      name: placeName(data, named),
      by: sourceOf(data["by"], speech),
      count: Number(data["withheld"] ?? 0),
    });
  },
  "pause.withheld": ({ data }, named) =>
    phrase("event.pauseWithheld", { name: nameIn(named.rules, data["rule"]) }),
  "pause.ordered": ({ data }, _named, speech) =>
    phrase("event.pauseOrdered", {
      by: sourceOf(data["by"], speech),
      address: textOf(data["address"]),
      reason: textOf(data["reason"]),
    }),
  "pause.lifted": fromWhere("event.pauseLifted"),
  "alarm.noted": ({ subject, data }, named, speech) =>
    phrase("event.alarmNoted", {
      name: alarmName(subject, named),
      by: sourceOf(data["by"], speech),
      text: String(data["text"] ?? ""),
    }),
  "alarm.reported": ({ subject, data }, named, speech) =>
    reportedPhrase(data, alarmName(subject, named), speech),
  "alarm.false": tellFalse("event.alarmFalse"),
  "alarm.false_withdrawn": tellFalse("event.alarmFalseWithdrawn"),
  "lesson.taught": (event, named, speech) =>
    tellLesson(
      event.data["repeated"] === true ? "event.lessonRepeated" : "event.lessonTaught",
      event,
      named,
      speech,
    ),
  "lesson.ignored": (event, named, speech) => tellLesson("event.lessonIgnored", event, named, speech),
  "lesson.ended": (event, named, speech) => {
    const keys = {
      person: "event.lessonEndedPerson",
      time: "event.lessonEndedTime",
      clock: "event.lessonEndedClock",
      zone: "event.lessonEndedZone",
      moved: "event.lessonEndedMoved",
      turned: "event.lessonEndedMoved",
    };
    return tellLesson(pick(keys, event.data["why"]) ?? "event.lessonEndedTime", event, named, speech);
  },
  "lesson.ordered": fromWhere("event.lessonOrdered"),
  "lesson.undone": fromWhere("event.lessonUndone"),
  "guard.acted": tellGuard,
  "gateway.started": () => phrase("event.gatewayStarted"),
  "gateway.stopping": () => phrase("event.gatewayStopping"),
  "session.opened": ({ data }) => phrase("event.sessionOpened", { name: textOf(data["username"]) }),
  "session.refused": ({ data }) => {
    const name = textOf(data["username"]);
    return name === "" ? phrase("event.sessionRefused") : phrase("event.sessionRefusedName", { name });
  },
  "session.closed": ({ subject = "" }) => phrase("event.sessionClosed", { name: subject }),
  "session.revoked": byWhom("event.sessionRevoked"),
  "session.locked": ({ data }) =>
    data["locked"] === "account"
      ? phrase("event.sessionLockedName", { name: textOf(data["username"]) })
      : phrase("event.sessionLocked", { address: textOf(data["address"]) }),
  "account.added": byWhom("event.accountAdded"),
  "account.changed": byWhom("event.accountChanged"),
  "account.removed": byWhom("event.accountRemoved"),
  "account.password_changed": ({ subject = "" }) => phrase("event.passwordChanged", { name: subject }),
  "account.password_reset": ({ subject = "" }) => phrase("event.passwordReset", { name: subject }),
  "token.made": byWhom("event.tokenMade"),
  "token.revoked": byWhom("event.tokenRevoked"),
  "lock.lifted": byWhom("event.lockLifted"),
};

const SPOKEN = {
  heard: "speak.results.heard",
  "not-heard": "speak.results.notHeard",
  unknown: "speak.results.played",
};
const PLAYED = {
  heard: "event.broadcastHeard",
  "not-heard": "event.broadcastNotHeard",
  unknown: "event.broadcastPlayed",
};

/** The rule, or the zone with its camera. */
function tellFalse(key: string): Teller {
  return ({ subject, data }, named, speech) =>
    phrase(key, { name: alarmName(subject, named), by: sourceOf(data["by"], speech) });
}

function tellLesson(key: string, { data }: LedgerEvent, named: Named, speech: Speech): Phrase {
  return phrase(key, {
    name: placeName(data, named),
    by: sourceOf(data["by"], speech),
    day: textOf(data["day"]),
    count: Number(data["count"] ?? data["ignored"] ?? 0),
  });
}

function fromWhere(key: string): Teller {
  return ({ data }, _named, speech) =>
    phrase(key, { by: sourceOf(data["by"], speech), address: textOf(data["address"]) });
}

function byWhom(key: string): Teller {
  return ({ subject = "", data }, _named, speech) =>
    phrase(key, { name: subject, by: sourceOf(data["by"], speech) });
}

/** Who saw, kept or took recordings, of which camera and why. */
function tellUse(key: string): Teller {
  return ({ data, subject }, named, speech) =>
    phrase(key, {
      by: sourceOf(data["by"], speech),
      name: nameIn(named.cameras, subject),
      reason: textOf(data["reason"]),
    });
}

/** An event in plain words; one that is not known says its type. */
export function eventPhrase(event: LedgerEvent, named: Named, speech: Speech): Phrase {
  const kind = event.type.replace(/^org\.cunshao\./, "");
  const tell = Object.hasOwn(TELLERS, kind) ? TELLERS[kind] : undefined;
  return tell ? tell(event, named, speech) : phrase("event.unknown", { type: kind });
}

/** How one broadcast ended on one speaker, for the alarm and for who spoke. */
export function resultPhrase(event: LedgerEvent, named: Named, speech: Speech): Phrase {
  const keys = {
    played: heardKey(event.data, SPOKEN),
    preempted: "speak.results.preempted",
    stopped: "speak.results.stopped",
    refused: "speak.results.refused",
    failed: "speak.results.failed",
  };
  return phrase(
    pick(keys, event.data["result"]) ?? "speak.results.failed",
    finishedParams(event, named, speech),
  );
}

function turnParams({ data }: LedgerEvent, named: Named, speech: Speech) {
  return {
    by: sourceOf(data["by"], speech),
    name: nameIn(named.cameras, data["camera"]),
    preset: textOf(data["preset"]),
    reason: speech.reason(textOf(data["reason"])),
  };
}

function tellRaised(event: LedgerEvent, named: Named): Phrase {
  const name = nameIn(named.rules, event.data["rule"]);
  const because = event.data["because"];
  if (isRecord(because) && because["kind"] === "reading" && typeof because["value"] === "number") {
    const hours = because["overHours"];
    if (typeof hours === "number") {
      return phrase("event.alarmRaisedRain", { name, hours, value: millimetres(because["value"]) });
    }
    const value = `${because["value"]} ${textOf(because["unit"])}`.trim();
    return phrase("event.alarmRaisedSensor", { name, value });
  }
  if (event.data["question"] === "gone") return phrase("event.askedGone", { name });
  if (event.data["question"] === "lying") return phrase("event.askedLying", { name });
  return phrase("event.alarmRaised", { name });
}

function tellFinished(event: LedgerEvent, named: Named, speech: Speech): Phrase {
  const keys = {
    played: heardKey(event.data, PLAYED),
    preempted: "event.broadcastPreempted",
    stopped: "event.broadcastStopped",
    refused: "event.broadcastRefused",
    failed: "event.broadcastFailed",
  };
  const key = pick(keys, event.data["result"]) ?? "event.broadcastFailed";
  return phrase(key, finishedParams(event, named, speech));
}

function finishedParams({ data }: LedgerEvent, named: Named, speech: Speech): Phrase["params"] {
  const id = textOf(data["speaker"]);
  return {
    speaker: named.speakers.find(({ speaker }) => speaker === id)?.name ?? id,
    text: saidOf(data, speech),
    reason: speech.reason(textOf(data["reason"])),
  };
}

function tellCamera({ data }: LedgerEvent, named: Named, speech: Speech): Phrase {
  const keys = {
    running: "event.cameraRunning",
    connecting: "event.cameraConnecting",
    stalled: "event.cameraStalled",
    lost: "event.cameraLost",
    refused: "event.cameraRefused",
    unsupported: "event.cameraUnsupported",
  };
  const name = nameIn(named.cameras, data["camera"]);
  return phrase(pick(keys, data["state"]) ?? "event.cameraLost", {
    name,
    reason: speech.reason(textOf(data["reason"])),
  });
}

function tellFault(key: string, { type, data }: LedgerEvent, named: Named): Phrase {
  const { fault } = data;
  if (!isCameraFault(fault)) return phrase("event.unknown", { type: type.replace(/^org\.cunshao\./, "") });
  return phrase(`${key}.${fault}`, { name: nameIn(named.cameras, data["camera"]) });
}

function tellInput({ data }: LedgerEvent, named: Named): Phrase {
  const closed = data["closed"] === true;
  const name = nameIn(named.inputs, data["input"]);
  const triggered = isTriggered(named, textOf(data["input"]), closed);
  if (triggered === undefined) return phrase(closed ? "event.inputClosed" : "event.inputOpen", { name });
  return phrase(triggered ? "event.inputTriggered" : "event.inputCalm", { name });
}

/** Whether a contact is as a rule waits for it; undefined when no rule looks at it. */
export function isTriggered(
  { rules }: Pick<Named, "rules">,
  input: string,
  closed: boolean,
): boolean | undefined {
  const watching = rules.flatMap(({ when }) =>
    when.kind === "contact" && when.input === input ? [when] : [],
  );
  return watching.length === 0 ? undefined : watching.some((condition) => condition.closed === closed);
}

function lineName(id: string | undefined, { cameras }: Named): string {
  return nameIn(
    cameras.flatMap(({ lines }) => lines ?? []),
    id,
  );
}

function alarmName(id: string | undefined, { alarms }: Named): string {
  const alarm = alarms.find((one) => one.id === id);
  return alarm ? alarm.name : "";
}

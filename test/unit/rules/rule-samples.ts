import type { Effect } from "../../../src/core/alarm.ts";
import type { Observation, SeenTrack } from "../../../src/core/observation.ts";
import type { Rule } from "../../../src/core/site.ts";
import type { Moment } from "../../../src/core/time.ts";
import type { RuleContext } from "../../../src/rules/step.ts";

/** A Wednesday, 14:00 in Shanghai. */
export const START_WALL_MS = Date.parse("2026-07-01T06:00:00Z");

export const ALWAYS = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 };

export const personRule: Rule = {
  id: "pond-bank",
  name: "东塘有人靠近",
  when: { kind: "person", camera: "pond-east", zone: "bank", dwellSeconds: 0 },
  schedule: ALWAYS,
  cooldownSeconds: 30,
  say: [{ text: "水边危险", speakers: ["pond"], repeat: 2, volume: 80 }],
  alarm: { severity: "warning", evidence: { camera: "pond-east" } },
  escalate: [
    { afterSeconds: 20, text: "马上离开", speakers: ["pond"], repeat: 1, volume: 100 },
    { afterSeconds: 60, text: "已通知村干部", speakers: ["pond"], repeat: 1, volume: 100 },
  ],
};

export const levelRule: Rule = {
  id: "pond-high",
  name: "东塘水位过高",
  when: { kind: "level", sensor: "pond-level", above: 3.2, clearBelow: 3, holdSeconds: 60 },
  schedule: ALWAYS,
  cooldownSeconds: 30,
  say: [],
  alarm: { severity: "danger" },
  escalate: [],
};

export const rainRule: Rule = {
  ...levelRule,
  id: "heavy-rain",
  name: "一小时雨太大",
  when: { kind: "level", sensor: "rain", above: 30, clearBelow: 20, holdSeconds: 0, overHours: 1 },
};

export const buttonRule: Rule = {
  id: "sos",
  name: "有人求助",
  when: { kind: "contact", input: "sos", closed: true },
  schedule: ALWAYS,
  cooldownSeconds: 30,
  say: [],
  alarm: { severity: "emergency" },
  escalate: [{ afterSeconds: 20, text: "请马上过去", speakers: ["square"], repeat: 1, volume: 100 }],
};

export function moment(seconds: number): Moment {
  return { wallMs: START_WALL_MS + seconds * 1000, monotonicMs: seconds * 1000 };
}

export function context(seconds: number, change: Partial<RuleContext> = {}): RuleContext {
  return {
    now: moment(seconds),
    timezone: "Asia/Shanghai",
    clockSynced: true,
    newAlarmId: `alarm@${seconds}`,
    ...change,
  };
}

/**
 * Whom a look follows, as `1` or `1?` (a look that is not sure), `1still` (never moved), `1flat` (lies there); all stand
 * at the same place.
 */
function track(word: string, zone: string): SeenTrack {
  const id = Number.parseInt(word, 10);
  const isFlat = word.endsWith("flat");
  const [width, height] = isFlat ? [0.3, 0.1] : [0.1, 0.3];
  const far = zone === "far" ? 0.35 : 0;
  return {
    id,
    feet: [0.4 + far + width / 2, 0.8],
    box: { x: 0.4 + far, y: 0.8 - height, width, height },
    score: word.endsWith("?") ? 0.4 : 0.9,
    sureness: word.endsWith("?") ? 0.8 : 2,
    moved: !word.endsWith("still"),
    zones: zone === "far" ? [] : [zone],
  };
}

/** `bank: 1 2` are those who stand in a zone; `all: 1@bank 2@far` everybody in the picture; `crossed in: 7` a line. */
function followed(zone: string, whom: string, at: Moment): Observation {
  const words = whom.split(" ").filter((word) => word !== "");
  const common = { camera: "pond-east", detector: "movement", at } as const;
  const [verb, direction] = zone.split(" ");
  if (verb === "crossed") {
    const box = { x: 0.4, y: 0.5, width: 0.1, height: 0.3 };
    const way = direction === "in" ? "in" : "out";
    return { ...common, kind: "crossing", line: "gate", direction: way, box, track: Number(whom) };
  }
  if (zone === "all") {
    const tracks = words.map((word) => track(word.split("@")[0] ?? "", word.split("@")[1] ?? "far"));
    return { ...common, kind: "tracks", tracks };
  }
  const tracks = words.map((word) => track(word, zone));
  const boxes = tracks.map(({ box }) => box);
  return { ...common, kind: "presence", zone, present: tracks.length > 0, boxes, tracks };
}

/** What can be seen, in a word: `person`, `nobody`, `pressed`, `released`, `3.4 m`, `rain 25 of 80`, `no value`, … */
export function observation(word: string, seconds: number): Observation {
  const at = moment(seconds);
  const [zone = "", whom] = word.split(":");
  if (whom !== undefined) return followed(zone, whom, at);
  const presence = {
    kind: "presence",
    camera: "pond-east",
    zone: "bank",
    boxes: [],
    detector: "movement",
    at,
  } as const;
  const level = { kind: "reading", sensor: "pond-level", unit: "m", at } as const;
  switch (word) {
    case "person":
      return { ...presence, present: true };
    case "nobody":
      return { ...presence, present: false };
    case "person elsewhere":
      return { ...presence, zone: "field", present: true };
    case "person on another camera":
      return { ...presence, camera: "pond-west", present: true };
    case "pressed":
      return { kind: "contact", input: "sos", closed: true, at };
    case "released":
      return { kind: "contact", input: "sos", closed: false, at };
    case "another button":
      return { kind: "contact", input: "door", closed: true, at };
    case "camera lost":
      return { kind: "camera", camera: "pond-east", state: "lost", reason: "rtsp.timeout", at };
    case "no value":
      return { ...level, value: null, quality: "lost" };
    case "another level":
      return { ...level, sensor: "reservoir", value: 99, quality: "good" };
    default:
      if (word.startsWith("rain ")) return rainGauge(word.slice(5), at);
      return { ...level, value: Number.parseFloat(word), quality: "good" };
  }
}

/** A gauge with a total of long ago: `25 of 80` is 25 mm in an hour, and 80 mm in a day. */
function rainGauge(words: string, at: Moment): Observation {
  const reading = { kind: "reading", sensor: "rain", unit: "mm", at } as const;
  if (words === "lost") return { ...reading, value: null, quality: "lost" };
  const [hour = 0, day = 0] = words.split(" of ").map(Number);
  return { ...reading, value: 1_234.5, quality: "good", sums: { 1: hour, 3: day, 6: day, 12: day, 24: day } };
}

/** An effect in a few words: `say 水边危险`, `raise alarm@0`, `escalate 1 of alarm@0`, `clear alarm@0`. */
export function inWords(effect: Effect): string {
  switch (effect.kind) {
    case "say":
      return `say ${effect.text}`;
    case "raise":
      return `${effect.alarm.question ? `ask whether ${effect.alarm.question}:` : "raise"} ${effect.alarm.id}`;
    case "look":
      return `look ${effect.camera} ${effect.preset}`;
    case "switch-on":
      return `switch on ${effect.switches.join(" ")} for ${effect.forSeconds} s`;
    case "switch-off":
      return `switch off for ${effect.alarm}`;
    case "escalate":
      return `escalate ${effect.step} of ${effect.alarm}${effect.severity ? ` to ${effect.severity}` : ""}`;
    case "clear":
      return `clear ${effect.alarm}`;
  }
}

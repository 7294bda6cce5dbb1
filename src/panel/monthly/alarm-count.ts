import type { LedgerEvent } from "../../core/event.ts";
import type { MonthlySheet, Outcome, SheetAlarm, SheetCounts, Voice } from "../../core/monthly-sheet.ts";
import type { Severity } from "../../core/site.ts";
import { isoTime } from "../../core/time.ts";
import type { EventTime } from "./event-times.ts";
import { dayOf, type MonthSpan } from "./month-span.ts";

const SEVERITIES: readonly Severity[] = ["notice", "warning", "danger", "emergency"];
/** What is graver comes onto the paper first. */
const BY_OUTCOME: readonly Outcome[] = ["open", "handled", "dissuaded", "passed", "false"];
const BY_VOICE: readonly Voice[] = ["none", "silent", "unproven", "heard"];
/** So a horn that sounded may have ended. */
const SOUNDED: readonly unknown[] = ["played", "preempted", "stopped"];

export type RuleNames = (rule: string) => { readonly name: string; readonly place: string };

export interface AlarmCount {
  add(event: LedgerEvent, at: EventTime): void;
  /** @param mostListed alarms; of more the graver ones. */
  result(mostListed: number): Pick<
    MonthlySheet,
    "total" | "voice" | "places" | "days" | "alarms" | "alarmsLeftOut"
  > & {
    readonly unsure: number;
  };
}

/** What is known of an alarm of the month. */
interface Known {
  readonly seq: number;
  readonly atMs: number;
  readonly isTimeSure: boolean;
  readonly rule: string;
  /** A camera saw somebody in a zone, which was empty when the alarm ended by itself. Nothing like it is known of a line. */
  readonly isStay: boolean;
  severity: Severity;
  /** The best that a horn had for it. */
  voice: Voice;
  /** The same of what began to sound before its end, by the clock of that time. */
  voiceInTime: Voice;
  /** What sounded while no end was known. */
  sounded: { readonly atMs: number; readonly voice: Voice }[];
  seenToBy?: string | undefined;
  falseBy?: string | undefined;
  endedMs?: number | undefined;
}

interface Counts {
  alarms: number;
  dissuaded: number;
  false: number;
}

/** Counts the alarms of a month and what became of them. */
export function createAlarmCount(span: MonthSpan, namesOf: RuleNames): AlarmCount {
  const known = new Map<string, Known>();
  const voice = { sounded: 0, heard: 0, silent: 0, failed: 0 };

  function raise(event: LedgerEvent, { ms, isSure }: EventTime): void {
    const { rule, severity, because, question } = event.data;
    if (event.subject === undefined || typeof rule !== "string" || !isSeverity(severity)) return;
    if (dayOf(span, ms) === undefined) return;
    known.set(event.subject, {
      ...{ seq: event.seq, atMs: ms, isTimeSure: isSure, rule, severity },
      // Nobody knows what became of those whom a question is about.
      isStay: question === undefined && fieldOf(because, "kind") === "presence",
      voice: "none",
      voiceInTime: "none",
      sounded: [],
    });
  }

  function spoke({ data }: LedgerEvent, { ms }: EventTime): void {
    if (fieldOf(data["source"], "kind") !== "rule") return;
    const soundedMs = typeof data["soundedAt"] === "string" ? Date.parse(data["soundedAt"]) : undefined;
    const told =
      SOUNDED.includes(data["result"]) && soundedMs !== undefined ? voiceOf(data["heard"]) : "none";
    if (dayOf(span, ms) !== undefined) {
      if (told === "none") voice.failed++;
      else voice.sounded++;
      if (told === "heard") voice.heard++;
      if (told === "silent") voice.silent++;
    }
    const alarm = typeof data["alarm"] === "string" ? known.get(data["alarm"]) : undefined;
    if (!alarm || soundedMs === undefined || told === "none") return;
    alarm.voice = better(alarm.voice, told);
    if (alarm.endedMs === undefined) alarm.sounded.push({ atMs: soundedMs, voice: told });
    else if (soundedMs <= alarm.endedMs) alarm.voiceInTime = better(alarm.voiceInTime, told);
  }

  function end(alarm: Known, { time, data }: LedgerEvent): void {
    if (alarm.endedMs !== undefined) return;
    // Compared with when a horn sounded, by the same clock, whether that was right or not.
    const endedMs = Date.parse(time);
    alarm.endedMs = endedMs;
    alarm.seenToBy ??= nameOf(data["by"]);
    for (const one of alarm.sounded) {
      if (one.atMs <= endedMs) alarm.voiceInTime = better(alarm.voiceInTime, one.voice);
    }
    alarm.sounded = [];
  }

  return {
    add(event, at) {
      if (event.type === "org.cunshao.alarm.raised") return raise(event, at);
      if (event.type === "org.cunshao.broadcast.finished") return spoke(event, at);
      const alarm = event.subject === undefined ? undefined : known.get(event.subject);
      if (!alarm) return;
      const { severity, by } = event.data;
      switch (event.type) {
        case "org.cunshao.alarm.escalated":
          if (isSeverity(severity)) alarm.severity = severity;
          break;
        case "org.cunshao.alarm.acknowledged":
        case "org.cunshao.alarm.reported":
          alarm.seenToBy ??= nameOf(by) ?? "";
          break;
        case "org.cunshao.alarm.cleared":
          end(alarm, event);
          break;
        case "org.cunshao.alarm.false":
          alarm.falseBy = nameOf(by) ?? "";
          break;
        case "org.cunshao.alarm.false_withdrawn":
          alarm.falseBy = undefined;
          break;
      }
    },
    result(mostListed) {
      const outcomes = { false: 0, handled: 0, dissuaded: 0, passed: 0, open: 0 };
      const severities = { notice: 0, warning: 0, danger: 0, emergency: 0 };
      const total = { ...none(), outcomes, severities, dissuadedHeard: 0 };
      const days = span.dayStartsMs.map(none);
      const byPlace = new Map<string, Counts>();
      let unsure = 0;
      for (const alarm of known.values()) {
        const outcome = outcomeOf(alarm);
        outcomes[outcome]++;
        severities[alarm.severity]++;
        if (outcome === "dissuaded" && alarm.voiceInTime === "heard") total.dissuadedHeard++;
        if (!alarm.isTimeSure) unsure++;
        const { name, place } = namesOf(alarm.rule);
        const ofPlace = byPlace.get(place || name) ?? none();
        byPlace.set(place || name, ofPlace);
        const ofDay = days[dayOf(span, alarm.atMs) ?? -1];
        for (const counts of [total, ofPlace, ofDay]) if (counts) count(counts, outcome);
      }
      const listed = [...known.values()].sort(byGravity).slice(0, mostListed);
      return {
        ...{ total, voice, days, unsure },
        places: [...byPlace]
          .map(([place, counts]) => ({ place, ...counts }))
          .sort((a, b) => b.alarms - a.alarms || a.place.localeCompare(b.place, "zh")),
        alarms: listed.sort((a, b) => a.seq - b.seq).map((alarm) => told(alarm, namesOf)),
        alarmsLeftOut: known.size - listed.length,
      };
    },
  };
}

function outcomeOf({ falseBy, seenToBy, endedMs, isStay, voiceInTime }: Known): Outcome {
  if (falseBy !== undefined) return "false";
  if (seenToBy !== undefined) return "handled";
  if (endedMs === undefined) return "open";
  const wasSpokenTo = voiceInTime === "heard" || voiceInTime === "unproven";
  return isStay && wasSpokenTo ? "dissuaded" : "passed";
}

function byGravity(a: Known, b: Known): number {
  const [outcomeA, outcomeB] = [BY_OUTCOME.indexOf(outcomeOf(a)), BY_OUTCOME.indexOf(outcomeOf(b))];
  const [severityA, severityB] = [SEVERITIES.indexOf(a.severity), SEVERITIES.indexOf(b.severity)];
  return severityB - severityA || outcomeA - outcomeB || a.seq - b.seq;
}

function told(alarm: Known, namesOf: RuleNames): SheetAlarm {
  const { seq, atMs, isTimeSure, rule, severity, voice, falseBy, seenToBy } = alarm;
  const by = falseBy ?? seenToBy;
  const outcome = outcomeOf(alarm);
  return {
    ...{ seq, at: isoTime(atMs), isTimeSure, ...namesOf(rule), severity, voice, outcome },
    ...(by && { by }),
  };
}

function count(counts: Counts, outcome: Outcome): void {
  counts.alarms++;
  if (outcome === "dissuaded") counts.dissuaded++;
  if (outcome === "false") counts.false++;
}

function none(): Counts & SheetCounts {
  return { alarms: 0, dissuaded: 0, false: 0 };
}

function better(a: Voice, b: Voice): Voice {
  return BY_VOICE.indexOf(a) < BY_VOICE.indexOf(b) ? b : a;
}

function voiceOf(heard: unknown): Voice {
  if (heard === "heard") return "heard";
  return heard === "not-heard" ? "silent" : "unproven";
}

function isSeverity(value: unknown): value is Severity {
  return (SEVERITIES as readonly unknown[]).includes(value);
}

function nameOf(by: unknown): string | undefined {
  const name = typeof by === "string" ? by : fieldOf(by, "name");
  return typeof name === "string" ? name : undefined;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}

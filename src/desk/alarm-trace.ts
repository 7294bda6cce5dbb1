import { z } from "zod";
import { type AlarmNote, type AlarmStatus, MOST_NOTES } from "../core/alarm.ts";
import { type ClockCorrection, correctedTime } from "../core/clock-correction.ts";
import type { LedgerEvent } from "../core/event.ts";
import type { Severity } from "../core/site.ts";
import { isTime, plainWords } from "./plain-words.ts";

/** An alarm as the events of its box tell it. */
export interface TracedAlarm {
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly status: AlarmStatus;
  /** ISO time by the box's clock of then, and how good that was. */
  readonly raisedAt: string;
  readonly clock: LedgerEvent["clock"];
  /** The same as the box has corrected it since. */
  readonly correctedAt?: string | undefined;
  readonly seq: number;
  /** The ledger in which that is its number. */
  readonly raisedIn: string;
  /** The ledger in which something of it was told last. */
  readonly ledger: string;
  /** Of what was observed: a camera, sensor or input. */
  readonly camera?: string | undefined;
  readonly acknowledgedBy?: string | undefined;
  readonly falseBy?: string | undefined;
  readonly notes: readonly AlarmNote[];
  readonly snapshot?: string | undefined;
  readonly clip?: string | undefined;
}

export interface AlarmTrace {
  /** Events in any order; the same again changes nothing. */
  take(events: readonly LedgerEvent[]): void;
  /** Knows what the other one knows, and nothing else. */
  become(other: Pick<AlarmTrace, "alarms" | "corrections">): void;
  /** Oldest first. */
  alarms(): readonly TracedAlarm[];
  /** What the box said of how wrong its clock was, oldest first. */
  corrections(): readonly TracedCorrection[];
}

/** A correction, and the event that says it. */
export interface TracedCorrection extends ClockCorrection {
  readonly ledger: string;
  readonly seq: number;
}

const SEVERITIES: readonly unknown[] = ["notice", "warning", "danger", "emergency"] satisfies Severity[];
const SHA256 = /^[0-9a-f]{64}$/;
/** Of one box. Alarms that nobody cleared are kept longer, but a box that raises without end must not fill the memory. */
const MOST_CLEARED = 100;
export const MOST_ALARMS = 1000;
/** A box that corrects its clock without end must not either. */
export const MOST_CORRECTIONS = 500;
/** No clock is wrong by more. */
const MOST_OFF_MS = 200 * 365 * 86_400_000;
const LONGEST_TEXT = 500;
const ID = /^\w[\w.:-]{0,127}$/;

/** Follows the alarms of one box. Nothing that a box sends is taken for more than words. */
export function createAlarmTrace(): AlarmTrace {
  const alarms = new Map<string, TracedAlarm>();
  let corrections: readonly TracedCorrection[] = [];

  function change(id: string, part: Partial<TracedAlarm>): void {
    const known = alarms.get(id);
    if (known) alarms.set(id, { ...known, ...part });
  }

  function correct(alarm: TracedAlarm): void {
    const { seq, raisedAt: time, raisedIn } = alarm;
    const ofLedger = corrections.filter(({ ledger }) => ledger === raisedIn);
    alarms.set(alarm.id, { ...alarm, correctedAt: correctedTime({ seq, time }, ofLedger) });
  }

  function learn(told: readonly TracedCorrection[]): void {
    const others = corrections.filter(
      (one) => !told.some(({ ledger, seq }) => ledger === one.ledger && seq === one.seq),
    );
    corrections = [...others, ...told].sort(inOrder).slice(-MOST_CORRECTIONS);
    for (const alarm of [...alarms.values()]) correct(alarm);
  }

  function raise(id: string, { time, seq, ledger, data, clock }: LedgerEvent): void {
    const { rule, severity, because } = data;
    if (alarms.has(id) || typeof rule !== "string" || !SEVERITIES.includes(severity)) return;
    if (!ID.test(id) || !isTime(time)) return;
    const camera = fieldsOf(because)["camera"];
    correct({
      id,
      rule: short(rule),
      severity: severity as Severity,
      status: "raised",
      ...{ raisedAt: time, clock, seq, ledger, raisedIn: ledger },
      ...(typeof camera === "string" && { camera: short(camera) }),
      notes: [],
    });
  }

  function takeOne(event: LedgerEvent): void {
    const { subject: id, type, data, time } = event;
    // An earlier version kept events whose subject is no text.
    if (typeof id !== "string") return;
    if (type === "org.cunshao.alarm.raised") raise(id, event);
    change(id, { ledger: event.ledger });
    const known = alarms.get(id);
    if (!known) return;
    const by = nameOf(data["by"]);
    switch (type) {
      case "org.cunshao.alarm.escalated":
        change(id, {
          ...(known.status === "raised" && { status: "escalated" }),
          ...(SEVERITIES.includes(data["severity"]) && { severity: data["severity"] as Severity }),
        });
        break;
      case "org.cunshao.alarm.acknowledged":
        change(id, {
          acknowledgedBy: known.acknowledgedBy ?? by,
          ...(known.status !== "cleared" && { status: "acknowledged" }),
        });
        break;
      case "org.cunshao.alarm.cleared":
        change(id, { status: "cleared" });
        break;
      case "org.cunshao.alarm.false":
        change(id, { falseBy: by });
        break;
      case "org.cunshao.alarm.false_withdrawn":
        change(id, { falseBy: undefined });
        break;
      case "org.cunshao.alarm.noted": {
        const { text } = data;
        if (typeof text !== "string" || known.notes.length >= MOST_NOTES) break;
        const note = { at: time, by, text: short(text) };
        const isKnown = known.notes.some((one) => one.at === time && one.text === note.text);
        if (!isKnown) change(id, { notes: [...known.notes, note] });
        break;
      }
      case "org.cunshao.evidence.added": {
        const { kind, sha256 } = data;
        if (typeof sha256 !== "string" || !SHA256.test(sha256)) break;
        if (kind === "snapshot" && known.snapshot === undefined) change(id, { snapshot: sha256 });
        if (kind === "clip" && known.clip === undefined) change(id, { clip: sha256 });
        break;
      }
    }
  }

  /** Oldest cleared ones first; where a box raises without end the oldest of all. */
  function makeRoom(): void {
    const all = [...alarms.values()].sort((a, b) => a.seq - b.seq);
    const cleared = all.filter(({ status }) => status === "cleared");
    for (const { id } of cleared.slice(0, Math.max(0, cleared.length - MOST_CLEARED))) alarms.delete(id);
    if (alarms.size <= MOST_ALARMS) return;
    const left = all.filter(({ id }) => alarms.has(id));
    for (const { id } of left.slice(0, left.length - MOST_ALARMS)) alarms.delete(id);
  }

  return {
    take(events) {
      const told = events.flatMap(correctionOf);
      if (told.length > 0) learn(told);
      for (const event of events) takeOne(event);
      if (alarms.size > MOST_CLEARED) makeRoom();
    },
    become(other) {
      alarms.clear();
      corrections = other.corrections();
      for (const alarm of other.alarms()) alarms.set(alarm.id, alarm);
    },
    alarms: () => [...alarms.values()].sort((a, b) => a.seq - b.seq),
    corrections: () => corrections,
  };
}

function inOrder(a: TracedCorrection, b: TracedCorrection): number {
  if (a.ledger === b.ledger) return a.seq - b.seq;
  return a.ledger < b.ledger ? -1 : 1;
}

const Correction = z.object({
  boot: z.string().max(128),
  firstSeq: z.number().int(),
  lastSeq: z.number().int(),
  offsetMs: z.number().min(-MOST_OFF_MS).max(MOST_OFF_MS),
  source: z.string().max(128),
});

function correctionOf({ type, ledger, seq, data }: LedgerEvent): readonly TracedCorrection[] {
  const told = type === "org.cunshao.clock.corrected" ? Correction.safeParse(data).data : undefined;
  return told ? [{ ...told, ledger, seq }] : [];
}

function short(text: string): string {
  return plainWords(text, LONGEST_TEXT);
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function nameOf(by: unknown): string {
  const name = typeof by === "string" ? by : fieldsOf(by)["name"];
  return typeof name === "string" ? short(name) : "";
}

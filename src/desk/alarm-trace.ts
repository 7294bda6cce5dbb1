import { type AlarmNote, type AlarmStatus, MOST_NOTES } from "../core/alarm.ts";
import type { LedgerEvent } from "../core/event.ts";
import type { Severity } from "../core/site.ts";
import { isTime, plainWords } from "./plain-words.ts";

/** An alarm as the events of its box tell it. */
export interface TracedAlarm {
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly status: AlarmStatus;
  readonly raisedAt: string;
  readonly seq: number;
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
  become(other: Pick<AlarmTrace, "alarms">): void;
  /** Oldest first. */
  alarms(): readonly TracedAlarm[];
}

const SEVERITIES: readonly unknown[] = ["notice", "warning", "danger", "emergency"] satisfies Severity[];
const SHA256 = /^[0-9a-f]{64}$/;
/** Of one box. Alarms that nobody cleared are kept longer, but a box that raises without end must not fill the memory. */
const MOST_CLEARED = 100;
export const MOST_ALARMS = 1000;
const LONGEST_TEXT = 500;
const ID = /^\w[\w.:-]{0,127}$/;

/** Follows the alarms of one box. Nothing that a box sends is taken for more than words. */
export function createAlarmTrace(): AlarmTrace {
  const alarms = new Map<string, TracedAlarm>();

  function change(id: string, part: Partial<TracedAlarm>): void {
    const known = alarms.get(id);
    if (known) alarms.set(id, { ...known, ...part });
  }

  function raise(id: string, { time, seq, ledger, data }: LedgerEvent): void {
    const { rule, severity, because } = data;
    if (alarms.has(id) || typeof rule !== "string" || !SEVERITIES.includes(severity)) return;
    if (!ID.test(id) || !isTime(time)) return;
    const camera = fieldsOf(because)["camera"];
    alarms.set(id, {
      id,
      rule: short(rule),
      severity: severity as Severity,
      status: "raised",
      raisedAt: time,
      seq,
      ledger,
      ...(typeof camera === "string" && { camera: short(camera) }),
      notes: [],
    });
  }

  function takeOne(event: LedgerEvent): void {
    const { subject: id, type, data, time } = event;
    if (id === undefined) return;
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
      for (const event of events) takeOne(event);
      if (alarms.size > MOST_CLEARED) makeRoom();
    },
    become(other) {
      alarms.clear();
      for (const alarm of other.alarms()) alarms.set(alarm.id, alarm);
    },
    alarms: () => [...alarms.values()].sort((a, b) => a.seq - b.seq),
  };
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

import { PRIORITIES, type Priority } from "../../src/core/broadcast.ts";

// What can be seen of a speaker from outside: when its amplifier was on, and when which class of broadcast sounded there.

export interface Span {
  /** Wall time. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Sound extends Span {
  /** Undefined where what sounded cannot be told. */
  readonly priority: Priority | undefined;
}

export interface SpeakerJournal {
  readonly on: readonly Span[];
  readonly sounds: readonly Sound[];
}

/** Each class sounds at a pitch of its own, in Hz, so far from the next that 20 ms tell them apart. */
export const TONES: Readonly<Record<Priority, number>> = {
  emergency: 2400,
  township: 1700,
  local: 1200,
  rule: 850,
  schedule: 600,
  drill: 420,
};
/** Half the way from one pitch to the next. */
const SAME_PITCH = 1.18;
const LEAST_PERIODS = 3;
/** Packets come every 20 ms; what is missing for so long is silence. */
const GAP_MS = 100;

/**
 * Which class's tone this is; undefined for what holds no clean one, as where one begins. Told by the length of its periods and not by
 * their number: a packet that is half silent would pass for a lower tone.
 */
export function toneOf(samples: Int16Array, rateHz: number): Priority | undefined {
  const rises = [...samples.keys()].filter((at) => (samples[at] ?? 0) > 0 && (samples[at - 1] ?? 1) <= 0);
  const periods = rises.slice(1).map((at, index) => at - (rises[index] ?? 0));
  const middle = [...periods].sort((one, other) => one - other)[Math.floor(periods.length / 2)] ?? 0;
  const usual = periods.filter((period) => Math.abs(period - middle) <= Math.max(1, middle / 4));
  if (usual.length < LEAST_PERIODS) return undefined;
  const hz = (rateHz * usual.length) / usual.reduce((sum, period) => sum + period, 0);
  return PRIORITIES.find((priority) => {
    const ratio = hz / TONES[priority];
    return ratio < SAME_PITCH && ratio > 1 / SAME_PITCH;
  });
}

export interface JournalWriter {
  power(on: boolean, atMs: number): void;
  /** From now on this sounds, or nothing does. */
  sounds(priority: Priority | undefined, isSounding: boolean, atMs: number): void;
  /** So much of it came now. */
  heard(priority: Priority | undefined, atMs: number, lengthMs: number): void;
  /** What is still going on counts up to now. */
  read(nowMs: number): SpeakerJournal;
  readonly isOn: boolean;
  /** Forgets what is over. */
  clear(): void;
}

export function createJournal(): JournalWriter {
  let on: Span[] = [];
  let sounds: Sound[] = [];
  let onSinceMs: number | undefined;
  let open: { readonly priority: Priority | undefined; readonly fromMs: number } | undefined;
  return {
    get isOn() {
      return onSinceMs !== undefined;
    },
    power(isOn, atMs) {
      if (isOn === (onSinceMs !== undefined)) return;
      if (onSinceMs !== undefined) on.push({ fromMs: onSinceMs, toMs: atMs });
      onSinceMs = isOn ? atMs : undefined;
    },
    sounds(priority, isSounding, atMs) {
      if (open) sounds.push({ ...open, toMs: atMs });
      open = isSounding ? { priority, fromMs: atMs } : undefined;
    },
    heard(priority, atMs, lengthMs) {
      const last = sounds.at(-1);
      const toMs = atMs + lengthMs;
      const goesOn = last && atMs - last.toMs < GAP_MS;
      if (goesOn && (priority === undefined || priority === last.priority)) {
        sounds[sounds.length - 1] = { ...last, toMs };
      } else if (goesOn && last.priority === undefined) {
        // Where a tone begins it is not clean yet.
        sounds[sounds.length - 1] = { ...last, priority, toMs };
      } else sounds.push({ priority, fromMs: atMs, toMs });
    },
    read: (nowMs) => ({
      on: onSinceMs === undefined ? [...on] : [...on, { fromMs: onSinceMs, toMs: nowMs }],
      sounds: open ? [...sounds, { ...open, toMs: nowMs }] : [...sounds],
    }),
    clear() {
      on = [];
      sounds = [];
    },
  };
}

/** What of `span` lies in none of `others`, in order. */
export function outside(span: Span, others: readonly Span[]): Span[] {
  const rest: Span[] = [];
  let fromMs = span.fromMs;
  for (const other of [...others].sort((a, b) => a.fromMs - b.fromMs)) {
    if (other.toMs <= fromMs || other.fromMs >= span.toMs) continue;
    if (other.fromMs > fromMs) rest.push({ fromMs, toMs: other.fromMs });
    fromMs = Math.max(fromMs, other.toMs);
  }
  if (fromMs < span.toMs) rest.push({ fromMs, toMs: span.toMs });
  return rest;
}

/** How long two spans share. */
export function shared(one: Span, other: Span): number {
  return Math.max(0, Math.min(one.toMs, other.toMs) - Math.max(one.fromMs, other.fromMs));
}

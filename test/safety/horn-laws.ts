import { type BroadcastResult, PRIORITIES, type Priority } from "../../src/core/broadcast.ts";
import { outside, type Sound, type Span, type SpeakerJournal, shared } from "./speaker-journal.ts";

// What must hold of whatever is heard, told from the journals of the devices and from who ordered what. Pure.

/**
 * What real time adds to what is measured: loading a player, packets on their way, two busy cores. Longer stalls are seen by the
 * observer itself and added. A delay that is there every time shows in the medians, which are held much closer.
 */
export const MEASURING_MS = 2500;
const MEDIAN_MS = 600;
/** From an order that is taken, a switch that is turned or an hour that begins, until what it forbids is silent. */
const REACTION_MS = 1200;
/** A broadcast's end may be in the ledger so much later than it was. */
const LEDGER_MS = 500;
/** Silence between two repetitions. */
const PAUSE_MS = 500;
const WORD_MS = 60;
/** Fewer say nothing of a median. */
const LEAST_GAPS = 8;

export interface WatchedSpeaker {
  readonly id: string;
  readonly settleMs: number;
  readonly holdMs: number;
  readonly maxOnMs: number;
  readonly journal: SpeakerJournal;
}

export interface Ending {
  readonly speaker: string;
  readonly atMs: number;
  readonly result: BroadcastResult;
  /** Whether the gateway says that it sounded. */
  readonly sounded: boolean;
}

/** One order that became a broadcast. */
export interface WatchedOrder {
  readonly id: string;
  readonly priority: Priority;
  readonly speakers: readonly string[];
  /** When whoever gave it was told that it is taken, or its date came; undefined where it waited for a second device. */
  readonly dueMs: number | undefined;
  /** As the ledger tells, which is to be once on each speaker. */
  readonly endings: readonly Ending[];
}

export interface Observed {
  readonly speakers: readonly WatchedSpeaker[];
  readonly orders: readonly WatchedOrder[];
  /** When the observer itself stood still. */
  readonly stalls: readonly Span[];
  /** When the kill switch was closed. */
  readonly killed: readonly Span[];
  /** Whether this class is to be silent there at that time. */
  readonly isQuiet: (speaker: string, priority: Priority, atMs: number) => boolean;
}

const rank = (priority: Priority): number => PRIORITIES.indexOf(priority);

/** Every law that was broken, in words. */
export function brokenLaws(observed: Observed): string[] {
  const { speakers, orders } = observed;
  return [
    ...orders.flatMap(endsOnce),
    ...speakers.flatMap((speaker) => [
      ...onForSound(speaker, observed.stalls),
      ...highestFirst(speaker, observed),
      ...quiet(speaker, observed),
      ...killed(speaker, observed),
      ...playedIsHeard(speaker, observed),
    ]),
  ];
}

/** How long stalls of the observer may have stretched what it saw. */
function stalled(stalls: readonly Span[], span: Span): number {
  return stalls.reduce((sum, stall) => sum + shared(stall, span), 0);
}

function endsOnce({ id, speakers, endings }: WatchedOrder): string[] {
  return speakers.flatMap((speaker) => {
    const count = endings.filter((ending) => ending.speaker === speaker).length;
    return count === 1 ? [] : [`${id} ended ${count} times on ${speaker}`];
  });
}

function onForSound({ id, journal, maxOnMs, ...times }: WatchedSpeaker, stalls: readonly Span[]): string[] {
  const longestMs = Math.max(times.settleMs + times.holdMs, PAUSE_MS);
  return journal.on.flatMap((on) => {
    const problems: string[] = [];
    const onMs = on.toMs - on.fromMs;
    const late = MEASURING_MS + stalled(stalls, on);
    if (onMs > maxOnMs + late) problems.push(`${id} was on for ${Math.round(onMs)} ms`);
    for (const idle of outside(on, journal.sounds)) {
      const idleMs = idle.toMs - idle.fromMs;
      if (idleMs > longestMs + MEASURING_MS + stalled(stalls, idle))
        problems.push(`${id} was on without sound for ${Math.round(idleMs)} ms`);
    }
    return problems;
  });
}

/** Nothing lower sounds while something higher is due and has not ended. */
function highestFirst({ id, journal }: WatchedSpeaker, { orders, stalls }: Observed): string[] {
  const known = journal.sounds.filter(isKnown);
  return orders.flatMap(({ id: order, priority, dueMs, endings }) => {
    const ending = endings.find(({ speaker }) => speaker === id);
    if (dueMs === undefined || !ending) return [];
    const waits = { fromMs: dueMs + REACTION_MS, toMs: ending.atMs - LEDGER_MS };
    return known.flatMap((sound) => {
      if (rank(sound.priority) <= rank(priority)) return [];
      const late = stalled(stalls, { fromMs: dueMs, toMs: waits.toMs });
      const wrongMs = shared(sound, waits) - late;
      return wrongMs > 0
        ? [`${id}: ${sound.priority} sounds ${Math.round(wrongMs)} ms while ${order} (${priority}) waits`]
        : [];
    });
  });
}

function quiet({ id, journal }: WatchedSpeaker, { isQuiet, stalls }: Observed): string[] {
  return journal.sounds.filter(isKnown).flatMap(({ priority, ...span }) => {
    const reactionMs = REACTION_MS + stalled(stalls, span);
    // An hour that began while it sounded is given time to end it.
    const isWrong = [span.fromMs, (span.fromMs + span.toMs) / 2, span.toMs].some(
      (atMs) => isQuiet(id, priority, atMs) && isQuiet(id, priority, atMs - reactionMs),
    );
    return isWrong ? [`${id}: ${priority} sounds in quiet hours`] : [];
  });
}

function killed({ id, journal }: WatchedSpeaker, { killed: times, stalls }: Observed): string[] {
  return times.flatMap((time) =>
    journal.sounds.flatMap((sound) => {
      const wrongMs = shared(sound, { ...time, fromMs: time.fromMs + REACTION_MS + stalled(stalls, time) });
      return wrongMs > 0
        ? [`${id}: sounds for ${Math.round(wrongMs)} ms although the kill switch is closed`]
        : [];
    }),
  );
}

function playedIsHeard({ id, journal }: WatchedSpeaker, { orders }: Observed): string[] {
  return orders.flatMap(({ id: order, priority, dueMs = 0, endings }) => {
    const ending = endings.find(({ speaker }) => speaker === id);
    if (ending?.result !== "played" || !ending.sounded) return [];
    const while_ = { fromMs: dueMs - LEDGER_MS, toMs: ending.atMs + LEDGER_MS };
    const isHeard = journal.sounds.some(
      (sound) => (sound.priority === priority || sound.priority === undefined) && shared(sound, while_) > 0,
    );
    return isHeard ? [] : [`${order} (${priority}) was played on ${id} and nobody heard it`];
  });
}

/** What is shorter than a word may be a tone that was cut in two. */
function isKnown(sound: Sound): sound is Sound & { readonly priority: Priority } {
  return sound.priority !== undefined && sound.toMs - sound.fromMs >= WORD_MS;
}

/** The usual silence of an amplifier that is on: before its first sound and after its last one. */
export interface UsualSilence {
  readonly settleMs: readonly number[];
  readonly holdMs: readonly number[];
}

export function silences({ on, sounds }: SpeakerJournal): UsualSilence {
  const found = on.flatMap((span) => {
    const within = sounds.filter((sound) => shared(sound, span) > 0);
    const first = Math.min(...within.map(({ fromMs }) => fromMs));
    const last = Math.max(...within.map(({ toMs }) => toMs));
    return within.length > 0 ? [{ settleMs: first - span.fromMs, holdMs: span.toMs - last }] : [];
  });
  return { settleMs: found.map(({ settleMs }) => settleMs), holdMs: found.map(({ holdMs }) => holdMs) };
}

/** What is wrong every time, though never by much. */
export function brokenMedians(
  { id, settleMs, holdMs }: Pick<WatchedSpeaker, "id" | "settleMs" | "holdMs">,
  usual: UsualSilence,
): string[] {
  const tell = (what: string, gaps: readonly number[], wantedMs: number): string[] => {
    if (gaps.length < LEAST_GAPS) return [];
    const medianMs = [...gaps].sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
    return medianMs > wantedMs + MEDIAN_MS
      ? [`${id} is usually silent for ${Math.round(medianMs)} ms ${what}, not ${wantedMs}`]
      : [];
  };
  return [
    ...tell("before its first sound", usual.settleMs, settleMs),
    ...tell("after its last sound", usual.holdMs, holdMs),
  ];
}

import type { VoiceRateHz } from "../core/live-voice.ts";

// Between a voice that comes in as the network pleases and an amplifier that takes it steadily. Pure: times are told.

/** One piece for the amplifier. */
export const PIECE_MS = 20;
/** What waits before the first word is heard: as much as the network is unsteady, within these bounds. */
const LEAST_TARGET_MS = 40;
export const MOST_TARGET_MS = 160;
/** More than this never waits: what is older is left out. */
export const MOST_DEPTH_MS = 400;
/** So much more than wanted is left out at once; less is made up for by speaking a little faster. */
const SURPLUS_MS = 160;
/** Above this surplus it speaks faster still. */
const HURRY_MS = 60;
/** Less than this left after a piece: time to speak a little slower. */
const RESERVE_MS = 10;
/** How long the worst delay is remembered. */
const MEMORY_MS = 2000;
/** A surplus or lack counts when it has lasted this long. */
const WINDOW_MS = 400;
/** One sample in so many is left out or put in: 2.5 or 5 %, which nobody hears in speech from a horn. */
const STEADY = 40;
const HURRIED = 20;
/** What is cut is blended over this, so that it does not click. */
const BLEND_MS = 4;

export interface JitterFigures {
  readonly depthMs: number;
  readonly targetMs: number;
  /** Since the beginning: left out because it came too late or was too much, and silence put where there was nothing. */
  readonly droppedMs: number;
  readonly filledMs: number;
}

export interface JitterBuffer {
  /** @param atMs monotonic, when it came. */
  push(samples: Int16Array, atMs: number): void;
  /** The next `count` samples: always that many, silence where there is no voice. */
  pull(count: number): Int16Array;
  figures(): JitterFigures;
}

/**
 * Waits 40 to 160 ms, as unsteady as the network is, and follows the talker's clock by a sample more or less now and
 * then. It holds at most 400 ms, whatever comes.
 */
export function createJitterBuffer(rateHz: VoiceRateHz): JitterBuffer {
  const samplesOf = (ms: number): number => Math.round((ms * rateHz) / 1000);
  const msOf = (samples: number): number => (samples * 1000) / rateHz;
  const blend = samplesOf(BLEND_MS);
  const voice = createRing(samplesOf(MOST_DEPTH_MS));
  const delays = createSpread();
  let receivedMs = 0;
  let dropped = 0;
  let filled = 0;
  let target = samplesOf(LEAST_TARGET_MS);

  /** Silent until the target has gathered. */
  let gathering = true;
  let hasBegun = false;
  /** What would have come next if nothing had been left out; empty: after silence. */
  let before: Int16Array | undefined;

  let window = { pulled: 0, lowest: Number.POSITIVE_INFINITY };
  /** Samples more (faster) or fewer (slower) a piece takes from the buffer. */
  let change = 0;

  function leaveOut(count: number): void {
    if (count <= 0) return;
    before ??= voice.peek(blend);
    voice.take(count);
    dropped += count;
    window = { pulled: 0, lowest: Number.POSITIVE_INFINITY };
    change = 0;
  }

  /** Waits for enough, and says whether it is there. */
  function gathered(): boolean {
    if (voice.depth() < target) return false;
    // What was said before anybody could hear it is not caught up with; after a gap the words matter more.
    leaveOut(voice.depth() - target - (hasBegun ? samplesOf(SURPLUS_MS) : 0));
    gathering = false;
    hasBegun = true;
    before = new Int16Array(0);
    return true;
  }

  function keepPace(count: number): void {
    window.pulled += count;
    window.lowest = Math.min(window.lowest, voice.depth());
    if (window.pulled < samplesOf(WINDOW_MS)) return;
    const { lowest } = window;
    window = { pulled: 0, lowest: Number.POSITIVE_INFINITY };
    const surplus = lowest - target;
    change = 0;
    if (surplus > samplesOf(SURPLUS_MS)) leaveOut(surplus);
    else if (surplus > samplesOf(HURRY_MS)) change = Math.ceil(count / HURRIED);
    else if (surplus > samplesOf(PIECE_MS)) change = Math.ceil(count / STEADY);
    else if (lowest < count + samplesOf(RESERVE_MS)) change = -Math.ceil(count / STEADY);
  }

  /** From what was left out into what is heard instead. */
  function blended(samples: Int16Array): Int16Array {
    if (!before) return samples;
    const length = Math.min(blend, samples.length);
    for (let index = 0; index < length; index++) {
      const share = index / length;
      samples[index] = Math.round((samples[index] ?? 0) * share + (before[index] ?? 0) * (1 - share));
    }
    before = undefined;
    return samples;
  }

  function silence(count: number): Int16Array {
    filled += count;
    return new Int16Array(count);
  }

  return {
    push(samples, atMs) {
      receivedMs += msOf(samples.length);
      delays.add(atMs, atMs - receivedMs);
      const wantedMs = delays.spreadMs(atMs) + msOf(samples.length) + PIECE_MS;
      target = samplesOf(Math.min(MOST_TARGET_MS, Math.max(LEAST_TARGET_MS, wantedMs)));
      // More than there is room for: its end is what is being said now.
      const kept = samples.subarray(Math.max(0, samples.length - voice.size));
      dropped += samples.length - kept.length;
      leaveOut(voice.depth() + kept.length - voice.size);
      voice.put(kept);
    },

    pull(count) {
      if (gathering && !gathered()) return silence(count);
      keepPace(count);
      if (voice.depth() < count) {
        // Plays the rest out softly; then it gathers again.
        gathering = true;
        const made = new Int16Array(count);
        const rest = blended(voice.take(voice.depth()));
        fadeOut(rest, blend);
        made.set(rest);
        filled += count - rest.length;
        return made;
      }
      return blended(resampled(voice.take(Math.min(voice.depth(), count + change)), count));
    },

    figures: () => ({
      depthMs: msOf(voice.depth()),
      targetMs: msOf(target),
      droppedMs: msOf(dropped),
      filledMs: msOf(filled),
    }),
  };
}

/** As many samples as are wanted, by straight lines between neighbours. */
function resampled(samples: Int16Array, count: number): Int16Array {
  if (samples.length === count) return samples;
  const step = (samples.length - 1) / Math.max(1, count - 1);
  return Int16Array.from({ length: count }, (_, index) => {
    const place = index * step;
    const left = Math.floor(place);
    const first = samples[left] ?? 0;
    const second = samples[left + 1] ?? first;
    return Math.round(first + (second - first) * (place - left));
  });
}

function fadeOut(samples: Int16Array, over: number): void {
  const length = Math.min(over, samples.length);
  for (let index = 1; index <= length; index++) {
    const at = samples.length - index;
    samples[at] = Math.round(((samples[at] ?? 0) * (index - 1)) / length);
  }
}

function createRing(size: number) {
  const ring = new Int16Array(size);
  let head = 0;
  let depth = 0;
  function peek(count: number): Int16Array {
    const made = new Int16Array(Math.min(count, depth));
    const untilEnd = Math.min(made.length, size - head);
    made.set(ring.subarray(head, head + untilEnd));
    made.set(ring.subarray(0, made.length - untilEnd), untilEnd);
    return made;
  }
  return {
    size,
    depth: () => depth,
    peek,
    take(count: number): Int16Array {
      const made = peek(count);
      head = (head + made.length) % size;
      depth -= made.length;
      return made;
    },
    /** The caller has made room. */
    put(samples: Int16Array): void {
      const tail = (head + depth) % size;
      const untilEnd = Math.min(samples.length, size - tail);
      ring.set(samples.subarray(0, untilEnd), tail);
      ring.set(samples.subarray(untilEnd), 0);
      depth += samples.length;
    },
  };
}

/** How far apart the delays of the last two seconds lie, in a bounded number of slots. */
function createSpread() {
  const slotMs = MEMORY_MS / 8;
  let slots: { readonly slot: number; least: number; most: number }[] = [];
  const recent = (atMs: number) => {
    const now = Math.floor(atMs / slotMs);
    slots = slots.filter(({ slot }) => slot > now - 8 && slot <= now);
    return now;
  };
  return {
    add(atMs: number, delayMs: number): void {
      const now = recent(atMs);
      const slot = slots.find((one) => one.slot === now);
      if (!slot) slots.push({ slot: now, least: delayMs, most: delayMs });
      else {
        slot.least = Math.min(slot.least, delayMs);
        slot.most = Math.max(slot.most, delayMs);
      }
    },
    spreadMs(atMs: number): number {
      recent(atMs);
      const least = Math.min(...slots.map((slot) => slot.least));
      const most = Math.max(...slots.map((slot) => slot.most));
      return slots.length === 0 ? 0 : most - least;
    },
  };
}

import type { Clock } from "../core/time.ts";
import type { FragmentHub, StreamReader } from "./fragment-hub.ts";
import type { Fragment, InitSegment } from "./fragmented-mp4.ts";

export interface PreRollLimits {
  /** How much of the past is kept, 0 to 60. */
  readonly seconds: number;
  /** Beyond this the oldest whole groups of pictures go first. */
  readonly maxBytes: number;
}

interface Group {
  readonly sinceMs: number;
  readonly fragments: Fragment[];
  sizeBytes: number;
}

/** The last seconds of a stream in memory, from a key frame on; also of a stream that has just ended. */
export class PreRoll {
  readonly #clock: Clock;
  readonly #limits: PreRollLimits;
  readonly #readers = new Set<StreamReader>();
  #groups: Group[] = [];
  #sizeBytes = 0;
  #init: InitSegment | undefined;
  #isLive = false;
  #newestMs = 0;
  /** A group that alone is above the limit helps nobody: the next key frame begins anew. */
  #isSkipping = false;

  constructor(clock: Clock, limits: PreRollLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Monotonic time at which the newest picture came. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /** Follows a stream. @returns how to stop. */
  follow(hub: FragmentHub): () => void {
    return hub.attach({
      onInit: (init) => this.#begin(init),
      onFragment: (fragment) => this.#push(fragment),
      onEnd: () => this.#end(),
      onWithdrawn: () => this.#clear(),
      isHurried: () => false,
    });
  }

  /** Gives a reader what is left of the last `seconds`, then everything that comes. @returns how to stop. */
  attach(seconds: number, reader: StreamReader): () => void {
    const nowMs = this.#clock.now().monotonicMs;
    const sinceMs = nowMs - seconds * 1000;
    const isInTime = (_group: Group, index: number): boolean =>
      (this.#groups[index + 1]?.sinceMs ?? this.#newestMs + 1) > sinceMs;
    if (this.#init) reader.onInit(this.#init);
    for (const group of this.#groups.filter(isInTime)) {
      for (const fragment of group.fragments) reader.onFragment(fragment);
    }
    if (this.#init && !this.#isLive) reader.onEnd();
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  #begin(init: InitSegment): void {
    this.#init = init;
    this.#isLive = true;
    this.#clear();
    this.#isSkipping = false;
    for (const reader of [...this.#readers]) reader.onInit(init);
  }

  #push(fragment: Fragment): void {
    this.#newestMs = this.#clock.now().monotonicMs;
    if (fragment.keyFrame) {
      this.#isSkipping = false;
      this.#groups.push({ sinceMs: this.#newestMs, fragments: [], sizeBytes: 0 });
    }
    const group = this.#groups.at(-1);
    if (group && !this.#isSkipping) {
      group.fragments.push(fragment);
      group.sizeBytes += fragment.bytes.length;
      this.#sizeBytes += fragment.bytes.length;
      this.#trim();
    }
    for (const reader of [...this.#readers]) reader.onFragment(fragment);
  }

  #end(): void {
    this.#isLive = false;
    for (const reader of [...this.#readers]) reader.onEnd();
  }

  #trim(): void {
    const sinceMs = this.#newestMs - this.#limits.seconds * 1000;
    while ((this.#groups[1]?.sinceMs ?? Number.POSITIVE_INFINITY) <= sinceMs) this.#dropOldest();
    while (this.#groups.length > 1 && this.#sizeBytes > this.#limits.maxBytes) this.#dropOldest();
    if (this.#sizeBytes > this.#limits.maxBytes) {
      this.#clear();
      this.#isSkipping = true;
    }
  }

  #dropOldest(): void {
    this.#sizeBytes -= this.#groups.shift()?.sizeBytes ?? 0;
  }

  #clear(): void {
    this.#groups = [];
    this.#sizeBytes = 0;
  }
}

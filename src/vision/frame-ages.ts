/** Half of the time for which the oldest is remembered. */
const HALF_MS = 30_000;

/** How old frames were when they had been judged. */
export class FrameAges {
  #count = 0;
  #sumMs = 0;
  #oldestMs = 0;
  #oldestBeforeMs = 0;
  #halfSinceMs: number;

  constructor(nowMs: number) {
    this.#halfSinceMs = nowMs;
  }

  add(ageMs: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#count++;
    this.#sumMs += ageMs;
    this.#oldestMs = Math.max(this.#oldestMs, ageMs);
  }

  get count(): number {
    return this.#count;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  /** The oldest of the last 30 to 60 s; 0 when there was none. */
  oldestMs(nowMs: number): number {
    this.#turn(nowMs);
    return Math.max(this.#oldestMs, this.#oldestBeforeMs);
  }

  #turn(nowMs: number): void {
    const halves = Math.floor((nowMs - this.#halfSinceMs) / HALF_MS);
    if (halves < 1) return;
    this.#oldestBeforeMs = halves === 1 ? this.#oldestMs : 0;
    this.#oldestMs = 0;
    this.#halfSinceMs += halves * HALF_MS;
  }
}

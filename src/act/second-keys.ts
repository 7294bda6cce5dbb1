import { createSignal, type Signal } from "../core/signals.ts";
import type { Condition } from "../core/site.ts";
import type { Clock } from "../core/time.ts";

/**
 * The two-key rule: what wakes a whole village by itself needs two observations of different devices close together. One camera with a
 * moth before it, or one probe with mud on it, is one key, whatever number of rules it breaks.
 */
export interface SecondKeys {
  /** A rule acted on what this device observed. */
  turn(device: string): void;
  /** Different devices on which rules acted lately. */
  count(): number;
  readonly turned: Signal<void>;
  /** How long a key counts. */
  readonly windowMs: number;
}

export function createSecondKeys(clock: Clock, windowMs: number): SecondKeys {
  const turned = createSignal<void>();
  const lastMs = new Map<string, number>();
  return {
    windowMs,
    turned,
    turn(device) {
      lastMs.set(device, clock.now().monotonicMs);
      turned.emit();
    },
    count() {
      const sinceMs = clock.now().monotonicMs - windowMs;
      return [...lastMs.values()].filter((atMs) => atMs >= sinceMs).length;
    },
  };
}

/** The device whose observations a condition goes by. */
export function deviceOf(when: Condition): string {
  if (when.kind === "level") return `sensor ${when.sensor}`;
  return when.kind === "contact" ? `input ${when.input}` : `camera ${when.camera}`;
}

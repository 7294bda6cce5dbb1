import type { Clock, Moment } from "./time.ts";

/**
 * Where the right time is known from: set from the network by the system, kept by a battery clock, or told to a box whose own
 * clock is wrong, by the township with its answers, by a satellite receiver or by a camera. In order of trust.
 */
export const TIME_SOURCES = ["network", "battery", "township", "gps", "camera"] as const;
export type TimeSource = (typeof TIME_SOURCES)[number];

/** Those that tell the gateway; the others set the machine's clock. */
export type TellingSource = Extract<TimeSource, "township" | "gps" | "camera">;

/** What the machine knows about its own clock. */
export interface MachineTime {
  /** What made the machine's clock right; undefined while nothing did. */
  source(): Exclude<TimeSource, TellingSource> | undefined;
}

export interface VillageTime {
  /** The machine's clock; where that is wrong and somebody told the right time, that time. Monotonic time is the machine's always. */
  readonly clock: Clock;
  current(): "synced" | "unsynced";
  source(): TimeSource | undefined;
  /**
   * Somebody says that it was `wallMs` at `at`. Counts while the machine's own clock is not known to be right, in the
   * order of trust; what cannot be is left out, a satellite receiver's date of 19.6 years ago (1024 weeks) among it.
   */
  tell(source: TellingSource, wallMs: number, at: Moment): void;
}

/** No clock shows an earlier time honestly: this program did not exist (2026-01-01T00:00:00Z). */
const EARLIEST_MS = 1_767_225_600_000;
const LATEST_MS = EARLIEST_MS + 100 * 31_556_952_000;
/** What is told comes in whole seconds, and late by its way: smaller differences are none. */
const TOLERANCE_MS = 2500;

export function createVillageTime(machine: Clock, known: MachineTime): VillageTime {
  let told: { readonly source: TellingSource; readonly beganMs: number } | undefined;

  function source(): TimeSource | undefined {
    return known.source() ?? told?.source;
  }

  return {
    clock: {
      ...machine,
      now() {
        const now = machine.now();
        if (!told || known.source() !== undefined) return now;
        return { ...now, wallMs: told.beganMs + now.monotonicMs };
      },
    },
    source,
    current: () => (source() === undefined ? "unsynced" : "synced"),
    tell(teller, wallMs, { monotonicMs }) {
      if (!(wallMs > EARLIEST_MS && wallMs < LATEST_MS)) return;
      if (told && TIME_SOURCES.indexOf(teller) > TIME_SOURCES.indexOf(told.source)) return;
      const beganMs = wallMs - monotonicMs;
      const isSame = told && Math.abs(told.beganMs - beganMs) <= TOLERANCE_MS;
      // Of cameras that do not agree the first is believed: each would move the clock to and fro.
      if (isSame && told?.source === teller) return;
      if (told?.source === "camera" && teller === "camera") return;
      told = { source: teller, beganMs: isSame && told ? told.beganMs : beganMs };
    },
  };
}

import type { Sound } from "./devices.ts";

// Proof of sound: whether what was sent to an amplifier was heard. A relay that clicked proves nothing.

export const HEARD = ["heard", "not-heard", "unknown"] as const;
export type Heard = (typeof HEARD)[number];

/** `device`: the amplifier or voice module itself, of what it does and not of what its horn does. */
export const WITNESSES = ["microphone", "current", "device"] as const;
export type WitnessKind = (typeof WITNESSES)[number];

/** Sound as hearing keeps it: one level for each 20 ms, nothing that could be listened to. */
export const LEVELS_PER_SECOND = 50;

/** What a witness says of one broadcast. */
export interface Proof {
  readonly heard: Heard;
  /** Stable code why it is not heard or not known. */
  readonly reason?: string | undefined;
  /** Absent where nothing could tell. */
  readonly by?: WitnessKind | undefined;
  /** How alike sent and heard were, -1 to 1; of microphones. */
  readonly likeness?: number | undefined;
  /** How much later it was heard than sent; of microphones. */
  readonly delayMs?: number | undefined;
}

/** Levels of a microphone as they come in. */
export interface MicrophoneListener {
  /** @param clipped share of the samples that were cut off at the end of the scale, 0 to 1. */
  onLevels(levels: Float32Array, clipped: number): void;
  /** Nothing more comes, for the reason of this code: `microphone.*`. Once; not after `close`. */
  onEnd(reason: string): void;
}

export interface Microphone {
  /** Begins to capture. Never throws: what cannot be opened has ended. */
  open(listener: MicrophoneListener): { close(): Promise<void> };
}

/** Turns sound into levels as it comes; keeps nothing of it. */
export interface SoundMeter {
  /** The levels that are complete by now, and the share of `samples` that were cut off at the end of the scale, 0 to 1. */
  push(samples: Int16Array): { readonly levels: Float32Array; readonly clipped: number };
}

/** Tells the levels of a sound that is sent. */
export interface SoundLevels {
  /** Of what is sent as it comes. @param rateHz 8000 to 48,000. */
  meter(rateHz: number): SoundMeter;
  /**
   * @param mostSeconds what comes later is left out.
   * @throws GatewayError `hearing.unreadable` (permanent).
   */
  levelsOf(sound: Sound, mostSeconds: number): Promise<Float32Array>;
}

/** A speaker that was switched on and not heard. */
export interface SilentSpeaker {
  readonly speaker: string;
  readonly sinceMs: number;
}

/** What is known of speakers from earlier runs. */
export interface HearingBook {
  silent(): Promise<readonly SilentSpeaker[]>;
}

/** A proof as the ledger keeps it. */
export function proofData(proof: Proof | undefined): Record<string, string | number> {
  const { heard = "unknown", reason, by, likeness, delayMs } = proof ?? {};
  return {
    heard,
    ...(by !== undefined && { heardBy: by }),
    ...(reason !== undefined && { heardReason: reason }),
    ...(likeness !== undefined && { likeness }),
    ...(delayMs !== undefined && { delayMs }),
  };
}

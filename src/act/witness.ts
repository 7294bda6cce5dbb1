import type { Sound } from "../core/devices.ts";
import type { Proof, SoundMeter, WitnessKind } from "../core/hearing.ts";

/** Compared of one broadcast; the rest of a long one is taken on trust. */
export const MOST_COMPARED_SECONDS = 60;

/** One repetition as it was sent; times are monotonic. */
export interface Take {
  /** Absent where only the device knows what it plays, and where a voice came in meanwhile. */
  readonly sound?: Sound | undefined;
  /** Of a voice that came in meanwhile: the levels of what was sent, from `startMs` on. */
  readonly levels?: Float32Array | undefined;
  readonly startMs: number;
  readonly endMs: number;
}

/** What it noticed from when it was begun. */
export interface Listening {
  /** Never rejects. */
  judge(takes: readonly Take[]): Promise<Proof>;
  /** Nothing more comes of it, for its length or because its device has gone. */
  readonly isSpent: boolean;
  /** Lets the device go. May be called twice; never rejects. */
  close(): Promise<void>;
}

/** Something near a speaker that can tell whether it sounds. */
export interface Witness {
  readonly kind: WitnessKind;
  /** Where it compares what was sent: makes levels of a voice as it is sent. */
  readonly meter?: ((rateHz: number) => SoundMeter) | undefined;
  /** Never throws. */
  listen(): Listening;
}

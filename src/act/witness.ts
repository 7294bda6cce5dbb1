import type { Sound } from "../core/devices.ts";
import type { Proof, WitnessKind } from "../core/hearing.ts";

/** One repetition as it was sent; times are monotonic. */
export interface Take {
  /** Absent where only the device knows what it plays. */
  readonly sound?: Sound | undefined;
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
  /** Never throws. */
  listen(): Listening;
}

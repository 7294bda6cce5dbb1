import type { BroadcastOrder, BroadcastResult, BroadcastSource } from "./broadcast.ts";

// Somebody's voice on its way to the horns: the panel takes it in, `act/` orders the broadcast and lets the speakers hear it.

/** What a talker may send, in Hz; each gives whole samples in 20 ms. */
export const VOICE_RATES_HZ = [8000, 16_000, 24_000, 32_000, 44_100, 48_000] as const;
export type VoiceRateHz = (typeof VOICE_RATES_HZ)[number];

/** The longest piece of voice taken at once; capturing sends 20 ms. */
export const LONGEST_PIECE_MS = 200;

export interface TalkRequest {
  /** What is ordered, but for what it says; its speakers may be groups. */
  readonly order: Omit<BroadcastOrder, "content" | "repeat" | "whenPreempted">;
  readonly rateHz: VoiceRateHz;
}

/** `waiting`: something else sounds; `settling`: the amplifier comes on; `open`: every word is heard now. */
export type TalkPhase = "waiting" | "settling" | "open" | "ended";

/** How it stands on one speaker. */
export interface TalkOnSpeaker {
  readonly speaker: string;
  readonly phase: TalkPhase;
  /** Who speaks there: whom it waits for, or by whom it was cut off. */
  readonly by?: BroadcastSource | undefined;
  /** Once ended. */
  readonly result?: BroadcastResult | undefined;
  /** Stable code of a refusal or failure. */
  readonly reason?: string | undefined;
}

/** Whoever speaks; nothing here may wait. */
export interface Talker {
  /** Told after each change, with all speakers. */
  onChange(speakers: readonly TalkOnSpeaker[]): void;
  /**
   * Over, once, for the reason of this code: `live.done`, or why: `live.preempted`, `live.stopped`, `live.stalled`,
   * `live.too_long`, `live.too_fast`, or the code of the speakers' refusal.
   */
  onEnd(code: string): void;
}

export interface Talk {
  /** The next samples of the voice, signed 16 bit, at most `LONGEST_PIECE_MS`. */
  hear(samples: Int16Array): void;
  /** Nothing more comes; what is on its way is still heard. */
  end(code: string): void;
}

export interface TalkDesk {
  /**
   * Orders a broadcast of a voice that begins to come in now.
   * @throws GatewayError `live.full` (transient), `broadcast.*` with the refusal.
   */
  begin(request: TalkRequest, talker: Talker): Promise<Talk>;
  /** Talks that go on. */
  count(): number;
}

/** A voice as a player takes it. */
export interface LiveSound {
  readonly rateHz: VoiceRateHz;
  /** The next `count` samples: always that many, silence where there is no voice. */
  pull(count: number): Int16Array;
  /** Nothing more is to be heard. */
  isOver(): boolean;
}

/** Plays voices on one output, as they come in. */
export interface LivePlayer {
  /** Gets ready what takes time and touches no output: something else may sound there. Never throws. */
  prepare(rateHz: VoiceRateHz): PreparedPlayer;
}

export interface PreparedPlayer {
  /**
   * Once. Resolves when the voice is over; aborting `signal` silences it at once and resolves too.
   * @param onSound called once, when the first sample leaves for the amplifier: every word is heard from then on.
   * @throws GatewayError `audio.*` (transient).
   */
  play(
    sound: LiveSound,
    options: { volume: number; signal: AbortSignal; onSound: () => void },
  ): Promise<void>;
  /** For one that is not played; does nothing to one that is. Never throws. */
  close(): Promise<void>;
}

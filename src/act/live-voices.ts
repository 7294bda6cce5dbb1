import type { BroadcastContent } from "../core/broadcast.ts";
import { GatewayError } from "../core/errors.ts";
import type { LivePlayer, PreparedPlayer, VoiceRateHz } from "../core/live-voice.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Clock } from "../core/time.ts";
import { createJitterBuffer, type JitterFigures, MOST_DEPTH_MS } from "./jitter-buffer.ts";
import type { SayOptions, Voice } from "./voice.ts";

/** A voice that comes in now. */
export interface LiveSession {
  hear(samples: Int16Array): void;
  /** Nothing more comes; speakers still play out what they have, at most 400 ms. */
  end(): void;
  /** A speaker on which every word is heard from now on. */
  readonly opened: Signal<string>;
  /** What the buffer of a speaker has seen, when it has ended there. */
  readonly played: Signal<JitterFigures & { readonly speaker: string }>;
}

/** Voices that come in now, by session: where the speakers' voices find them. */
export interface LiveVoices {
  /** @throws GatewayError `live.session_taken` (bug). */
  open(session: string, rateHz: VoiceRateHz): LiveSession;
  /**
   * Gets a player ready while the amplifier comes on; it is let go when the session ends before it is played.
   * @throws GatewayError `live.over` (permanent).
   */
  prepare(session: string, speaker: string, player: LivePlayer): (options: SayOptions) => Promise<void>;
}

interface Incoming extends LiveSession {
  readonly rateHz: VoiceRateHz;
  readonly pieces: Signal<Int16Array>;
  readonly ended: Signal<void>;
  endedMs: number | undefined;
}

/**
 * Each speaker hears through a buffer of its own, from the moment it can be heard: what was said before is not kept for
 * it, or everything after would be late by as much.
 */
export function createLiveVoices({ clock }: { readonly clock: Clock }): LiveVoices {
  const sessions = new Map<string, Incoming>();
  const nowMs = (): number => clock.now().monotonicMs;

  async function say(
    incoming: Incoming,
    speaker: string,
    player: PreparedPlayer,
    options: SayOptions,
  ): Promise<void> {
    // Hung up before the amplifier was ready: there is nothing to say any more.
    if (incoming.endedMs !== undefined || options.signal.aborted) {
      await player.close();
      return;
    }
    const buffer = createJitterBuffer(incoming.rateHz);
    const stop = incoming.pieces.on((samples) => buffer.push(samples, nowMs()));
    const isOver = (): boolean => {
      if (incoming.endedMs === undefined) return false;
      return buffer.figures().depthMs < 1 || nowMs() - incoming.endedMs > MOST_DEPTH_MS;
    };
    const { onSent } = options;
    const pull = (count: number): Int16Array => {
      const samples = buffer.pull(count);
      onSent?.(samples, incoming.rateHz);
      return samples;
    };
    try {
      await player.play(
        { rateHz: incoming.rateHz, pull, isOver },
        {
          ...options,
          onSound: () => {
            options.onSound();
            incoming.opened.emit(speaker);
          },
        },
      );
    } finally {
      stop();
      incoming.played.emit({ speaker, ...buffer.figures() });
    }
  }

  return {
    prepare(session, speaker, player) {
      const incoming = sessions.get(session);
      if (!incoming) {
        throw new GatewayError("nobody speaks in this session", { code: "live.over", kind: "permanent" });
      }
      const prepared = player.prepare(incoming.rateHz);
      incoming.ended.on(() => void prepared.close());
      return (options) => say(incoming, speaker, prepared, options);
    },

    open(session, rateHz) {
      if (sessions.has(session)) {
        throw new GatewayError("this session is open already", { code: "live.session_taken", kind: "bug" });
      }
      const pieces = createSignal<Int16Array>();
      const incoming: Incoming = {
        rateHz,
        pieces,
        opened: createSignal(),
        played: createSignal(),
        ended: createSignal(),
        endedMs: undefined,
        hear(samples) {
          if (incoming.endedMs === undefined) pieces.emit(samples);
        },
        end() {
          if (incoming.endedMs !== undefined) return;
          incoming.endedMs = nowMs();
          sessions.delete(session);
          incoming.ended.emit();
        },
      };
      sessions.set(session, incoming);
      return incoming;
    },
  };
}

/** A speaker that can also be spoken through as the words come. */
export function withLiveVoice(voice: Voice, speaker: string, voices: LiveVoices, player: LivePlayer): Voice {
  return {
    async prepare(content: BroadcastContent) {
      if (content.kind !== "live") return voice.prepare(content);
      return voices.prepare(content.session, speaker, player);
    },
  };
}

import type { BroadcastContent } from "../core/broadcast.ts";
import { GatewayError } from "../core/errors.ts";
import type { LivePlayer, VoiceRateHz } from "../core/live-voice.ts";
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
  say(session: string, speaker: string, player: LivePlayer, options: SayOptions): Promise<void>;
  has(session: string): boolean;
}

interface Incoming extends LiveSession {
  readonly rateHz: VoiceRateHz;
  readonly pieces: Signal<Int16Array>;
  endedMs: number | undefined;
}

/**
 * Each speaker hears through a buffer of its own, from the moment it can be heard: what was said before is not kept for
 * it, or everything after would be late by as much.
 */
export function createLiveVoices({ clock }: { readonly clock: Clock }): LiveVoices {
  const sessions = new Map<string, Incoming>();
  const nowMs = (): number => clock.now().monotonicMs;

  return {
    has: (session) => sessions.has(session),

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
        endedMs: undefined,
        hear(samples) {
          if (incoming.endedMs === undefined) pieces.emit(samples);
        },
        end() {
          incoming.endedMs ??= nowMs();
          sessions.delete(session);
        },
      };
      sessions.set(session, incoming);
      return incoming;
    },

    async say(session, speaker, player, options) {
      const incoming = sessions.get(session);
      // Hung up before the amplifier was ready: there is nothing to say any more.
      if (!incoming || options.signal.aborted) return;
      const buffer = createJitterBuffer(incoming.rateHz);
      const stop = incoming.pieces.on((samples) => buffer.push(samples, nowMs()));
      const isOver = (): boolean => {
        if (incoming.endedMs === undefined) return false;
        return buffer.figures().depthMs < 1 || nowMs() - incoming.endedMs > MOST_DEPTH_MS;
      };
      try {
        await player.play(
          { rateHz: incoming.rateHz, pull: buffer.pull, isOver },
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
    },
  };
}

/** A speaker that can also be spoken through as the words come. */
export function withLiveVoice(voice: Voice, speaker: string, voices: LiveVoices, player: LivePlayer): Voice {
  return {
    async prepare(content: BroadcastContent) {
      if (content.kind !== "live") return voice.prepare(content);
      const { session } = content;
      if (!voices.has(session)) {
        throw new GatewayError("nobody speaks in this session", { code: "live.over", kind: "permanent" });
      }
      return (options) => voices.say(session, speaker, player, options);
    },
  };
}

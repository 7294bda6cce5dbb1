// act/: speakers and alarms: what the rules and people want done, with the interlocks that protect people and
// hardware. It may import core/ only; players, relays and the ledger come in through core ports.
import type { BroadcastContent } from "../core/broadcast.ts";
import type { Player, Sound, Speech, SpeechModule, VoiceModule } from "../core/devices.ts";
import { GatewayError } from "../core/errors.ts";

export interface SayOptions {
  /** 0 to 100. */
  readonly volume: number;
  /** Aborting silences at once; saying then resolves. */
  readonly signal: AbortSignal;
  /** Called once, when the first sample leaves for the amplifier. */
  readonly onSound: () => void;
  /** Given what is sent from then on, where that is not known before. */
  readonly onSent?: ((samples: Int16Array, rateHz: number) => void) | undefined;
}

/** Says what was ordered, once or several times. */
export interface Saying {
  (options: SayOptions): Promise<void>;
  /** Absent where only the device knows how it sounds. */
  readonly sound?: Sound | undefined;
}

/** One way of turning what was ordered into sound on one speaker. */
export interface Voice {
  /**
   * Makes ready what takes time, before the relay is switched on.
   * @returns how to say it, once or several times.
   * @throws GatewayError `speech.*`, `voice.*`, `clips.gone`, `speaker.no_track`, `speaker.cannot` (permanent for this content).
   */
  prepare(content: BroadcastContent): Promise<Saying>;
}

/**
 * Text to speech or a recording, then a player.
 * @param clipSound a recording of the clip shelf by its SHA-256.
 */
export function createSpokenVoice(
  speech: Speech,
  player: Player,
  clipSound: (sha256: string) => Promise<Sound>,
): Voice {
  return {
    async prepare(content) {
      if (content.kind === "live") throw cannot();
      const sound =
        content.kind === "clip" ? await clipSound(content.sha256) : await speech.render(content.text);
      return Object.assign((options: SayOptions) => player.play(sound, options), { sound });
    },
  };
}

/** A module that holds recordings of fixed phrases. */
export function createRecordedVoice(module: VoiceModule, tracks: Readonly<Record<string, number>>): Voice {
  return {
    async prepare(content) {
      if (content.kind !== "text") throw cannot();
      const track = Object.hasOwn(tracks, content.text) ? tracks[content.text] : undefined;
      if (track === undefined) {
        throw new GatewayError("the voice module of this speaker has no recording of these words", {
          code: "speaker.no_track",
          kind: "permanent",
        });
      }
      return async ({ volume, signal, onSound }) => {
        if (signal.aborted) return;
        await module.setVolume(volume);
        // The module starts within a few milliseconds of the order and says nothing about it.
        onSound();
        await module.play(track, signal);
      };
    },
  };
}

/** A module that reads words aloud. */
export function createReadingVoice(module: SpeechModule): Voice {
  return {
    async prepare(content) {
      if (content.kind !== "text") throw cannot();
      return module.prepare(content.text);
    },
  };
}

/** What can never be said says by whom: orders are for many speakers, and a person has to know which one to leave out. */
export function ofSpeaker(voice: Voice, speaker: string): Voice {
  return {
    async prepare(content) {
      try {
        return await voice.prepare(content);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        const { message, code, kind } = error;
        throw new GatewayError(message, { code, kind, device: speaker, cause: error });
      }
    },
  };
}

function cannot(): GatewayError {
  return new GatewayError("this speaker cannot play that", { code: "speaker.cannot", kind: "permanent" });
}

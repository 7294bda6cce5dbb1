import type { SpeechModule } from "../../core/devices.ts";
import type { Logger } from "../../core/log.ts";
import type { SpeechModuleProfile } from "../../core/profiles.ts";
import { createSignal } from "../../core/signals.ts";
import type { Clock } from "../../core/time.ts";
import { createConversation } from "./conversation.ts";
import { expectMessage, whenAborted } from "./expect-message.ts";
import { createLateStop } from "./late-stop.ts";
import { moduleFault } from "./module-fault.ts";
import type { SerialLink } from "./serial-link.ts";
import {
  createSpeechReader,
  encodeSpeech,
  type SpeechAnswer,
  type SpeechOrder,
  speechPieces,
} from "./speech-codec.ts";

/** Ten minutes of speech; what is longer is no announcement. */
const LONGEST_TEXT = 2_000;
/** Characters named in a refusal. */
const NAMED = 5;

/**
 * A SYN6288 or XFS5152CE. What it says of itself is one byte and easily a piece of noise: an end is believed once a
 * question confirms it. Saying throws `serial.port_lost`, `serial.timeout`, `voice.refused`, `voice.no_end` (transient).
 */
export function createSpeechModule(
  dependencies: { readonly link: SerialLink; readonly clock: Clock; readonly log: Logger },
  profile: SpeechModuleProfile,
): SpeechModule {
  const { link, clock } = dependencies;
  const log = dependencies.log.child({ bus: link.bus, device: profile.id });
  const answers = createSignal<SpeechAnswer>();
  const reader = createSpeechReader();

  const fault = (code: string, message: string) => moduleFault(profile, link, code, message);

  const stopListening = link.onBytes((bytes) => {
    for (const answer of reader.read(bytes)) answers.emit(answer);
  });
  const conversation = createConversation({ link, clock, messages: answers, onSend: reader.sent }, profile);
  const lateStop = createLateStop({ link, log }, () => stop());

  /** Sends `frame` until one of the answers `wanted` comes. */
  function exchange<A extends SpeechAnswer>(
    frame: Buffer,
    wanted: readonly A[],
    onAnswer: () => void = () => {},
  ): Promise<A> {
    return conversation.ask(frame, (heard) => {
      const found = wanted.find((one) => one === heard);
      if (found) onAnswer();
      return found ?? (heard === "refused" ? refusal() : undefined);
    });
  }

  const refusal = () => fault("voice.refused", "the module does not take the order");
  const order = (what: SpeechOrder): Buffer => encodeSpeech(profile, what);
  const asksWhetherBusy = async (): Promise<boolean> =>
    (await exchange(order("status"), ["busy", "idle"])) === "busy";
  const isBusy = (): Promise<boolean> => link.exclusive(asksWhetherBusy);

  /** Resolves once the module is known to be silent: words of an older order must not end a new one. */
  const stop = (): Promise<void> =>
    link.exclusive(() =>
      conversation.silence(() => exchange(order("stop"), ["accepted", "idle"]), asksWhetherBusy),
    );

  /** Says one piece to its end; false when `signal` aborted before. */
  async function sayPiece(frame: Buffer, signal: AbortSignal, onAccepted: () => void): Promise<boolean> {
    const startMs = clock.now().monotonicMs;
    const { aborted, release } = whenAborted(signal);
    try {
      await link.exclusive(() => exchange(frame, ["accepted"], onAccepted));
      while (!signal.aborted) {
        const hint = expectMessage<SpeechAnswer, "look">(
          { clock, messages: answers },
          profile.pollMs,
          () => "look",
          (heard) => (heard === "idle" ? "look" : undefined),
        );
        try {
          if ((await link.whileOpen(Promise.race([hint.outcome, aborted]))) === "aborted") return false;
        } finally {
          hint.cancel();
        }
        if (!(await isBusy())) return true;
        if (clock.now().monotonicMs - startMs > profile.maxSpeechSeconds * 1000) {
          await stop();
          throw fault("voice.no_end", `it did not end within ${profile.maxSpeechSeconds} s`);
        }
      }
      return false;
    } finally {
      release();
    }
  }

  return {
    prepare(text) {
      if (text.length > LONGEST_TEXT) {
        throw fault("voice.too_long", `at most ${LONGEST_TEXT} characters, not ${text.length}`);
      }
      const pieces = speechPieces(profile, text);
      if ("lacks" in pieces) {
        const some = pieces.lacks.slice(0, NAMED).map((character) => JSON.stringify(character));
        throw fault("voice.unspeakable", `it cannot read ${some.join(", ")}`);
      }
      if (pieces.length === 0) throw fault("voice.unspeakable", "there is nothing to say");
      return async ({ volume, signal, onSound }) => {
        let hasSounded = false;
        const sounded = (): void => {
          if (!hasSounded) onSound();
          hasSounded = true;
        };
        try {
          for (const piece of pieces) {
            if (signal.aborted || !(await sayPiece(piece(volume), signal, sounded))) {
              if (hasSounded) await stop();
              return;
            }
          }
          lateStop.silent();
        } catch (error) {
          lateStop.failed(error);
          throw error;
        }
      };
    },
    isSounding: isBusy,
    async stop() {
      await stop();
      lateStop.silent();
    },
    async close() {
      await lateStop.close();
      stopListening();
    },
  };
}

import type { SpeechModule } from "../../core/devices.ts";
import type { Logger } from "../../core/log.ts";
import type { SpeechModuleProfile } from "../../core/profiles.ts";
import { createSignal } from "../../core/signals.ts";
import type { Clock } from "../../core/time.ts";
import { type Expected, expectMessage, whenAborted } from "./expect-message.ts";
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

const ATTEMPTS = 3;
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
  const lateStop = createLateStop({ link, log }, () => stop());

  function expect<T>(
    timeoutMs: number,
    late: () => T,
    settle: (answer: SpeechAnswer) => T | undefined,
  ): Expected<T> {
    return expectMessage({ clock, messages: answers }, timeoutMs, late, settle);
  }

  /** Sends `frame` until one of the answers `wanted` comes. */
  async function exchange<A extends SpeechAnswer>(
    frame: Buffer,
    wanted: readonly A[],
    onAnswer: () => void = () => {},
  ): Promise<A> {
    let failure = fault("serial.timeout", "no answer; check its power, TX, RX and ground");
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const answer = expect<A | "refused" | "silent">(
        profile.acknowledgeMs,
        () => "silent",
        (heard) => {
          const found = wanted.find((one) => one === heard);
          if (found) onAnswer();
          return found ?? (heard === "refused" ? "refused" : undefined);
        },
      );
      try {
        reader.sent(frame);
        await link.write(frame);
        const result = await link.whileOpen(answer.outcome);
        if (result === "refused") failure = fault("voice.refused", "the module does not take the order");
        else if (result !== "silent") return result as A;
      } finally {
        answer.cancel();
      }
    }
    throw failure;
  }

  const order = (what: SpeechOrder): Buffer => encodeSpeech(profile, what);

  const isBusy = (): Promise<boolean> =>
    link.exclusive(async () => (await exchange(order("status"), ["busy", "idle"])) === "busy");

  /** Resolves once the module is known to be silent: words of an older order must not end a new one. */
  function stop(): Promise<void> {
    return link.exclusive(async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        await exchange(order("stop"), ["accepted", "idle"]);
        if ((await exchange(order("status"), ["busy", "idle"])) === "idle") return;
      }
      throw fault("voice.refused", "the module goes on speaking although it was told to stop");
    });
  }

  /** Says one piece to its end; false when `signal` aborted before. */
  async function sayPiece(frame: Buffer, signal: AbortSignal, onAccepted: () => void): Promise<boolean> {
    const startMs = clock.now().monotonicMs;
    const { aborted, release } = whenAborted(signal);
    try {
      await link.exclusive(() => exchange(frame, ["accepted"], onAccepted));
      while (!signal.aborted) {
        const hint = expect<"look">(
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
    async close() {
      await lateStop.close();
      stopListening();
    },
  };
}

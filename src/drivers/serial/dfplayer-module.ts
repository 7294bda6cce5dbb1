import type { VoiceModule } from "../../core/devices.ts";
import { errorCode, errorMessage, GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { VoiceModuleOrder, VoiceModuleProfile } from "../../core/profiles.ts";
import { createSignal } from "../../core/signals.ts";
import type { Clock } from "../../core/time.ts";
import {
  createDfplayerDecoder,
  DFPLAYER,
  type DfplayerMessage,
  dfplayerMessage,
  encodeDfplayer,
} from "./dfplayer-codec.ts";
import type { SerialLink } from "./serial-link.ts";

const ATTEMPTS = 3;
/** Many modules announce each end of a track twice, within some tens of milliseconds. */
const REPEATED_END_MS = 200;
/** Parameters of message 40: track out of range, track not found (Flyron FN-M16P datasheet). */
const NO_SUCH_TRACK: readonly number[] = [5, 6];
const ENDED: readonly number[] = [DFPLAYER.usbTrackEnded, DFPLAYER.cardTrackEnded, DFPLAYER.flashTrackEnded];

export interface DfplayerDependencies {
  readonly link: SerialLink;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * A DFPlayer mini or another YX5200 module.
 * Its methods throw `serial.port_lost`, `serial.timeout`, `voice.refused`, `voice.no_end` (transient) and
 * `voice.track_missing` (permanent).
 */
export function createDfplayerModule(
  dependencies: DfplayerDependencies,
  profile: VoiceModuleProfile,
): VoiceModule {
  const { link, clock } = dependencies;
  const log = dependencies.log.child({ bus: link.bus, device: profile.id });
  const messages = createSignal<DfplayerMessage>();
  let decode = createDfplayerDecoder();
  let lastEnd: { readonly parameter: number; readonly atMs: number } | undefined;
  /** A port went away while a track played: the module may still be speaking. */
  let mustStop = false;

  function isRepeatedEnd({ parameter }: DfplayerMessage): boolean {
    const atMs = clock.now().monotonicMs;
    const repeated = lastEnd?.parameter === parameter && atMs - lastEnd.atMs < REPEATED_END_MS;
    lastEnd = { parameter, atMs };
    return repeated;
  }

  const stopListening = [
    link.onBytes((bytes) => {
      for (const message of decode(bytes)) {
        if (ENDED.includes(message.command) && isRepeatedEnd(message)) continue;
        messages.emit(message);
      }
    }),
    link.onStateChange((state) => {
      if (state !== "open") return;
      decode = createDfplayerDecoder();
      if (!mustStop) return;
      mustStop = false;
      send({ stop: true }).catch((error) =>
        report(error, "voice module not stopped after its port came back"),
      );
    }),
  ];

  function report(error: unknown, message: string): void {
    log.warn({ code: errorCode(error), reason: errorMessage(error) }, message);
  }

  function fault(code: string, message: string): GatewayError {
    const kind = code === "voice.track_missing" ? "permanent" : "transient";
    return new GatewayError(`${profile.name} on bus ${link.bus}: ${message}`, {
      code,
      kind,
      device: link.bus,
    });
  }

  function refusal(parameter: number): GatewayError {
    return NO_SUCH_TRACK.includes(parameter)
      ? fault("voice.track_missing", "there is no such recording on its card")
      : fault("voice.refused", `the module answers error ${parameter}`);
  }

  /** Waits for the first message that `settle` takes: it returns how to settle, or undefined to go on waiting. */
  function expect<T>(
    timeoutMs: number,
    late: () => T,
    settle: (message: DfplayerMessage) => T | GatewayError | undefined,
  ): { readonly outcome: Promise<T>; readonly cancel: () => void } {
    let cancel = (): void => {};
    const outcome = new Promise<T>((resolve, reject) => {
      const timer = clock.after(timeoutMs, () => {
        cancel();
        resolve(late());
      });
      const stop = messages.on((message) => {
        const result = settle(message);
        if (result === undefined) return;
        cancel();
        if (result instanceof GatewayError) reject(result);
        else resolve(result);
      });
      cancel = () => {
        timer.cancel();
        stop();
      };
    });
    outcome.catch(() => {});
    return { outcome, cancel };
  }

  /** @param accepted called with the acknowledgement, before anything that follows it on the line. */
  function send(order: VoiceModuleOrder, accepted: () => void = () => {}): Promise<void> {
    const frame = encodeDfplayer(dfplayerMessage(order, profile.tracksBy), true);
    return link.exclusive(async () => {
      let failure = fault("serial.timeout", "no answer; check its power, TX, RX and ground");
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const answer = expect<"accepted" | "silent" | { readonly error: number }>(
          profile.acknowledgeMs,
          () => "silent",
          ({ command, parameter }) => {
            if (command === DFPLAYER.error) return { error: parameter };
            if (command !== DFPLAYER.acknowledged) return undefined;
            accepted();
            return "accepted";
          },
        );
        try {
          await link.write(frame);
          const result = await link.whileOpen(answer.outcome);
          if (result === "accepted") return;
          if (result !== "silent") failure = refusal(result.error);
        } finally {
          answer.cancel();
        }
      }
      throw failure;
    });
  }

  async function play(track: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (!Number.isInteger(track) || track < 1 || track > profile.maxTrack) {
      throw fault("voice.track_missing", `recordings are numbered 1 to ${profile.maxTrack}, not ${track}`);
    }
    let accepted = false;
    const end = expect<"ended" | "overdue">(
      profile.maxTrackSeconds * 1000 + ATTEMPTS * profile.acknowledgeMs,
      () => "overdue",
      ({ command, parameter }) => {
        if (!accepted) return undefined;
        if (command === DFPLAYER.error) return refusal(parameter);
        return ENDED.includes(command) ? "ended" : undefined;
      },
    );
    let onAbort = (): void => {};
    const aborted = new Promise<"aborted">((resolve) => {
      onAbort = () => resolve("aborted");
      signal.addEventListener("abort", onAbort, { once: true });
    });
    try {
      await send({ play: track }, () => {
        accepted = true;
      });
      const result = await link.whileOpen(Promise.race([end.outcome, aborted]));
      if (result === "ended") return;
      await send({ stop: true });
      if (result === "overdue") {
        throw fault("voice.no_end", `recording ${track} did not end within ${profile.maxTrackSeconds} s`);
      }
    } catch (error) {
      if (errorCode(error) === "serial.port_lost" || errorCode(error) === "serial.timeout") mustStop = true;
      throw error;
    } finally {
      end.cancel();
      signal.removeEventListener("abort", onAbort);
    }
  }

  return {
    setVolume: (percent) => send({ volumePercent: percent }),
    play,
    async stop() {
      await send({ stop: true });
      mustStop = false;
    },
    async close() {
      try {
        if (link.state === "open") await send({ stop: true });
      } catch (error) {
        report(error, "voice module not stopped at close");
      }
      for (const stop of stopListening) stop();
    },
  };
}

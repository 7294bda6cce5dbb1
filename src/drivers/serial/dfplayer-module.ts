import type { VoiceModule } from "../../core/devices.ts";
import type { GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { DfplayerProfile, VoiceModuleOrder } from "../../core/profiles.ts";
import { createSignal } from "../../core/signals.ts";
import type { Clock } from "../../core/time.ts";
import {
  createDfplayerDecoder,
  DFPLAYER,
  type DfplayerMessage,
  dfplayerMessage,
  encodeDfplayer,
} from "./dfplayer-codec.ts";
import { type Expected, expectMessage, whenAborted } from "./expect-message.ts";
import { createLateStop } from "./late-stop.ts";
import { moduleFault } from "./module-fault.ts";
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
  profile: DfplayerProfile,
): VoiceModule {
  const { link, clock } = dependencies;
  const log = dependencies.log.child({ bus: link.bus, device: profile.id });
  const messages = createSignal<DfplayerMessage>();
  let decode = createDfplayerDecoder();
  let lastEnd: { readonly parameter: number; readonly atMs: number } | undefined;
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
      if (state === "open") decode = createDfplayerDecoder();
    }),
  ];
  const lateStop = createLateStop({ link, log }, () => send({ stop: true }));

  function fault(code: string, message: string): GatewayError {
    return moduleFault(profile, link, code, message);
  }

  function refusal(parameter: number): GatewayError {
    return NO_SUCH_TRACK.includes(parameter)
      ? fault("voice.track_missing", "there is no such recording on its card")
      : fault("voice.refused", `the module answers error ${parameter}`);
  }

  function expect<T>(
    timeoutMs: number,
    late: () => T,
    settle: (message: DfplayerMessage) => T | GatewayError | undefined,
  ): Expected<T> {
    return expectMessage({ clock, messages }, timeoutMs, late, settle);
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
    const { aborted, release } = whenAborted(signal);
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
      lateStop.failed(error);
      throw error;
    } finally {
      end.cancel();
      release();
    }
  }

  return {
    setVolume: (percent) => send({ volumePercent: percent }),
    play,
    async stop() {
      await send({ stop: true });
      lateStop.silent();
    },
    async close() {
      await lateStop.close();
      for (const stop of stopListening) stop();
    },
  };
}

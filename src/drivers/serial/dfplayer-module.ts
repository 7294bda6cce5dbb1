import type { VoiceModule } from "../../core/devices.ts";
import type { GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { DfplayerProfile, VoiceModuleOrder } from "../../core/profiles.ts";
import { createSignal } from "../../core/signals.ts";
import type { Clock } from "../../core/time.ts";
import { createConversation } from "./conversation.ts";
import {
  createDfplayerDecoder,
  DFPLAYER,
  DFPLAYER_PLAYING,
  type DfplayerMessage,
  dfplayerFrame,
} from "./dfplayer-codec.ts";
import { expectMessage, whenAborted } from "./expect-message.ts";
import { createLateStop } from "./late-stop.ts";
import { moduleFault } from "./module-fault.ts";
import type { SerialLink } from "./serial-link.ts";

/** Until the order to play is taken, beyond the length of the recording. */
const ACCEPTED_WITHIN_MS = 2000;
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
  const conversation = createConversation({ link, clock, messages }, profile);
  const lateStop = createLateStop({ link, log }, () => send({ stop: true }));

  function fault(code: string, message: string): GatewayError {
    return moduleFault(profile, link, code, message);
  }

  function refusal(parameter: number): GatewayError {
    return NO_SUCH_TRACK.includes(parameter)
      ? fault("voice.track_missing", "there is no such recording on its card")
      : fault("voice.refused", `the module answers error ${parameter}`);
  }

  /** @param accepted called with the acknowledgement, before anything that follows it on the line. */
  function send(order: VoiceModuleOrder, accepted: () => void = () => {}): Promise<void> {
    const frame = dfplayerFrame(order, profile.tracksBy);
    return link.exclusive(async () => {
      await conversation.ask(frame, ({ command, parameter }) => {
        if (command === DFPLAYER.error) return refusal(parameter);
        if (command !== DFPLAYER.acknowledged) return undefined;
        accepted();
        return true;
      });
    });
  }

  async function play(track: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (!Number.isInteger(track) || track < 1 || track > profile.maxTrack) {
      throw fault("voice.track_missing", `recordings are numbered 1 to ${profile.maxTrack}, not ${track}`);
    }
    let accepted = false;
    const end = expectMessage<DfplayerMessage, "ended" | "overdue">(
      { clock, messages },
      profile.maxTrackSeconds * 1000 + ACCEPTED_WITHIN_MS,
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
    async isSounding() {
      if (!profile.tellsPlaying) return "unknown";
      const frame = dfplayerFrame({ status: true }, profile.tracksBy);
      return link.exclusive(() =>
        conversation.ask(frame, ({ command, parameter }) =>
          // The high byte names the device: the card, or a stick.
          command === DFPLAYER.status ? (parameter & 0xff) === DFPLAYER_PLAYING : undefined,
        ),
      );
    },
    async close() {
      await lateStop.close();
      for (const stop of stopListening) stop();
    },
  };
}

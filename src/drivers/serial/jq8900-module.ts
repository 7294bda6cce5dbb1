import type { VoiceModule } from "../../core/devices.ts";
import type { Logger } from "../../core/log.ts";
import type { Jq8900Profile, VoiceModuleOrder } from "../../core/profiles.ts";
import { createSignal } from "../../core/signals.ts";
import type { Clock } from "../../core/time.ts";
import { createConversation } from "./conversation.ts";
import { whenAborted } from "./expect-message.ts";
import {
  createJq8900Decoder,
  encodeJq8900,
  HOW_MANY,
  JQ8900,
  JQ8900_STATUS,
  type Jq8900Message,
  jq8900Message,
  PLAY_ONCE,
} from "./jq8900-codec.ts";
import { createLateStop } from "./late-stop.ts";
import { moduleFault } from "./module-fault.ts";
import type { SerialLink } from "./serial-link.ts";

/** From the order to play until the module says that it plays; it reads the directory of its card first. */
const BEGIN_MS = 1_500;
/** The shortest word there is: between two questions no further apart nothing can be said unseen. */
const WORD_MS = 250;

/**
 * A JQ8900 or DY module. It answers nothing but questions, so it is asked whether it plays.
 * Its methods throw `serial.port_lost`, `serial.timeout`, `voice.no_end` (transient) and `voice.track_missing` (permanent).
 */
export function createJq8900Module(
  dependencies: { readonly link: SerialLink; readonly clock: Clock; readonly log: Logger },
  profile: Jq8900Profile,
): VoiceModule {
  const { link, clock } = dependencies;
  const log = dependencies.log.child({ bus: link.bus, device: profile.id });
  const messages = createSignal<Jq8900Message>();
  let decode = createJq8900Decoder();

  const fault = (code: string, message: string) => moduleFault(profile, link, code, message);

  const stopListening = [
    link.onBytes((bytes) => {
      for (const message of decode(bytes)) messages.emit(message);
    }),
    link.onStateChange((state) => {
      if (state === "open") decode = createJq8900Decoder();
    }),
  ];
  const conversation = createConversation({ link, clock, messages }, profile);
  const lateStop = createLateStop({ link, log }, () => stop());

  const write = (message: Jq8900Message): Promise<void> => link.write(encodeJq8900(message));

  // Our own question comes back as well where RX and TX touch: it has no data.
  const ask = (): Promise<number> =>
    conversation.ask(encodeJq8900(jq8900Message({ status: true })), ({ command, data: [state] }) =>
      command === JQ8900.status ? state : undefined,
    );

  /** Recordings on its card; they are numbered without a gap. */
  const countTracks = (): Promise<number> =>
    link.exclusive(() =>
      conversation.ask(encodeJq8900(HOW_MANY), ({ command, data: [high, low] }) =>
        command === JQ8900.count && high !== undefined && low !== undefined ? high * 256 + low : undefined,
      ),
    );

  const asksWhetherPlaying = async (): Promise<boolean> => (await ask()) === JQ8900_STATUS.playing;
  const isPlaying = (): Promise<boolean> => link.exclusive(asksWhetherPlaying);

  /** Says nothing itself: the module has heard it once it says that it is silent. */
  const stop = (): Promise<void> =>
    link.exclusive(() =>
      conversation.silence(() => write(jq8900Message({ stop: true })), asksWhetherPlaying),
    );

  /** Sends an order and makes sure by a question that somebody is there to hear it. */
  function give(order: VoiceModuleOrder): Promise<void> {
    return link.exclusive(async () => {
      await ask();
      await write(jq8900Message(order));
    });
  }

  async function wait(ms: number, signal: AbortSignal): Promise<void> {
    await clock.sleep(ms, signal).catch(() => {});
  }

  async function follow(track: number, signal: AbortSignal): Promise<"ended" | "aborted"> {
    const startMs = clock.now().monotonicMs;
    let hasBegun = false;
    let askedMs = startMs;
    let unseenMs = 0;
    while (!signal.aborted) {
      await wait(profile.pollMs, signal);
      if (signal.aborted) break;
      const lastAskedMs = askedMs;
      askedMs = clock.now().monotonicMs;
      const playing = await isPlaying();
      const nowMs = clock.now().monotonicMs;
      const elapsedMs = nowMs - startMs;
      unseenMs = Math.max(unseenMs, nowMs - lastAskedMs);
      if (hasBegun && !playing) return "ended";
      hasBegun ||= playing;
      if (!hasBegun && elapsedMs > BEGIN_MS) {
        // A box that asks late misses a short one.
        if (unseenMs > WORD_MS && track <= (await countTracks())) return "ended";
        throw fault("voice.track_missing", `it does not begin recording ${track}; is it on its card?`);
      }
      if (elapsedMs > profile.maxTrackSeconds * 1000) {
        await stop();
        throw fault("voice.no_end", `recording ${track} did not end within ${profile.maxTrackSeconds} s`);
      }
    }
    return "aborted";
  }

  return {
    setVolume: (volumePercent) => give({ volumePercent }),
    async play(track, signal) {
      if (signal.aborted) return;
      if (!Number.isInteger(track) || track < 1 || track > profile.maxTrack) {
        throw fault("voice.track_missing", `recordings are numbered 1 to ${profile.maxTrack}, not ${track}`);
      }
      const { aborted, release } = whenAborted(signal);
      try {
        await link.exclusive(async () => {
          await write(PLAY_ONCE);
          await write(jq8900Message({ play: track }));
        });
        if ((await Promise.race([follow(track, signal), aborted])) === "aborted") await stop();
      } catch (error) {
        lateStop.failed(error);
        throw error;
      } finally {
        release();
      }
    },
    async stop() {
      await stop();
      lateStop.silent();
    },
    isSounding: isPlaying,
    async close() {
      await lateStop.close();
      for (const stopOne of stopListening) stopOne();
    },
  };
}

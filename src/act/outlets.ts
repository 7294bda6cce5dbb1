import type { Player, Relay, SerialDevices, Sound, SoundingProbe, Speech } from "../core/devices.ts";
import { errorCode } from "../core/errors.ts";
import type { LivePlayer } from "../core/live-voice.ts";
import type { Logger } from "../core/log.ts";
import type { PowerWiring } from "../core/output-wiring.ts";
import type { AudioWiring, Speaker } from "../core/site.ts";
import type { Clock } from "../core/time.ts";
import type { SpeakerOutlet } from "./broadcast-desk.ts";
import { createDeviceProbe } from "./device-probe.ts";
import { createGuardedRelay } from "./guarded-relay.ts";
import { type LiveVoices, withLiveVoice } from "./live-voices.ts";
import { createSpeakerChannel, type SpeakerChannel } from "./speaker-channel.ts";
import { type RelayDevices, takeRelay } from "./take-relay.ts";
import {
  createReadingVoice,
  createRecordedVoice,
  createSpokenVoice,
  ofSpeaker,
  type Voice,
} from "./voice.ts";

export interface OutletDependencies extends RelayDevices {
  readonly serial: SerialDevices;
  readonly speech: Speech;
  readonly playerFor: (audio: Exclude<AudioWiring, { kind: "module" }>) => Player;
  /** A recording of the clip shelf by its SHA-256. */
  readonly clipSound: (sha256: string) => Promise<Sound>;
  readonly livePlayerFor: (audio: Exclude<AudioWiring, { kind: "module" }>) => LivePlayer;
  readonly voices: LiveVoices;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Opens every speaker with its relay and its voice; relays are safe (off) when this resolves.
 * A device that is missing does not keep the others silent: its speaker refuses with the reason.
 */
export async function openOutlets(
  dependencies: OutletDependencies,
  speakers: readonly Speaker[],
): Promise<Map<string, SpeakerOutlet>> {
  // Every relay before the first voice: a module that takes its time must not leave the next amplifier on.
  const opened: { readonly channel: SpeakerChannel; readonly relay: Relay | undefined }[] = [];
  for (const speaker of speakers) {
    const relay = await speakerRelay(dependencies, speaker);
    opened.push({ channel: createSpeakerChannel(dependencies, speaker, relay), relay });
  }
  const outlets = new Map<string, SpeakerOutlet>();
  for (const { channel, relay } of opened) {
    const { voice, module } = await openVoice(dependencies, channel.speaker);
    const isSounding = relay?.isSounding;
    const probe = createDeviceProbe([...(isSounding ? [{ isSounding }] : []), ...(module ? [module] : [])]);
    const { id } = channel.speaker;
    outlets.set(id, { channel, voice: ofSpeaker(voice, id), probe });
  }
  return outlets;
}

async function speakerRelay(
  dependencies: OutletDependencies,
  { id, power, maxOnSeconds }: Speaker,
): Promise<Relay | undefined> {
  return power && (await openRelay(dependencies, power, { maxOnSeconds, owner: { speaker: id } }));
}

/** Opens a relay, which switches it off; one that is missing refuses each order with the reason. */
export async function openRelay(
  dependencies: RelayDevices & { readonly clock: Clock; readonly log: Logger },
  wiring: PowerWiring,
  {
    maxOnSeconds,
    owner,
  }: { readonly maxOnSeconds: number; readonly owner: Readonly<Record<string, string>> },
): Promise<Relay> {
  const { clock } = dependencies;
  const log = dependencies.log.child(owner);
  try {
    return createGuardedRelay({ clock, log }, await takeRelay(dependencies, wiring), maxOnSeconds * 1000);
  } catch (error) {
    log.error({ code: errorCode(error), error: String(error) }, "a relay could not be opened");
    return missingRelay(error);
  }
}

/** Stands for a relay that is not there: every order fails with the reason it was not opened for. */
function missingRelay(reason: unknown): Relay {
  return {
    async switch() {
      throw reason;
    },
    readBack: async () => "unknown",
    async close() {},
  };
}

interface OpenedVoice {
  readonly voice: Voice;
  /** Where it can be asked whether it plays. */
  readonly module?: SoundingProbe;
}

async function openVoice(dependencies: OutletDependencies, speaker: Speaker): Promise<OpenedVoice> {
  const { audio } = speaker;
  if (audio.kind !== "module") {
    const { speech, playerFor, livePlayerFor, clipSound, voices } = dependencies;
    const spoken = createSpokenVoice(speech, playerFor(audio), clipSound);
    return { voice: withLiveVoice(spoken, speaker.id, voices, livePlayerFor(audio)) };
  }
  const { serial } = dependencies;
  const { module: wiring } = audio;
  try {
    if (wiring.tracks) {
      const module = await serial.openVoiceModule(wiring);
      return { voice: createRecordedVoice(module, wiring.tracks), module };
    }
    const module = await serial.openSpeechModule(wiring);
    return { voice: createReadingVoice(module), module };
  } catch (error) {
    dependencies.log.error(
      { speaker: speaker.id, code: errorCode(error) },
      "no voice module for the speaker",
    );
    return {
      voice: {
        async prepare() {
          throw error;
        },
      },
    };
  }
}

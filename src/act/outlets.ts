import type { Gpio, Player, Relay, SerialDevices, Sound, Speech } from "../core/devices.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { AudioWiring, RelayWiring, Speaker } from "../core/site.ts";
import type { Clock } from "../core/time.ts";
import type { SpeakerOutlet } from "./broadcast-desk.ts";
import { createSpeakerChannel, type SpeakerChannel } from "./speaker-channel.ts";
import { createRecordedVoice, createSpokenVoice, type Voice } from "./voice.ts";

export interface OutletDependencies {
  readonly gpio: Gpio;
  readonly serial: SerialDevices;
  readonly speech: Speech;
  readonly playerFor: (audio: Exclude<AudioWiring, { kind: "module" }>) => Player;
  /** A recording of the clip shelf by its SHA-256. */
  readonly clipSound: (sha256: string) => Promise<Sound>;
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
  const channels: SpeakerChannel[] = [];
  for (const speaker of speakers) {
    channels.push(createSpeakerChannel(dependencies, speaker, await speakerRelay(dependencies, speaker)));
  }
  const outlets = new Map<string, SpeakerOutlet>();
  for (const channel of channels) {
    outlets.set(channel.speaker.id, { channel, voice: await openVoice(dependencies, channel.speaker) });
  }
  return outlets;
}

async function speakerRelay(
  dependencies: OutletDependencies,
  { id, power }: Speaker,
): Promise<Relay | undefined> {
  return power && (await openRelay(dependencies, power, { speaker: id }));
}

/** Opens a relay, which switches it off; one that is missing refuses each order with the reason. */
export async function openRelay(
  { gpio, serial, log }: Pick<OutletDependencies, "gpio" | "serial" | "log">,
  wiring: RelayWiring,
  owner: Readonly<Record<string, string>>,
): Promise<Relay> {
  try {
    return "gpio" in wiring ? await gpio.openRelay(wiring.gpio) : await serial.openRelay(wiring.serial);
  } catch (error) {
    log.error({ ...owner, code: errorCode(error), error: String(error) }, "a relay could not be opened");
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

async function openVoice(dependencies: OutletDependencies, speaker: Speaker): Promise<Voice> {
  const { audio } = speaker;
  if (audio.kind !== "module") {
    const { speech, playerFor, clipSound } = dependencies;
    return createSpokenVoice(speech, playerFor(audio), clipSound);
  }
  try {
    return createRecordedVoice(await dependencies.serial.openVoiceModule(audio.module), audio.module.tracks);
  } catch (error) {
    dependencies.log.error(
      { speaker: speaker.id, code: errorCode(error) },
      "no voice module for the speaker",
    );
    return {
      async prepare() {
        throw error;
      },
    };
  }
}

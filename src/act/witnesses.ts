import type { SensorReader, SoundingProbe } from "../core/devices.ts";
import type { Microphone, SoundLevels } from "../core/hearing.ts";
import type { Logger } from "../core/log.ts";
import type { MicrophoneWiring, Speaker } from "../core/site.ts";
import type { Clock } from "../core/time.ts";
import { createMicrophoneWitness } from "./microphone-witness.ts";
import { createProbeWitness } from "./probe-witness.ts";
import type { Witness } from "./witness.ts";

export interface WitnessDependencies {
  readonly microphoneFor: (wiring: MicrophoneWiring) => Microphone;
  readonly soundLevels: SoundLevels;
  /** The reader of a configured sensor; undefined where its profile is missing. */
  readonly sensorFor: (id: string) => SensorReader | undefined;
  /** What the devices of a speaker say themselves; undefined where none can be asked. */
  readonly deviceProbeOf: (speaker: string) => SoundingProbe | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What can tell of each speaker whether it sounds; nothing is opened yet. */
export function createWitnesses(
  dependencies: WitnessDependencies,
  speakers: readonly Speaker[],
): ReadonlyMap<string, Witness> {
  return new Map(
    speakers.flatMap((speaker) => {
      const witness = witnessOf(dependencies, speaker);
      return witness ? [[speaker.id, witness] as const] : [];
    }),
  );
}

function witnessOf(dependencies: WitnessDependencies, { id, proof }: Speaker): Witness | undefined {
  if (!proof) return undefined;
  if ("microphone" in proof) {
    return createMicrophoneWitness(dependencies, dependencies.microphoneFor(proof.microphone));
  }
  const asking = { clock: dependencies.clock, log: dependencies.log.child({ speaker: id }) };
  if ("device" in proof) {
    const probe = dependencies.deviceProbeOf(id);
    return probe && createProbeWitness(asking, "device", probe);
  }
  const { sensor, above } = proof.current;
  const reader = dependencies.sensorFor(sensor);
  return reader && createProbeWitness(asking, "current", currentProbe(reader, above));
}

/** An amplifier draws more while it plays. */
function currentProbe(reader: SensorReader, above: number): SoundingProbe {
  return {
    async isSounding() {
      const value = await reader.read();
      return value === null ? "unknown" : value > above;
    },
  };
}

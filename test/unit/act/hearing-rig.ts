import { createHearingDesk } from "../../../src/act/hearing-desk.ts";
import { createMicrophoneWitness } from "../../../src/act/microphone-witness.ts";
import { createSpeakerChannel } from "../../../src/act/speaker-channel.ts";
import type { SayOptions } from "../../../src/act/voice.ts";
import type { Witness } from "../../../src/act/witness.ts";
import type { MicrophoneListener, Proof, SilentSpeaker } from "../../../src/core/hearing.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createLevelMeter } from "../../../src/drivers/audio/level-meter.ts";
import { createTestDesk } from "../../support/desk-rig.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { createLedgerDouble } from "../../support/stores-double.ts";
import { createFakeRelay, SPEAKER } from "./act-rig.ts";

export const SOUND = { path: "/sounds/warning.wav", durationMs: 4000 };
/** A course that resembles nothing else: 4 s. */
export const LEVELS = Float32Array.from(
  { length: 200 },
  (_, at) => 0.1 * (1 + Math.sin(at / 3) * Math.sin(at / 17 + 1)),
);
export const QUIET = Float32Array.from({ length: 200 }, (_, at) => 0.001 * (1 + ((at * 7919) % 13) / 13));

/** A desk with one speaker that takes 4 s to say what it has to say, and whatever listens beside it. */
export async function createRig(
  witnessOf?: (clock: ManualClock) => Witness,
  silent: readonly SilentSpeaker[] = [],
  live?: (options: SayOptions, clock: ManualClock) => Promise<void>,
) {
  const clock = createManualClock();
  const ledger = createLedgerDouble(clock);
  const relay = createFakeRelay(clock, []);
  const channel = createSpeakerChannel({ clock, log: silentLogger }, SPEAKER, relay);
  await channel.start();
  const witness = witnessOf?.(clock);
  const hearing = createHearingDesk({
    clock,
    log: silentLogger,
    record: (draft) => void ledger.append(draft),
    witnesses: new Map(witness ? [[SPEAKER.id, witness]] : []),
    silent,
  });
  const say = Object.assign(
    async ({ signal, onSound }: { signal: AbortSignal; onSound: () => void }) => {
      onSound();
      await clock.sleep(4000, signal).catch(() => {});
    },
    { sound: SOUND },
  );
  const voice = {
    prepare: async () => (live ? (options: SayOptions) => live(options, clock) : say),
  };
  const { desk } = createTestDesk(
    clock,
    new Map([[SPEAKER.id, { channel, voice }]]),
    (draft) => void ledger.append(draft),
    { hearing },
  );
  const events = async () => ledger.read({ after: 0, limit: 100 });
  const finished = async () =>
    (await events()).filter(({ type }) => type.endsWith("broadcast.finished")).map(({ data }) => data);
  return { clock, channel, hearing, desk, relay, events, finished };
}

/** A witness that says what it is told to. */
export function createFixedWitness() {
  const told: { proof: Proof | Promise<Proof>; open: number; opened: number } = {
    proof: { heard: "heard", by: "microphone" },
    open: 0,
    opened: 0,
  };
  const witness: Witness = {
    kind: "microphone",
    listen() {
      told.open++;
      told.opened++;
      let isOpen = true;
      return {
        isSpent: false,
        judge: async () => told.proof,
        async close() {
          if (isOpen) told.open--;
          isOpen = false;
        },
      };
    },
  };
  return { told, witness };
}

export function createMicrophoneRig() {
  const rig: { listener: MicrophoneListener | undefined; closed: number } = {
    listener: undefined,
    closed: 0,
  };
  const witness = (clock: ManualClock): Witness =>
    createMicrophoneWitness(
      { clock, soundLevels: { levelsOf: async () => LEVELS, meter: createLevelMeter } },
      {
        open(listener) {
          rig.listener = listener;
          return { close: async () => void rig.closed++ };
        },
      },
    );
  return { rig, witness };
}

/** Levels as they come in, 200 ms at a time. */
export async function hear(
  give: MicrophoneListener,
  clock: ManualClock,
  levels: Float32Array,
): Promise<void> {
  for (let at = 0; at < levels.length; at += 10) {
    await clock.advance(200);
    give.onLevels(levels.subarray(at, at + 10), 0);
  }
}

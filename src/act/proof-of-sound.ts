import type { BroadcastOrder, SpeakerState } from "../core/broadcast.ts";
import type { DrillBook, DrillPlan } from "../core/drill.ts";
import type { EventDraft } from "../core/event.ts";
import type { HearingBook } from "../core/hearing.ts";
import type { Part } from "../core/part.ts";
import type { Site } from "../core/site.ts";
import { createDrillDesk, type RunningDrills } from "./drill-desk.ts";
import { createHearingDesk, type HearingDesk } from "./hearing-desk.ts";
import type { SpeakerChannel } from "./speaker-channel.ts";
import { createWitnesses, type WitnessDependencies } from "./witnesses.ts";

export interface ProofDependencies extends WitnessDependencies {
  readonly isClockSynced: () => boolean;
  readonly newId: () => string;
  readonly hearingBook: HearingBook & DrillBook;
  readonly record: (draft: EventDraft) => void;
}

export interface ProofOfSound {
  readonly hearing: HearingDesk;
  /** The speakers with what listens to them, which is stopped after them. */
  readonly parts: readonly Part[];
  /** Speakers with the fault that they were not heard. */
  readonly channels: readonly { readonly speaker: SpeakerChannel["speaker"]; state(): SpeakerState }[];
  drills(road: {
    take(order: BroadcastOrder): Promise<void>;
    silence(broadcast: string): boolean;
  }): RunningDrills;
}

/** Whether what was sent was heard, and the drills that try it. */
export async function openProofOfSound(
  dependencies: ProofDependencies,
  { site, drill }: { readonly site: Pick<Site, "timezone">; readonly drill: DrillPlan },
  channels: readonly SpeakerChannel[],
): Promise<ProofOfSound> {
  const { hearingBook } = dependencies;
  const hearing = createHearingDesk({
    ...dependencies,
    witnesses: createWitnesses(
      dependencies,
      channels.map(({ speaker }) => speaker),
    ),
    silent: await hearingBook.silent(),
  });
  return {
    hearing,
    parts: [hearing, ...channels],
    channels: channels.map((channel) => ({
      speaker: channel.speaker,
      state() {
        const state = channel.state();
        const isSilent = hearing.silent().some(({ speaker }) => speaker === channel.speaker.id);
        return isSilent && state.fault === undefined ? { ...state, fault: "hearing.no_sound" } : state;
      },
    })),
    drills: ({ take, silence }) =>
      createDrillDesk(
        { ...dependencies, book: hearingBook, hearing, say: take, silence },
        drill,
        channels,
        site,
      ),
  };
}

import type { ExaminedSite } from "../../src/config/load.ts";
import { createSetUpDesk, type SetUpDependencies } from "../../src/config/set-up/set-up-desk.ts";
import { NOTHING_SET_UP, type SetUpState } from "../../src/config/set-up/set-up-file.ts";
import { toBeginWith } from "../../src/config/set-up/trial.ts";
import type { ProfileCatalogue } from "../../src/core/profiles.ts";
import type { SetUpDesk } from "../../src/core/set-up.ts";

const NO_PROFILES: ProfileCatalogue = {
  boards: new Map(),
  relays: new Map(),
  amplifiers: new Map(),
  voiceModules: new Map(),
  sensors: new Map(),
  cameras: new Map(),
};

export interface SetUpDouble extends SetUpDesk {
  /** As it lies on the disk. */
  readonly kept: SetUpState;
  readonly starts: number;
}

/** The real desk over written values, in memory; a start anew is over at once. */
export function createSetUpDouble(
  dependencies: SetUpDependencies,
  site: ExaminedSite,
  profiles: ProfileCatalogue = NO_PROFILES,
): SetUpDouble {
  let kept = NOTHING_SET_UP;
  let starts = 0;
  const file = {
    read: async () => ({ state: kept }),
    write: async (state: SetUpState) => {
      kept = state;
    },
  };
  const begin = () =>
    createSetUpDesk(
      dependencies,
      {
        file,
        fileFault: async () => undefined,
        profiles,
        startAnew() {
          starts++;
          desk = begin();
        },
      },
      { site, ...toBeginWith(kept), leftOut: [] },
    );
  let desk = begin();
  return {
    get kept() {
      return kept;
    },
    get starts() {
      return starts;
    },
    view: () => desk.view(),
    change: (...asked) => desk.change(...asked),
    restore: (...asked) => desk.restore(...asked),
  };
}

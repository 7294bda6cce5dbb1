import { createBroadcastDesk, type SpeakerOutlet } from "../../src/act/broadcast-desk.ts";
import { createHearingDesk, type Hearing } from "../../src/act/hearing-desk.ts";
import { createSecondKeys } from "../../src/act/second-keys.ts";
import type { KnownOrder, SpeakerGroup } from "../../src/core/broadcast.ts";
import type { EventDraft } from "../../src/core/event.ts";
import { type HornLimits, USUAL_LIMITS } from "../../src/core/horn-limits.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { RightOfWay } from "../../src/core/right-of-way.ts";
import type { Clock } from "../../src/core/time.ts";

export interface DeskSetting {
  readonly limits?: Partial<HornLimits>;
  readonly groups?: readonly SpeakerGroup[];
  /** What the ledger knows of an earlier run. */
  readonly known?: readonly KnownOrder[];
  readonly timezone?: string;
  /** Absent: nobody hears anything. */
  readonly hearing?: Hearing;
  /** Absent: nobody has to wait. */
  readonly rightOfWay?: Pick<RightOfWay, "take">;
}

/** A desk without quiet hours and with all the patience of the world, unless told; its clock is right while `synced.is` says so. */
export function createTestDesk(
  clock: Clock,
  outlets: ReadonlyMap<string, SpeakerOutlet>,
  record: (draft: EventDraft) => void,
  { limits, groups = [], known = [], timezone = "Asia/Shanghai", hearing, rightOfWay }: DeskSetting = {},
) {
  const synced = { is: true };
  const all: HornLimits = { ...USUAL_LIMITS, quietHours: [], mostPerMinute: 10_000, ...limits };
  const keys = createSecondKeys(clock, all.twoKeySeconds * 1000);
  const desk = createBroadcastDesk(
    {
      clock,
      isClockSynced: () => synced.is,
      timezone,
      limits: all,
      groups,
      keys,
      hearing:
        hearing ?? createHearingDesk({ clock, log: silentLogger, record, witnesses: new Map(), silent: [] }),
      rightOfWay: rightOfWay ?? { take: () => () => undefined },
      record,
      book: {
        find: async (id) => known.find(({ order }) => order.id === id),
        open: async () => known.filter(({ open }) => open.length > 0),
      },
      log: silentLogger,
    },
    outlets,
  );
  return { desk, keys, synced };
}

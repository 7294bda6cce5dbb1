import { join } from "node:path";
import type { EventDraft } from "../core/event.ts";
import type { ClipTaker, Footage, Remuxer } from "../core/footage.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { SegmentIndex } from "../core/recordings.ts";
import type { Camera, Rule, Site, StoragePlan } from "../core/site.ts";
import type { Clock } from "../core/time.ts";
import { createClipDesk } from "./clip-desk.ts";
import { createEvidenceRoom, type EvidenceRoom } from "./evidence-room.ts";
import { createExportDesk } from "./export-desk.ts";
import { openExportKey } from "./export-key.ts";
import type { FragmentHub } from "./fragment-hub.ts";
import { createPlaybackDesk } from "./playback-desk.ts";
import { createSegmentFiles } from "./segment-files.ts";

/** For the time from the order of a clip back to the key frame before its beginning. */
const KEY_FRAME_SECONDS = 2;
const LEAST_PRE_ROLL_SECONDS = 10;
/** Ten seconds of a generous stream: 4 and 12 Mbit/s. */
const PRE_ROLL_BYTES = { sub: 8 * 1024 * 1024, main: 16 * 1024 * 1024 } as const;

export interface FootageDependencies {
  readonly site: Site;
  readonly rules: readonly Pick<Rule, "when" | "alarm">[];
  /** Each camera with the stream whose pictures are evidence: one that is up anyway. */
  readonly cameras: readonly {
    readonly camera: Camera;
    readonly hub: FragmentHub;
    readonly stream: "main" | "sub";
  }[];
  readonly segments: Pick<SegmentIndex, "between" | "setLocked">;
  readonly remuxer: Remuxer;
  readonly storage: StoragePlan;
  readonly record: (draft: EventDraft) => void;
  readonly version: string;
  /** `CUNSHAO_DATA`. */
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  readonly log: Logger;
}

export interface OpenFootage extends Footage {
  readonly clips: ClipTaker;
  /** Whether pictures may be kept that are no alarm's. */
  readonly hasRoom: EvidenceRoom["hasRoom"];
  readonly parts: readonly Part[];
}

/** Everything that deals with pictures of the past. @throws GatewayError `export.key` (permanent). */
export async function openFootage(dependencies: FootageDependencies): Promise<OpenFootage> {
  const { site, rules, cameras, segments, dataFolder, clock, log } = dependencies;
  const room = createEvidenceRoom(
    { ...dependencies, space: createSegmentFiles(dataFolder).space },
    dependencies.storage,
  );
  const clips = createClipDesk(
    { ...dependencies, hasRoom: room.hasRoom, folder: join(dataFolder, "clips") },
    cameras.map(({ camera, hub, stream }) => ({
      camera: camera.id,
      hub,
      preRoll: {
        seconds: longestBefore(rules, camera.id) + KEY_FRAME_SECONDS,
        maxBytes: PRE_ROLL_BYTES[stream],
      },
    })),
  );
  const replay = createPlaybackDesk({
    segments,
    cameras: cameras.map(({ camera }) => camera.id),
    clock,
    log,
  });
  const exports = createExportDesk({
    ...dependencies,
    replay,
    cameras: cameras.map(({ camera }) => camera),
    key: await openExportKey(join(dataFolder, "keys"), site.id),
    folder: join(dataFolder, "exports"),
  });
  return { clips, replay, exports, hasRoom: room.hasRoom, parts: [room, clips, exports] };
}

function longestBefore(rules: FootageDependencies["rules"], camera: string): number {
  const seconds = rules.flatMap(({ alarm }) =>
    alarm?.evidence?.camera === camera && alarm.evidence.clip ? [alarm.evidence.clip.beforeSeconds] : [],
  );
  return Math.max(LEAST_PRE_ROLL_SECONDS, ...seconds);
}

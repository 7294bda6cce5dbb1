import { join } from "node:path";
import type { Segment } from "../core/recordings.ts";
import { isoTime } from "../core/time.ts";

export type SegmentName = Pick<Segment, "camera" | "startMs" | "clock">;

const NAME =
  /^([a-z0-9][a-z0-9-]{0,62})_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z_(synced|unsynced)(?:_\d+)?\.mp4$/;

/**
 * Where a segment stands: `pond/2026-07-01/pond_20260701T060000123Z_synced.mp4`, in UTC, so that whoever finds only the
 * files knows what they are. `copy` parts files of the same millisecond, which a clock set back can bring about.
 */
export function segmentPath(folder: string, { camera, startMs, clock }: SegmentName, copy = 0): string {
  const time = isoTime(startMs);
  const stamp = time.replaceAll(/[-:.]/g, "");
  return join(
    folder,
    camera,
    time.slice(0, 10),
    `${camera}_${stamp}_${clock}${copy > 0 ? `_${copy}` : ""}.mp4`,
  );
}

/** What the name of a file says; undefined for a file that no recorder made. */
export function parseSegmentName(fileName: string): SegmentName | undefined {
  const [, camera = "", year, month, day, hour, minute, second, millisecond, clock] =
    NAME.exec(fileName) ?? [];
  const startMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millisecond}Z`);
  if (Number.isNaN(startMs)) return undefined;
  return { camera, startMs, clock: clock === "synced" ? "synced" : "unsynced" };
}

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Segment, SegmentIndex } from "../../src/core/recordings.ts";

const FRAMES_PER_SECOND = 10;
let made: string | undefined;

/** A film as the recorder leaves one: a fragment a frame, a key frame every second, real H.264. */
export function filmFile(seconds: number, size = "160x96"): string {
  made ??= mkdtempSync(join(tmpdir(), "films-"));
  const path = join(made, `${seconds}-${size}.mp4`);
  if (existsSync(path)) return path;
  execFileSync("ffmpeg", [
    ...["-nostdin", "-v", "error", "-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${FRAMES_PER_SECOND}`],
    ...["-t", String(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
    ...["-g", String(FRAMES_PER_SECOND), "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-f", "mp4"],
    ...["-movflags", "frag_every_frame+empty_moov+default_base_moof+skip_trailer", path],
  ]);
  return path;
}

export interface RecordedFilm {
  readonly camera?: string;
  readonly startMs: number;
  readonly seconds: number;
  readonly size?: string;
  readonly clock?: Segment["clock"];
}

export interface SegmentIndexDouble extends SegmentIndex {
  readonly segments: Segment[];
  /** Records a film of its own, as if by the recorder. */
  record(film: RecordedFilm): Segment;
}

/** The index of recordings in memory, over real files in a folder of its own. */
export function createSegmentIndexDouble(): SegmentIndexDouble {
  const folder = mkdtempSync(join(tmpdir(), "recordings-"));
  const segments: Segment[] = [];
  const change = (id: number, news: Partial<Segment>): void => {
    const index = segments.findIndex((segment) => segment.id === id);
    const segment = segments[index];
    if (segment) segments[index] = { ...segment, ...news };
  };
  const touching = (camera: string, fromMs: number, toMs: number): Segment[] =>
    segments.filter((one) => one.camera === camera && one.startMs < toMs && one.endMs > fromMs);
  return {
    segments,
    record({ camera = "pond-east", startMs, seconds, size, clock = "synced" }) {
      const path = join(folder, `${segments.length}.mp4`);
      copyFileSync(filmFile(seconds, size), path);
      const segment: Segment = {
        id: segments.length + 1,
        camera,
        startMs,
        endMs: startMs + seconds * 1000,
        clock,
        sizeBytes: statSync(path).size,
        path,
        mediaType: 'video/mp4; codecs="avc1.42c00b"',
        isOpen: false,
        isLocked: false,
      };
      segments.push(segment);
      return segment;
    },
    async add(segment) {
      const id = segments.length + 1;
      segments.push({ ...segment, id, endMs: segment.startMs, sizeBytes: 0, isOpen: true, isLocked: false });
      return id;
    },
    update: async (id, news) => change(id, news),
    async remove(ids) {
      segments.splice(0, segments.length, ...segments.filter(({ id }) => !ids.includes(id)));
    },
    between: async (camera, fromMs, toMs) =>
      touching(camera, fromMs, toMs).sort((a, b) => a.startMs - b.startMs),
    all: async () => [...segments],
    async setLocked(camera, fromMs, toMs, isLocked) {
      const found = touching(camera, fromMs, toMs);
      for (const { id } of found) change(id, { isLocked });
      return found.length;
    },
  };
}

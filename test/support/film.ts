import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccessUnit, ParameterSets, VideoSource } from "../../hw/virtual/rtsp/video-source.ts";
import { createSignal } from "../../src/core/signals.ts";

export interface FilmOptions {
  readonly codec: "h264" | "h265";
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly frames: number;
  /** Frames from key frame to key frame. */
  readonly keyFrameEvery: number;
  readonly bFrames?: number;
  /** Mean rate, for pictures that are to be heavy. */
  readonly kilobitsPerSecond?: number;
}

/** A short encoded film in decoding order. */
export interface Film {
  readonly options: FilmOptions;
  readonly sets: ParameterSets;
  readonly pictures: readonly {
    readonly nals: readonly Uint8Array[];
    readonly key: boolean;
    /** When it is shown, in frames since the film's start. */
    readonly shownAt: number;
  }[];
}

/** NAL unit types: ITU-T H.264 table 7-1, H.265 table 7-1. */
const CODECS = {
  h264: {
    encoder: "libx264",
    delimiter: 9,
    sets: { 7: "sps", 8: "pps" },
    typeOf: (header: number) => header & 0x1f,
  },
  h265: {
    encoder: "libx265",
    delimiter: 35,
    sets: { 32: "vps", 33: "sps", 34: "pps" },
    typeOf: (header: number) => (header >> 1) & 0x3f,
  },
} as const;

/** Has ffmpeg encode a moving test picture. */
export function makeFilm(options: FilmOptions): Film {
  const { codec, width, height, framesPerSecond, frames, keyFrameEvery, bFrames = 0 } = options;
  const { encoder, delimiter, sets: setTypes, typeOf } = CODECS[codec];
  const folder = mkdtempSync(join(tmpdir(), "cunshao-film-"));
  try {
    const file = join(folder, "film.mp4");
    const picture = `testsrc2=size=${width}x${height}:rate=${framesPerSecond}`;
    const own =
      codec === "h264"
        ? ["-x264-params", "scenecut=0:open-gop=0:b-adapt=0"]
        : ["-x265-params", "log-level=none:scenecut=0:open-gop=0:b-adapt=0"];
    run([
      ...["-f", "lavfi", "-i", picture, "-frames:v", String(frames), "-c:v", encoder, "-preset", "ultrafast"],
      ...["-g", String(keyFrameEvery), "-bf", String(bFrames), ...own, "-pix_fmt", "yuv420p"],
      ...(options.kilobitsPerSecond ? ["-b:v", `${options.kilobitsPerSecond}k`] : []),
      file,
    ]);
    const raw = codec === "h264" ? "h264" : "hevc";
    const filters = `${raw}_mp4toannexb,${raw}_metadata=aud=insert`;
    const bytes = run(["-i", file, "-c", "copy", "-bsf:v", filters, "-f", raw, "pipe:1"]);
    const packets = execFileSync("ffprobe", [
      ...["-v", "error", "-select_streams", "v", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0"],
      file,
    ]);
    const shown = packets
      .toString()
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    const sets: { vps?: Uint8Array; sps?: Uint8Array; pps?: Uint8Array } = {};
    const units: Uint8Array[][] = [];
    for (const nal of nalsOf(bytes)) {
      const kind = typeOf(nal[0] ?? 0);
      const set = (setTypes as Readonly<Record<number, keyof typeof sets>>)[kind];
      if (kind === delimiter) units.push([]);
      else if (set) sets[set] ??= nal;
      else units.at(-1)?.push(nal);
    }
    const { vps, sps, pps } = sets;
    if (!sps || !pps || units.length !== shown.length)
      throw new Error("ffmpeg gave another film than asked for");
    const firstSeconds = Math.min(...shown.map(([pts]) => Number(pts)));
    return {
      options,
      sets: { sps, pps, ...(vps && { vps }) },
      pictures: units.map((nals, index) => {
        const [pts = "0", flags = ""] = shown[index] ?? [];
        const shownAt = Math.round((Number(pts) - firstSeconds) * framesPerSecond);
        return { nals, key: flags.startsWith("K"), shownAt };
      }),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(words: readonly string[]): Buffer {
  return execFileSync("ffmpeg", ["-nostdin", "-v", "error", ...words], { maxBuffer: 256 * 1024 * 1024 });
}

/** NAL units of an Annex-B stream, which start after 00 00 01. */
function nalsOf(bytes: Buffer): Uint8Array[] {
  const starts: number[] = [];
  for (
    let at = bytes.indexOf("\0\0\x01", 0, "latin1");
    at >= 0;
    at = bytes.indexOf("\0\0\x01", at + 3, "latin1")
  )
    starts.push(at + 3);
  return starts.map((start, index) => {
    const next = starts[index + 1];
    let end = next === undefined ? bytes.length : next - 3;
    while (end > start && bytes[end - 1] === 0) end--;
    return new Uint8Array(bytes.subarray(start, end));
  });
}

export interface FilmCamera extends VideoSource {
  /** Goes on with another film from its first picture, as a camera does whose settings somebody changed. */
  show(film: Film): void;
  /** From now on the camera's clock is `ms` further, or back where negative. */
  jump(ms: number): void;
}

/** A camera that plays a film over and over in real time. */
export function createFilmCamera(first: Film): FilmCamera {
  const pictures = createSignal<AccessUnit>();
  let film = first;
  let next = 0;
  let offsetMs = 0;
  let timer: NodeJS.Timeout | undefined;

  function emitNext(dueMs: number): void {
    const picture = film.pictures[next++];
    if (!picture) return;
    const intervalMs = 1000 / film.options.framesPerSecond;
    // A picture that is shown after its successors is sent before them.
    const capturedAtMs = dueMs + (picture.shownAt - (next - 1)) * intervalMs + offsetMs;
    pictures.emit({ nals: picture.nals, key: picture.key, capturedAtMs });
    if (next >= film.pictures.length) next = 0;
    const nextMs = dueMs + intervalMs;
    timer = setTimeout(() => emitNext(nextMs), Math.max(0, nextMs - performance.now()));
  }

  return {
    start: async () => emitNext(performance.now()),
    stop: async () => clearTimeout(timer),
    onFrame: (listener) => pictures.on(listener),
    parameterSets: () => film.sets,
    show(other) {
      film = other;
      next = 0;
    },
    jump(ms) {
      offsetMs += ms;
    },
  };
}

import { execFileSync, spawnSync } from "node:child_process";

export interface ProbedVideo {
  readonly seconds: number;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** What a full decoding complains of; empty for a sound file. */
  readonly complaints: string;
  readonly beginsWithKeyFrame: boolean;
  /** Of the first frame, in seconds. */
  readonly startSeconds: number;
}

/** What ffprobe and a decoder, which know nothing of the project, make of a file. */
export function probe(path: string): ProbedVideo {
  const text = execFileSync(
    "ffprobe",
    [
      ...["-v", "error", "-select_streams", "v:0", "-show_packets", "-show_streams", "-show_format"],
      ...["-of", "json", path],
    ],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  const { packets, streams, format } = JSON.parse(text) as {
    packets: { flags: string; pts_time: string }[];
    streams: { width: number; height: number }[];
    format: { duration?: string };
  };
  const decoded = spawnSync("ffmpeg", ["-nostdin", "-v", "warning", "-i", path, "-f", "null", "-"], {
    encoding: "utf8",
  });
  return {
    seconds: Number(format.duration ?? 0),
    frames: packets.length,
    width: streams[0]?.width ?? 0,
    height: streams[0]?.height ?? 0,
    complaints: decoded.stderr.trim(),
    beginsWithKeyFrame: packets[0]?.flags.startsWith("K") ?? false,
    startSeconds: Number(packets[0]?.pts_time ?? -1),
  };
}

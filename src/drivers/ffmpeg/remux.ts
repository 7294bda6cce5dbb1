import type { Remuxer } from "../../core/footage.ts";
import { type ChildDependencies, startChild } from "./child-process.ts";

/** Behind everything that watches: a clip may be late, a picture for the rules may not. */
const NICENESS = "10";

/** Makes plain MP4 files of fragments by `ffmpeg -c copy`. */
export function createRemuxer(dependencies: ChildDependencies): Remuxer {
  return {
    remux: (title, path, indexFirst) =>
      startChild(dependencies, {
        command: "nice",
        arguments: ["-n", NICENESS, "ffmpeg", ...remuxArguments(path, indexFirst)],
        title,
        quit: "end-of-input",
        explain,
      }),
  };
}

function remuxArguments(path: string, indexFirst: boolean): string[] {
  return [
    ...["-hide_banner", "-nostats", "-loglevel", "warning"],
    ...["-f", "mp4", "-i", "pipe:0", "-map", "0", "-c", "copy"],
    ...(indexFirst ? ["-movflags", "+faststart"] : []),
    // A file left by a crash has the same name as its successor.
    ...["-f", "mp4", "-y", `file:${path}`],
  ];
}

function explain(messages: string): string {
  if (/No space left on device/.test(messages)) return "evidence.full";
  return /No such file or directory.*ffmpeg|ffmpeg.*No such file/.test(messages)
    ? "ffmpeg.missing"
    : "clip.failed";
}

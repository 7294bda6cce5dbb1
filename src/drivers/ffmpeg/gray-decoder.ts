import type { GrayFormat, MediaChild } from "../../core/media.ts";
import { type ChildDependencies, startChild } from "./child-process.ts";

/** Fragmented MP4 on stdin to raw 8-bit gray pictures on stdout, or to pictures in colour. */
export function startGrayDecoder(
  dependencies: ChildDependencies,
  camera: string,
  format: GrayFormat,
): MediaChild {
  return startChild(dependencies, {
    command: "ffmpeg",
    arguments: decodeArguments(format),
    title: `decoder ${camera}`,
    quit: "end-of-input",
    explain: () => "decoder.ended",
  });
}

/** The filters that make a stream into the pictures that are analysed. */
export function grayFilters({ width, height, framesPerSecond, colour }: GrayFormat): string {
  // Chosen by time, not by the fps filter, which would wait for the next frame before it gives one.
  const interval = (1 / framesPerSecond - 0.01).toFixed(3);
  const select = `select='isnan(prev_selected_t)+gte(t-prev_selected_t\\,${interval})'`;
  return `${select},scale=${width}:${height}:flags=fast_bilinear,format=${colour ? "yuv420p" : "gray"}`;
}

function decodeArguments(format: GrayFormat): string[] {
  return [
    ...["-hide_banner", "-nostats", "-loglevel", "warning"],
    ...["-probesize", "32", "-flags", "low_delay", "-threads", "1", "-f", "mp4", "-i", "pipe:0"],
    ...["-vf", grayFilters(format), "-fps_mode", "passthrough"],
    // The output too: raw video is frame-threaded and would lag a frame per core.
    ...["-threads", "1", "-f", "rawvideo", "-avioflags", "direct", "-flush_packets", "1", "pipe:1"],
  ];
}

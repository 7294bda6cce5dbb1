import type { IngestRequest } from "../../core/media.ts";
import { withLogin } from "./camera-address.ts";
import { maskFilter } from "./mask-filter.ts";

/** A camera that sends nothing for this long on its socket is given up by ffmpeg itself. */
const SOCKET_TIMEOUT_MS = 10_000;
/** A key frame in 4K stays far below this. A camera that announces an answer of gigabytes must not be believed. */
const MAX_ALLOCATION_BYTES = 64 * 1024 * 1024;

/** What ffmpeg says when a stream cannot be had, first match wins. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/401 Unauthorized|403 Forbidden/, "rtsp.unauthorized"],
  [/404 (Stream )?Not Found/, "rtsp.not_found"],
  [/461 Unsupported/, "rtsp.tcp_refused"],
  [/Connection refused/, "rtsp.connection_refused"],
  [/No route to host|Network is unreachable|Failed to resolve|Name or service not known/, "rtsp.unreachable"],
  [/timed out/i, "rtsp.timeout"],
  [/matches no streams/, "video.no_video"],
  [/codec parameters for stream \d+ \(Audio|[Dd]ecoder .*not found for input stream/, "audio.unsupported"],
  [/codec parameters for stream \d+ \(Video: (?!h264|hevc)/, "video.unsupported_codec"],
  [/dimensions not set|unspecified size|Could not find codec parameters/, "video.no_parameters"],
  [/Cannot allocate memory/, "rtsp.invalid_data"],
  [/Invalid data found/, "rtsp.invalid_data"],
];

export function explainIngest(messages: string, ranMs: number): string {
  const reason = REASONS.find(([pattern]) => pattern.test(messages))?.[1] ?? "rtsp.ended";
  // ffmpeg calls it invalid data, too, when no answer came within its timeout.
  return reason === "rtsp.invalid_data" && ranMs >= SOCKET_TIMEOUT_MS ? "rtsp.timeout" : reason;
}

/** Flags and their reasons: docs/adr/0004-one-ingest-per-stream.md. */
export function ingestArguments({
  stream,
  url,
  login,
  thorough,
  audio,
  masks = [],
}: IngestRequest): string[] {
  return [
    ...["-hide_banner", "-nostats", "-loglevel", "warning", "-max_alloc", String(MAX_ALLOCATION_BYTES)],
    ...["-rtsp_transport", "tcp", "-timeout", String(SOCKET_TIMEOUT_MS * 1000)],
    // A camera is not even asked for its microphone, unless the site wants it.
    ...["-allowed_media_types", audio ? "video+audio" : "video"],
    ...probing(thorough, audio),
    ...["-i", withLogin(url, login)],
    ...["-map", "0:v:0", ...(audio ? ["-map", "0:a:0?"] : ["-an"])],
    ...(masks.length === 0 ? ["-c:v", "copy"] : paintOver(masks, stream)),
    // Cameras speak G.711, which no browser plays from MP4: one way for all, at the rate of a telephone's better half.
    ...(audio ? ["-c:a", "aac", "-ar", "16000", "-ac", "1", "-b:a", "32k"] : []),
    ...[
      "-f",
      "mp4",
      "-movflags",
      // Without the trailer: ffmpeg would gather its index in memory, 100 bytes a frame. A fragment is of one track.
      `frag_every_frame+empty_moov+default_base_moof+skip_trailer${audio ? "+separate_moof" : ""}`,
      "-flush_packets",
      "1",
      "pipe:1",
    ],
  ];
}

/** Highest bit rates of painted pictures: what cameras of villages send for them. */
const PAINTED_KBPS = { main: 4000, sub: 800 } as const;

/**
 * A mask is burnt in here or nowhere: between the camera's stream and the first reader. A key frame every 0.8 s, as the
 * rules need them; no frame waits for a later one.
 */
function paintOver(masks: NonNullable<IngestRequest["masks"]>, stream: IngestRequest["stream"]): string[] {
  const kbps = PAINTED_KBPS[stream];
  return [
    ...["-vf", `${maskFilter(masks)},format=yuv420p`, "-fps_mode", "passthrough"],
    ...["-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-crf", "23"],
    ...["-maxrate", `${kbps}k`, "-bufsize", `${kbps}k`, "-threads", "1"],
    ...["-sc_threshold", "0", "-g", "250", "-force_key_frames", "expr:gte(t,n_forced*0.8)"],
  ];
}

function probing(thorough = false, audio = false): string[] {
  if (thorough) return ["-analyzeduration", "3000000"];
  // With sound, the first packets may all be of it: about a second until both tracks are known.
  const [bytes, microseconds] = audio ? ["1000000", "1000000"] : ["32", "0"];
  return ["-probesize", bytes, "-analyzeduration", microseconds, "-fpsprobesize", "0"];
}

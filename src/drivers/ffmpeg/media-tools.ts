import { GatewayError } from "../../core/errors.ts";
import type { IngestRequest, MediaTools } from "../../core/media.ts";
import { type ChildDependencies, startChild } from "./child-process.ts";
import { startGrayDecoder } from "./gray-decoder.ts";
import { createReadBatches } from "./read-batches.ts";

/** A camera that sends nothing for this long on its socket is given up by ffmpeg itself. */
const SOCKET_TIMEOUT_MS = 10_000;
const PICTURE_TIMEOUT_MS = 5000;
const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);

const QUIET = ["-hide_banner", "-nostats", "-loglevel", "warning"];

/** What ffmpeg says when a stream cannot be had, first match wins. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/401 Unauthorized|403 Forbidden/, "rtsp.unauthorized"],
  [/404 (Stream )?Not Found/, "rtsp.not_found"],
  [/461 Unsupported/, "rtsp.tcp_refused"],
  [/Connection refused/, "rtsp.connection_refused"],
  [/No route to host|Network is unreachable|Failed to resolve|Name or service not known/, "rtsp.unreachable"],
  [/timed out/i, "rtsp.timeout"],
  [/dimensions not set|unspecified size|Could not find codec parameters/, "video.no_parameters"],
  [/matches no streams/, "video.no_video"],
  [/Invalid data found/, "rtsp.invalid_data"],
];

function explain(messages: string, ranMs: number): string {
  const reason = REASONS.find(([pattern]) => pattern.test(messages))?.[1] ?? "rtsp.ended";
  // ffmpeg calls it invalid data, too, when no answer came within its timeout.
  return reason === "rtsp.invalid_data" && ranMs >= SOCKET_TIMEOUT_MS ? "rtsp.timeout" : reason;
}

export function createMediaTools(dependencies: ChildDependencies): MediaTools {
  const batches = createReadBatches(dependencies.clock);
  return {
    ingest(request) {
      const child = startChild(dependencies, {
        command: "ffmpeg",
        arguments: ingestArguments(request),
        title: `ingest ${request.camera}`,
        quit: "q",
        explain,
      });
      batches.add(child.stdout);
      return child;
    },
    decodeGray(camera, format) {
      const child = startGrayDecoder(dependencies, camera, format);
      batches.addAnswers(child);
      return child;
    },
    lastPicture: (media) => lastPicture(dependencies, media),
  };
}

/** Flags and their reasons: docs/adr/0004-one-ingest-per-stream.md. */
export function ingestArguments({ url, login, thorough }: IngestRequest): string[] {
  const probing = thorough
    ? ["-analyzeduration", "3000000"]
    : ["-probesize", "32", "-analyzeduration", "0", "-fpsprobesize", "0"];
  return [
    ...QUIET,
    ...["-rtsp_transport", "tcp", "-timeout", String(SOCKET_TIMEOUT_MS * 1000)],
    // A camera is not even asked for its microphone.
    ...["-allowed_media_types", "video"],
    ...probing,
    ...["-i", withLogin(url, login)],
    ...["-map", "0:v:0", "-an", "-c", "copy"],
    ...[
      "-f",
      "mp4",
      "-movflags",
      // Without the trailer: ffmpeg would gather its index in memory, 100 bytes a frame.
      "frag_every_frame+empty_moov+default_base_moof+skip_trailer",
      "-flush_packets",
      "1",
      "pipe:1",
    ],
  ];
}

async function lastPicture(dependencies: ChildDependencies, media: readonly Uint8Array[]): Promise<Buffer> {
  const frames = media.length - 1;
  const child = startChild(dependencies, {
    command: "ffmpeg",
    arguments: [
      ...QUIET,
      ...["-threads", "1", "-f", "mp4", "-i", "pipe:0"],
      // The last few rather than the very last, which a damaged stream may not give.
      ...["-vf", `select='gte(n\\,${Math.max(0, frames - 3)})'`, "-fps_mode", "passthrough"],
      ...["-threads", "1", "-c:v", "mjpeg", "-q:v", "4", "-f", "image2pipe", "pipe:1"],
    ],
    title: "picture",
    quit: "end-of-input",
    explain: () => "video.no_picture",
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(Buffer.concat(media));
  const late = dependencies.clock.after(PICTURE_TIMEOUT_MS, () => void child.kill());
  const { signal } = await child.ended;
  late.cancel();
  const pictures = Buffer.concat(chunks);
  const start = pictures.lastIndexOf(JPEG_START);
  // A process that was ended may have left half a picture.
  if (start < 0 || signal !== null) {
    throw new GatewayError("the stream gave no picture", { code: "video.no_picture", kind: "transient" });
  }
  return pictures.subarray(start);
}

function withLogin(url: string, login: IngestRequest["login"]): string {
  if (!login) return url;
  const address = new URL(url);
  address.username = encodeURIComponent(login.username);
  address.password = encodeURIComponent(login.password);
  return address.href;
}

import { execFileSync, spawn } from "node:child_process";
import { FragmentHub } from "../../src/video/fragment-hub.ts";
import { createSplitter, type Fragment, type InitSegment } from "../../src/video/fragmented-mp4.ts";
import type { VideoStream } from "../../src/video/video-stream.ts";

/** A stream whose sessions a test plays by hand. */
export interface StreamDouble extends Pick<VideoStream, "hub" | "lease"> {
  readonly hub: FragmentHub;
  /** Who holds the session up right now. */
  leases(): number;
}

export function createStreamDouble(): StreamDouble {
  let leases = 0;
  return {
    hub: new FragmentHub(),
    leases: () => leases,
    lease() {
      leases++;
      return () => {
        leases--;
      };
    },
  };
}

export const INIT: InitSegment = {
  bytes: Buffer.from("init"),
  mediaType: 'video/mp4; codecs="avc1.42c01e"',
  timescale: 90_000,
};

/** A fragment without pictures: a key frame when its label begins with K. */
export function fragment(label: string, sizeBytes = 0, decodeTime = 0): Fragment {
  return {
    bytes: Buffer.concat([Buffer.from(label), Buffer.alloc(sizeBytes)]),
    keyFrame: label.startsWith("K"),
    decodeTime,
  };
}

export interface LiveDouble extends StreamDouble {
  stop(): void;
}

/** ffmpeg's own test picture, for tests that need no real footage. */
export const TEST_PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=480x270:rate=12"];

export interface LiveDoubleOptions {
  readonly codec?: "libx264" | "libx265";
  readonly size?: string;
  readonly bitRate?: string;
}

/**
 * A real stream from ffmpeg as the ingest gives it: a fragment a frame, a key frame every half second.
 * @param input ffmpeg's arguments that name the source.
 */
export async function createLiveDouble(
  input: readonly string[],
  { codec = "libx264", size = "480:270", bitRate }: LiveDoubleOptions = {},
): Promise<LiveDouble> {
  const group =
    codec === "libx265" ? ["-x265-params", "log-level=none:keyint=6:scenecut=0:bframes=0"] : ["-g", "6"];
  const rate = bitRate
    ? ["-b:v", bitRate, "-minrate", bitRate, "-maxrate", bitRate, "-bufsize", bitRate]
    : [];
  const encode = ["-an", "-c:v", codec, "-preset", "ultrafast", "-tune", "zerolatency", ...group, ...rate];
  const picture = ["-vf", `scale=${size}`, "-pix_fmt", "yuv420p", "-r", "12"];
  const movFlags = "frag_every_frame+empty_moov+default_base_moof+skip_trailer";
  const output = ["-f", "mp4", "-movflags", movFlags, "-flush_packets", "1", "pipe:1"];
  const child = spawn("ffmpeg", ["-v", "error", "-re", ...input, ...encode, ...picture, ...output], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stream = createStreamDouble();
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    const split = createSplitter({
      onInit: (init) => stream.hub.begin(init),
      onFragment(each) {
        stream.hub.push(each);
        resolve();
      },
    });
    child.stdout.on("data", split);
  });
  return { ...stream, stop: () => child.kill("SIGKILL") };
}

/** One picture of a source as JPEG. */
export function takePicture(input: readonly string[], atSeconds = 0): Buffer {
  const when = atSeconds > 0 ? ["-ss", String(atSeconds)] : [];
  return execFileSync("ffmpeg", [
    ...["-v", "error", ...when, ...input, "-frames:v", "1", "-f", "image2", "-c:v", "mjpeg", "pipe:1"],
  ]);
}

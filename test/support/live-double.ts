import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import type { LiveViewer } from "../../src/core/village.ts";

export interface LiveDouble extends LiveViewer {
  stop(): void;
}

/** ffmpeg's own test picture, for tests that need no real footage. */
export const TEST_PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=480x270:rate=12"];

/**
 * A real H.264 stream from ffmpeg, half a second a fragment, each from a key frame on.
 * @param input ffmpeg's arguments that name the source.
 */
export async function createLiveDouble(input: readonly string[]): Promise<LiveDouble> {
  const encode = ["-an", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"];
  const picture = ["-vf", "scale=480:270", "-pix_fmt", "yuv420p", "-r", "12", "-g", "6"];
  const output = ["-f", "mp4", "-movflags", "empty_moov+default_base_moof+frag_keyframe", "pipe:1"];
  const child = spawn("ffmpeg", ["-v", "error", "-re", ...input, ...encode, ...picture, ...output], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const viewers = new Set<(chunk: Uint8Array) => void>();
  let init = Buffer.alloc(0);
  let fragment: Buffer = Buffer.alloc(0);

  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    splitBoxes(child, (type, box) => {
      if (type === "ftyp" || type === "moov") init = Buffer.concat([init, box]);
      else if (type === "moof") fragment = box;
      else if (type === "mdat") {
        const whole = Buffer.concat([fragment, box]);
        for (const send of [...viewers]) send(whole);
        resolve();
      }
    });
  });

  return {
    mediaType: mediaTypeOf(init),
    attach(send) {
      send(init);
      viewers.add(send);
      return () => viewers.delete(send);
    },
    stop: () => child.kill("SIGKILL"),
  };
}

/** One picture of a source as JPEG. */
export function takePicture(input: readonly string[], atSeconds = 0): Buffer {
  const when = atSeconds > 0 ? ["-ss", String(atSeconds)] : [];
  return execFileSync("ffmpeg", [
    ...["-v", "error", ...when, ...input, "-frames:v", "1", "-f", "image2", "-c:v", "mjpeg", "pipe:1"],
  ]);
}

function splitBoxes(child: ChildProcess, onBox: (type: string, box: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  child.stdout?.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 8 && rest.length >= rest.readUInt32BE(0)) {
      const size = rest.readUInt32BE(0);
      onBox(rest.toString("latin1", 4, 8), rest.subarray(0, size));
      rest = rest.subarray(size);
    }
  });
}

/** From the AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1): profile, constraints, level. */
function mediaTypeOf(init: Buffer): string {
  const at = init.indexOf("avcC") + 5;
  return `video/mp4; codecs="avc1.${init.toString("hex", at, at + 3)}"`;
}

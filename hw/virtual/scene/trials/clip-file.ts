import { spawn } from "node:child_process";
import { once } from "node:events";
import { GatewayError } from "../../../../src/core/errors.ts";
import { SCENE_HEIGHT, SCENE_WIDTH } from "../ground.ts";

/** As many as the gateway looks at: what lies between would be thrown away. */
export const CLIP_FRAMES_PER_SECOND = 5;

/**
 * Encodes pictures to an MP4 file as the sub stream of a small camera has it.
 * @param draw gives the picture of an instant as RGBA. @throws GatewayError `scene.encoder_failed` (transient).
 */
export async function writeClip(
  file: string,
  seconds: number,
  draw: (atMs: number) => Uint8ClampedArray,
): Promise<void> {
  const child = spawn(
    "ffmpeg",
    [
      ...["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgba", "-threads", "1"],
      ...["-video_size", `${SCENE_WIDTH}x${SCENE_HEIGHT}`, "-framerate", String(CLIP_FRAMES_PER_SECOND)],
      ...["-i", "pipe:0", "-vf", "format=yuv420p", "-c:v", "libx264", "-preset", "ultrafast"],
      ...["-threads", "1", "-crf", "25", "-g", "20", "-movflags", "+faststart", file],
    ],
    { stdio: ["pipe", "ignore", "pipe"] },
  );
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-1000);
  });
  // A pipe that breaks shows in how the child ends.
  child.stdin.on("error", () => {});
  const closed = once(child, "close").catch((error: Error) => [error.message]);
  for (let frame = 0; frame < seconds * CLIP_FRAMES_PER_SECOND && child.stdin.writable; frame++) {
    const picture = draw((frame * 1000) / CLIP_FRAMES_PER_SECOND);
    if (!child.stdin.write(picture)) await Promise.race([once(child.stdin, "drain"), closed]);
  }
  child.stdin.end();
  const [code] = await closed;
  if (code === 0) return;
  throw new GatewayError(`${file} could not be encoded: ${complaint.trim() || code}`, {
    code: "scene.encoder_failed",
    kind: "transient",
  });
}

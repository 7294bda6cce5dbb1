import { createSignal } from "../../../src/core/signals.ts";
import type { AccessUnit, ParameterSets, VideoSource } from "../rtsp/video-source.ts";
import { type Encoder, type PictureFormat, startEncoder } from "./encoder.ts";

/** A picture that is drawn anew for every frame. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  /**
   * Draws the picture of a capture time and gives it as RGBA bytes, valid until the next call.
   * @param capturedAtMs monotonic; @param wallMs for the caption.
   */
  render(capturedAtMs: number, wallMs: number): Uint8Array;
}

export interface SceneSource extends VideoSource {
  /** Pictures left out because the encoder was still busy with an earlier one. */
  skippedFrames(): number;
}

const NEVER_MORE_QUEUED = 64;

/**
 * Films a scene: draws it at the frame rate and has ffmpeg encode it; size and rate are the scene's and 15 fps unless
 * told, a key frame every 0.8 s. A picture for which the encoder has no room is never drawn.
 * `start` throws GatewayError `scene.encoder_failed`.
 */
export function createSceneSource(scene: Scene, config: Partial<PictureFormat> = {}): SceneSource {
  const format = {
    width: scene.width,
    height: scene.height,
    framesPerSecond: 15,
    keyFrameSeconds: 0.8,
    ...config,
  };
  const intervalMs = 1000 / format.framesPerSecond;
  const pictures = createSignal<AccessUnit>();
  /** Capture times of pictures the encoder has not given back yet, oldest first. */
  const inside: number[] = [];
  let encoder: Encoder | undefined;
  let sets: ParameterSets | undefined;
  let timer: NodeJS.Timeout | undefined;
  let skipped = 0;
  let writing = false;

  function film(input: Encoder["input"], dueAtMs: number): void {
    const nowMs = performance.now();
    // After a stall the beat begins anew, instead of filming what was missed.
    const nextMs = Math.max(dueAtMs + intervalMs, nowMs);
    timer = setTimeout(() => film(input, nextMs), Math.max(0, nextMs - nowMs));
    if (!input.writable) return;
    if (writing || inside.length >= NEVER_MORE_QUEUED) {
      skipped += 1;
      return;
    }
    writing = true;
    inside.push(nowMs);
    const picture = scene.render(nowMs, Date.now());
    // The scene draws into the same bytes again: not before these have gone.
    input.write(picture, () => {
      writing = false;
    });
  }

  return {
    async start() {
      if (encoder) return;
      inside.length = 0;
      writing = false;
      encoder = startEncoder(rawInput(scene, format), format, () => inside.shift() ?? performance.now());
      encoder.onFrame((frame) => pictures.emit(frame));
      film(encoder.input, performance.now());
      try {
        sets = await encoder.ready;
      } catch (error) {
        clearTimeout(timer);
        encoder = undefined;
        throw error;
      }
    },
    async stop() {
      clearTimeout(timer);
      const running = encoder;
      encoder = undefined;
      await running?.stop();
    },
    onFrame: (listener) => pictures.on(listener),
    parameterSets: () => sets,
    skippedFrames: () => skipped,
  };
}

function rawInput(scene: Scene, format: PictureFormat): string[] {
  const size = `${scene.width}x${scene.height}`;
  return [
    ...["-f", "rawvideo", "-pix_fmt", "rgba", "-video_size", size],
    ...["-framerate", String(format.framesPerSecond), "-threads", "1", "-i", "pipe:0"],
  ];
}

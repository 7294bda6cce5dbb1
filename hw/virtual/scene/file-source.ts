import { createSignal } from "../../../src/core/signals.ts";
import type { AccessUnit, ParameterSets, VideoSource } from "../rtsp/video-source.ts";
import { type Encoder, type PictureFormat, startEncoder } from "./encoder.ts";

export type FileSourceConfig = Partial<PictureFormat>;

/**
 * A video file played over and over in real time, as a camera; 640x360, 15 fps and a key frame every 0.8 s unless told.
 * `start` throws GatewayError `scene.encoder_failed` when ffmpeg cannot read it.
 */
export function createFileSource(path: string, config: FileSourceConfig = {}): VideoSource {
  const format = { width: 640, height: 360, framesPerSecond: 15, keyFrameSeconds: 0.8, ...config };
  const pictures = createSignal<AccessUnit>();
  let encoder: Encoder | undefined;
  let sets: ParameterSets | undefined;

  return {
    async start() {
      if (encoder) return;
      const input = ["-re", "-stream_loop", "-1", "-i", path, "-r", String(format.framesPerSecond)];
      encoder = startEncoder(input, format, () => performance.now());
      encoder.onFrame((frame) => pictures.emit(frame));
      try {
        sets = await encoder.ready;
      } catch (error) {
        encoder = undefined;
        throw error;
      }
    },
    async stop() {
      const running = encoder;
      encoder = undefined;
      await running?.stop();
    },
    onFrame: (listener) => pictures.on(listener),
    parameterSets: () => sets,
  };
}

import type { GrayFormat, MediaChild, MediaTools } from "../core/media.ts";
import type { GrayPicture } from "../core/picture.ts";
import type { Clock } from "../core/time.ts";
import type { FragmentHub } from "./fragment-hub.ts";

/** More than this unread in the decoder's input means that it is stuck; it is then replaced by the next session. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;

export interface AnalysisFeed {
  stop(): Promise<void>;
}

/** Decodes a stream to gray pictures from its next key frame on, for one session of the ingest. */
export function startAnalysisFeed(
  media: MediaTools,
  clock: Clock,
  camera: string,
  format: GrayFormat,
  hub: FragmentHub,
  onPicture: (picture: GrayPicture) => void,
): AnalysisFeed {
  let decoder: MediaChild | undefined;
  let started = false;
  let stuck = false;

  const detach = hub.attach({
    onInit(init) {
      decoder = media.decodeGray(camera, format);
      cutPictures(decoder, format, (pixels) => {
        onPicture({ camera, width: format.width, height: format.height, pixels, at: clock.now() });
      });
      decoder.stdin.write(init.bytes);
    },
    onFragment(fragment) {
      // Starting inside a group of pictures gives wrong frames without any error.
      started ||= fragment.keyFrame;
      if (!decoder || !started || stuck || !decoder.stdin.writable) return;
      decoder.stdin.write(fragment.bytes);
      stuck = decoder.stdin.writableLength > MAX_BACKLOG_BYTES;
    },
    onEnd() {},
  });

  return {
    async stop() {
      detach();
      await decoder?.stop();
    },
  };
}

function cutPictures(
  decoder: MediaChild,
  format: GrayFormat,
  onPixels: (pixels: Uint8Array<ArrayBuffer>) => void,
): void {
  const size = format.width * format.height;
  let picture = new Uint8Array(size);
  let filled = 0;
  decoder.stdout.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(size - filled, chunk.length - at);
      picture.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled === size) {
        onPixels(picture);
        picture = new Uint8Array(size);
        filled = 0;
      }
    }
  });
}

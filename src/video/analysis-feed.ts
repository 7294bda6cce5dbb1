import type { Logger } from "../core/log.ts";
import type { GrayFormat, MediaChild, MediaTools } from "../core/media.ts";
import type { GrayPicture } from "../core/picture.ts";
import type { Clock } from "../core/time.ts";
import type { FragmentHub } from "./fragment-hub.ts";

/** A decoder further behind than this is fed again only from a key frame on: late pictures help nobody. */
const MAX_LAG_MS = 2000;
/**
 * ffmpeg's MP4 reader remembers every fragment, about 140 bytes each, which would be 180 MB a day at 15 pictures a
 * second: after so many fragments the next key frame goes to a fresh decoder.
 */
const MAX_FRAGMENTS = 50_000;

export interface AnalysisFeedDependencies {
  readonly media: MediaTools;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface AnalysisFeed {
  /** No picture comes after this was called. */
  stop(): Promise<void>;
}

interface Decoder {
  readonly child: MediaChild;
  fragments: number;
  /** Since when its input has not been empty. */
  behindSinceMs: number | undefined;
  hasEnded: boolean;
}

/** Decodes a stream to gray pictures from its next key frame on, for one session of the ingest. */
export function startAnalysisFeed(
  dependencies: AnalysisFeedDependencies,
  camera: string,
  format: GrayFormat,
  hub: FragmentHub,
  onPicture: (picture: GrayPicture) => void,
): AnalysisFeed {
  const { media, clock, log } = dependencies;
  const ending = new Set<Promise<void>>();
  let decoder: Decoder | undefined;
  let init: Uint8Array | undefined;
  let isWaitingForKey = true;
  let isStopped = false;

  function begin(): void {
    const child = media.decodeGray(camera, format);
    const begun: Decoder = { child, fragments: 0, behindSinceMs: undefined, hasEnded: false };
    cutPictures(child, format, (pixels) => {
      if (isStopped) return;
      onPicture({ camera, width: format.width, height: format.height, pixels, at: clock.now() });
    });
    child.stdin.on("drain", () => {
      begun.behindSinceMs = undefined;
    });
    void child.ended.then(({ reason }) => {
      begun.hasEnded = true;
      if (decoder === begun && !isStopped)
        log.warn({ reason }, "decoder ended; the next key frame starts another");
    });
    if (init) child.stdin.write(init);
    decoder = begun;
  }

  function retire(): void {
    if (!decoder) return;
    const stopping = decoder.child.stop();
    decoder = undefined;
    ending.add(stopping);
    void stopping.finally(() => ending.delete(stopping));
  }

  const detach = hub.attach({
    onInit({ bytes }) {
      init = bytes;
      isWaitingForKey = true;
      retire();
      begin();
    },
    onFragment({ bytes, track, keyFrame }) {
      if (track === "audio") return;
      if (keyFrame && decoder && (decoder.hasEnded || decoder.fragments >= MAX_FRAGMENTS)) {
        retire();
        begin();
      }
      if (!decoder) return;
      const { child, behindSinceMs } = decoder;
      const nowMs = clock.now().monotonicMs;
      if (behindSinceMs !== undefined && nowMs - behindSinceMs > MAX_LAG_MS) isWaitingForKey = true;
      // Starting inside a group of pictures, or after a gap in one, gives wrong frames without any error.
      if (keyFrame && behindSinceMs === undefined) isWaitingForKey = false;
      if (isWaitingForKey || !child.stdin.writable) return;
      decoder.fragments++;
      if (!child.stdin.write(bytes)) decoder.behindSinceMs ??= nowMs;
    },
    onEnd() {},
  });

  return {
    async stop() {
      isStopped = true;
      detach();
      retire();
      await Promise.all(ending);
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

import { GatewayError } from "../core/errors.ts";
import type { LiveSink } from "../core/live.ts";
import type { Logger } from "../core/log.ts";
import type { MediaChild, Mpeg1Tools } from "../core/media.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { LiveSource } from "./live-viewer.ts";
import { createTranscoderFeed, type TranscoderFeed } from "./transcoder-feed.ts";
import { createPacketCutter } from "./transport-stream.ts";
import type { ViewerPacing } from "./viewer-pacing.ts";

/** Cameras transcoded at once: each costs some percent of a core of a PC and about a third of one of a Pi. */
export const MOST_TRANSCODERS = 4;
/** Who opens the large picture or turns the phone comes back within this. */
export const LINGER_MS = 5_000;
/** So many processes in a row that ended this soon: it is not the stream, and no further one is tried. */
const MOST_FAILURES = 3;
const SOON_MS = 5_000;

export interface TranscoderDependencies {
  readonly mpeg1: Mpeg1Tools;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Transcoders {
  /** @throws GatewayError `live.transcoders_busy` (transient). Returns how to leave. */
  watch(
    camera: string,
    source: LiveSource,
    sink: Pick<LiveSink, "begin" | "end">,
    pacing: ViewerPacing,
  ): () => void;
  running(): number;
  /** Ends every process; viewers are the caller's. */
  stop(): Promise<void>;
}

interface Viewer {
  readonly sink: Pick<LiveSink, "begin" | "end">;
  readonly pacing: ViewerPacing;
}

interface Transcoder {
  readonly viewers: Set<Viewer>;
  readonly feed: TranscoderFeed;
  /** Stops it when nobody comes back. */
  linger: Timer | undefined;
  detach: () => void;
}

/** One MPEG-1 transcoder a camera, whatever the number of viewers; it goes some seconds after the last. */
export function createTranscoders({ mpeg1, clock, log }: TranscoderDependencies): Transcoders {
  const transcoders = new Map<string, Transcoder>();
  const ending = new Set<Promise<void>>();

  function end(camera: string, transcoder: Transcoder): void {
    if (transcoders.get(camera) !== transcoder) return;
    transcoders.delete(camera);
    transcoder.linger?.cancel();
    transcoder.detach();
    const stopping = transcoder.feed.stop();
    ending.add(stopping);
    void stopping.finally(() => ending.delete(stopping));
  }

  /** Makes room by ending one that only lingers. */
  function makeRoom(): void {
    if (transcoders.size < MOST_TRANSCODERS) return;
    const idle = [...transcoders].find(([, { viewers }]) => viewers.size === 0);
    if (idle) {
      end(...idle);
      return;
    }
    throw new GatewayError(`${MOST_TRANSCODERS} cameras are being transcoded already`, {
      code: "live.transcoders_busy",
      kind: "transient",
    });
  }

  function begin(camera: string, { name, stream }: LiveSource): Transcoder {
    makeRoom();
    const viewers = new Set<Viewer>();
    let failures = 0;
    const onChild = (child: MediaChild): void => {
      for (const { sink, pacing } of [...viewers]) {
        sink.begin({ mediaType: "video/mp2t", stream: name });
        pacing.restart();
      }
      const cut = createPacketCutter((unit) => {
        for (const viewer of [...viewers]) if (viewers.has(viewer)) viewer.pacing.offer(unit);
      });
      child.stdout.on("data", cut);
    };
    const onFailure = (reason: string, ranMs: number): void => {
      log.warn({ camera, reason }, "a transcoder ended");
      failures = ranMs < SOON_MS ? failures + 1 : 1;
      if (failures < MOST_FAILURES) return;
      end(camera, transcoder);
      for (const { sink } of [...viewers]) sink.end("live.no_transcoder");
    };
    const feed = createTranscoderFeed(clock, () => mpeg1.transcodeMpeg1(camera), { onChild, onFailure });
    const transcoder: Transcoder = { viewers, feed, linger: undefined, detach: () => {} };
    transcoders.set(camera, transcoder);
    const release = stream.lease();
    const leave = stream.hub.attach(feed);
    transcoder.detach = () => {
      leave();
      release();
    };
    return transcoder;
  }

  return {
    watch(camera, source, sink, pacing) {
      const transcoder = transcoders.get(camera) ?? begin(camera, source);
      transcoder.linger?.cancel();
      transcoder.linger = undefined;
      const viewer: Viewer = { sink, pacing };
      transcoder.viewers.add(viewer);
      sink.begin({ mediaType: "video/mp2t", stream: source.name });
      return () => {
        if (!transcoder.viewers.delete(viewer) || transcoder.viewers.size > 0) return;
        transcoder.linger = clock.after(LINGER_MS, () => end(camera, transcoder));
      };
    },
    running: () => transcoders.size,
    async stop() {
      for (const [camera, transcoder] of [...transcoders]) end(camera, transcoder);
      await Promise.all(ending);
    },
  };
}

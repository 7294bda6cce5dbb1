import { GatewayError } from "../core/errors.ts";
import type { LiveFigures, LiveFormat, LiveRequest, LiveSink, LiveView } from "../core/live.ts";
import type { Part } from "../core/part.ts";
import { attachViewer, type LiveSource } from "./live-viewer.ts";
import { createTranscoders, type TranscoderDependencies } from "./transcoders.ts";
import { createViewerPacing } from "./viewer-pacing.ts";

/** Ten phones with a grid of nine, and some. Each may hold about half a megabyte that its network has not taken. */
export const MOST_VIEWERS = 128;

export interface LiveCamera {
  readonly id: string;
  readonly sub: LiveSource["stream"];
  /** Where the camera has a stream of its own for it. */
  readonly main?: LiveSource["stream"] | undefined;
}

/** The live picture of every camera for any number of viewers, from the shared ingest. */
export function createLiveView(
  dependencies: TranscoderDependencies,
  cameras: readonly LiveCamera[],
): LiveView & Part {
  const { clock, log } = dependencies;
  const byId = new Map(cameras.map((camera) => [camera.id, camera]));
  const transcoders = createTranscoders(dependencies);
  const viewers: Record<LiveFormat, number> = { mp4: 0, mpeg1: 0 };
  const enders = new Set<(code: string) => void>();
  let droppedFrames = 0;
  let droppedViewers = 0;

  function sourcesOf({ camera, stream, format }: LiveRequest): readonly LiveSource[] {
    const found = byId.get(camera);
    if (!found) {
      throw new GatewayError(`there is no camera ${camera}`, { code: "camera.unknown", kind: "permanent" });
    }
    const sub: LiveSource = { name: "sub", stream: found.sub };
    // A script in the page decodes MPEG-1: the large stream would be too much for it, and for the box.
    if (stream === "sub" || format === "mpeg1" || !found.main) return [sub];
    return [{ name: "main", stream: found.main }, sub];
  }

  function watch(request: LiveRequest, sink: LiveSink): () => void {
    const sources = sourcesOf(request);
    const { camera, format } = request;
    if (enders.size >= MOST_VIEWERS) {
      throw new GatewayError(`${MOST_VIEWERS} viewers look already`, {
        code: "live.full",
        kind: "transient",
      });
    }
    let isOver = false;
    let detach: (() => void) | undefined;

    function leave(): void {
      if (isOver) return;
      isOver = true;
      enders.delete(end);
      viewers[format]--;
      detach?.();
    }
    function end(code: string): void {
      if (isOver) return;
      leave();
      sink.end(code);
    }
    const pacing = createViewerPacing(sink, clock, {
      onDrop: () => droppedFrames++,
      onStuck() {
        droppedViewers++;
        log.info({ camera, format }, "a live viewer does not read");
        end("viewer.too_slow");
      },
    });
    viewers[format]++;
    enders.add(end);
    try {
      const [first] = sources;
      detach =
        format === "mpeg1" && first
          ? transcoders.watch(camera, first, { begin: sink.begin, end }, pacing)
          : attachViewer(sources, sink, pacing);
    } catch (error) {
      leave();
      throw error;
    }
    // It may have ended while it was being attached.
    if (isOver) detach();
    return leave;
  }

  return {
    name: "live view",
    watch,
    figures: (): LiveFigures => ({
      viewers: { ...viewers },
      transcoders: transcoders.running(),
      droppedFrames,
      droppedViewers,
    }),
    async start() {},
    async stop() {
      for (const end of [...enders]) end("live.stopped");
      await transcoders.stop();
    },
  };
}

import type { LiveSink, LiveStream } from "../core/live.ts";
import type { StreamReader } from "./fragment-hub.ts";
import type { Fragment, InitSegment } from "./fragmented-mp4.ts";
import type { VideoStream } from "./video-stream.ts";
import type { ViewerPacing } from "./viewer-pacing.ts";

/** A group of pictures larger than this is not sent to catch up with: its key frame is, and then the next one. */
const MOST_CATCH_UP_BYTES = 2 * 1024 * 1024;

export interface LiveSource {
  readonly name: LiveStream;
  readonly stream: Pick<VideoStream, "hub" | "lease">;
}

/**
 * Shows a viewer the first of `sources` that has pictures: the wished one as soon as it comes, the next while it does
 * not. Holds a lease on each until the returned function is called.
 */
export function attachViewer(
  sources: readonly LiveSource[],
  sink: Pick<LiveSink, "begin">,
  pacing: ViewerPacing,
): () => void {
  const releases = sources.map(({ stream }) => stream.lease());
  /** How to leave the hubs, in the order of the sources. */
  const detaches: (() => void)[] = [];
  let isOver = false;

  /** Listens to one source after the other, until one has pictures. */
  function listenFrom(index: number): void {
    const source = sources[index];
    if (!source || isOver) return;
    const attached = attach(source, {
      onStart: () => leaveFrom(index + 1),
      onEnd: () => listenFrom(index + 1),
    });
    detaches[index] = attached.detach;
    if (!attached.hasStarted) listenFrom(index + 1);
  }

  function leaveFrom(index: number): void {
    for (const detach of detaches.splice(index)) detach();
  }

  function attach(source: LiveSource, events: { onStart: () => void; onEnd: () => void }) {
    let init: InitSegment | undefined;
    let hasStarted = false;
    let backlog: Fragment[] | undefined = [];

    function start(): void {
      if (!init) return;
      hasStarted = true;
      events.onStart();
      sink.begin({ mediaType: init.mediaType, stream: source.name });
      pacing.restart(init.bytes);
    }
    const reader: StreamReader = {
      onInit(next) {
        init = next;
        hasStarted = false;
      },
      onFragment(fragment) {
        if (backlog) {
          backlog.push(fragment);
          return;
        }
        if (!hasStarted && fragment.keyFrame) start();
        if (hasStarted) pacing.offer(fragment);
      },
      onEnd() {
        if (!hasStarted) return;
        hasStarted = false;
        events.onEnd();
      },
    };
    const detach = source.stream.hub.attach(reader);
    const group = backlog;
    backlog = undefined;
    const [key] = group;
    if (key) {
      start();
      const bytes = group.reduce((sum, fragment) => sum + fragment.bytes.length, 0);
      pacing.catchUp(bytes <= MOST_CATCH_UP_BYTES ? group : [key]);
      if (bytes > MOST_CATCH_UP_BYTES) pacing.restart();
    }
    return { detach, hasStarted };
  }

  listenFrom(0);
  return () => {
    if (isOver) return;
    isOver = true;
    leaveFrom(0);
    for (const release of releases) release();
  };
}

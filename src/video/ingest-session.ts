import { errorCode, errorMessage } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { IngestRequest, MediaTools } from "../core/media.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { FragmentHub } from "./fragment-hub.ts";
import { createSplitter } from "./fragmented-mp4.ts";
import { createStreamInspection } from "./stream-inspection.ts";

/** How long a stream may stay without progress before its session is ended and begun again, in ms. */
export interface StreamPatience {
  /** From connecting: cameras with a key frame every ten seconds or more begin with none. */
  readonly firstPictureMs: number;
  readonly nextPictureMs: number;
}

/** Judges a session's progress by more than that fragments come, e.g. by decoding them. */
export interface Judge {
  stop(): Promise<void>;
}

/** @param progress to be called on each progress; gives false when the session is over. */
export type StartJudge = (hub: FragmentHub, progress: () => boolean) => Judge;

export interface SessionEvents {
  /** The camera let us in and sends a stream that can be used. */
  onBegin(): void;
  onProgress(): void;
  /** The session stands, but nothing new comes; it is being ended. */
  onStill(reason: string): void;
}

export interface SessionDependencies {
  readonly media: MediaTools;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One session of a stream, from connecting to its end. @returns the stable code of why it ended. */
export async function runIngestSession(
  { media, clock, log }: SessionDependencies,
  request: IngestRequest,
  hub: FragmentHub,
  {
    patience,
    startJudge,
  }: { readonly patience: StreamPatience; readonly startJudge?: StartJudge | undefined },
  events: SessionEvents,
  signal: AbortSignal,
): Promise<string> {
  const child = media.ingest(request, () => hub.isHurried());
  const nowMs = (): number => clock.now().monotonicMs;
  let broken = "";
  const end = (reason: string): void => {
    broken ||= reason;
    void child.stop();
  };
  const endStill = (reason: string): void => {
    if (!broken) events.onStill(reason);
    end(reason);
  };

  let dueMs = nowMs() + patience.firstPictureMs;
  let hasProgressed = false;
  /** Looks again when it fires rather than being set anew for each of 25 pictures a second. */
  const expectProgress = (): Timer =>
    clock.after(dueMs - nowMs(), () => {
      if (dueMs > nowMs()) watch = expectProgress();
      else endStill("video.no_new_picture");
    });
  let watch = expectProgress();
  const progress = (): boolean => {
    if (broken) return false;
    dueMs = nowMs() + patience.nextPictureMs;
    if (!hasProgressed) {
      hasProgressed = true;
      watch.cancel();
      watch = expectProgress();
    }
    events.onProgress();
    return true;
  };

  const inspection = createStreamInspection();
  const judge = startJudge?.(hub, progress);
  const feed = createSplitter({
    onInit(init) {
      const fault = broken || inspection.onInit(init);
      if (fault) return end(fault);
      events.onBegin();
      hub.begin(init);
    },
    onFragment(fragment) {
      if (broken) return;
      const fault = inspection.onFragment(fragment, nowMs());
      if (fault === "video.time_stuck") return endStill(fault);
      if (fault) return end(fault);
      hub.push(fragment);
      if (!judge && !fragment.track && inspection.hasKeyFrame()) progress();
    },
  });
  child.stdout.on("data", (chunk: Buffer) => {
    if (broken) return;
    try {
      feed(chunk);
    } catch (error) {
      log.warn({ code: errorCode(error), error: errorMessage(error) }, "the session cannot be read");
      end(errorCode(error));
    }
  });

  const onAbort = (): void => end("stopped");
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const exit = await child.ended;
  // Before the judge is stopped: a picture that it still held is no progress.
  broken ||= exit.reason;
  signal.removeEventListener("abort", onAbort);
  watch.cancel();
  hub.end();
  await judge?.stop();
  return broken;
}

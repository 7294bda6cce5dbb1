import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { GatewayError, isAbort } from "../core/errors.ts";
import type { ClipOrder, ClipTaker, Remuxer, RunningClip, TakenClip } from "../core/footage.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { SegmentIndex } from "../core/recordings.ts";
import type { Clock } from "../core/time.ts";
import { assemble } from "./clip-assembly.ts";
import { type Footage, type Piece, readPieces } from "./clip-source.ts";
import { type Draft, draftOf, Take, type TakenDraft } from "./clip-take.ts";
import type { FragmentHub } from "./fragment-hub.ts";
import { PreRoll, type PreRollLimits } from "./pre-roll.ts";

/** A clip goes on while its alarm does, up to this long after it. */
export const LONGEST_AFTER_MS = 60_000;
/** A take that several alarms share ends at the latest after this. */
const LONGEST_TAKE_MS = 75_000;
/** A clip that begins this much later than ordered lacks its beginning. */
const SLACK_MS = 1500;

export interface ClipSource {
  readonly camera: string;
  readonly hub: FragmentHub;
  readonly preRoll: PreRollLimits;
}

export interface ClipDeskDependencies {
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  readonly remuxer: Remuxer;
  /** Whether the disk is above its reserve. */
  readonly hasRoom: () => boolean;
  /** Where a clip of an earlier run may still be found. */
  readonly segments: Pick<SegmentIndex, "between">;
  /** For drafts and clips that are not yet stored; on the data disk. */
  readonly folder: string;
  readonly log: Logger;
}

interface SharedTake {
  readonly take: Take;
  readonly order: ClipOrder;
  readonly ready: Promise<TakenClip>;
  readonly going: Set<string>;
  /** Monotonic time until which it goes on in any case. */
  untilMs: number;
  /** Alarms whose clip is not yet in the ledger. */
  unsettled: number;
}

export interface ClipDesk extends ClipTaker, Part {}

/** Takes the clips of alarms: one file for alarms of a camera that come together. */
export function createClipDesk(dependencies: ClipDeskDependencies, sources: readonly ClipSource[]): ClipDesk {
  const { clock, segments, folder, log, hasRoom } = dependencies;
  const stopping = new AbortController();
  const rolls = new Map(sources.map(({ camera, preRoll }) => [camera, new PreRoll(clock, preRoll)]));
  const takes = new Map<string, SharedTake>();
  let following: (() => void)[] = [];
  let remains: readonly Draft[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let clips = 0;

  /** One after the other: several alarms at once must not start several processes. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }

  async function makeClip(order: ClipOrder, footage: readonly Footage[], spanMs: Span, lack?: string) {
    clips += 1;
    const path = join(folder, `${order.camera}-${clips}.clip.mp4`);
    const source = readPieces(footage, spanMs.fromMs, spanMs.toMs, log);
    const run = oneRun(source);
    const spans = await assemble(run.pieces, {
      remuxer: dependencies.remuxer,
      title: `clip ${order.camera}`,
      path,
      indexFirst: true,
      signal: stopping.signal,
    });
    const [first] = spans;
    const end = spans.at(-1);
    if (!first || !end) {
      await rm(path, { force: true });
      throw noPictures(order.camera);
    }
    const late = first.fromMs > order.atMs - order.beforeSeconds * 1000 + SLACK_MS;
    const why = lack ?? (run.isCut() ? "clip.stream_changed" : undefined);
    const clip: TakenClip = {
      camera: order.camera,
      path,
      mediaType: "video/mp4",
      sizeBytes: (await stat(path)).size,
      fromMs: Math.round(first.fromMs),
      toMs: Math.round(end.toMs),
      clock: run.clock(),
      lack: why ?? (spans.length > 1 ? "clip.gap" : late ? "clip.begins_late" : undefined),
    };
    return clip;
  }

  async function finish(order: ClipOrder, { draft, lack }: TakenDraft): Promise<TakenClip> {
    if (stopping.signal.aborted) throw interrupted(order);
    if (!draft) throw noPictures(order.camera, lack);
    const whole = { fromMs: draft.startMs, toMs: Number.POSITIVE_INFINITY };
    try {
      return await inTurn(() => makeClip(order, [draft], whole, lack));
    } catch (error) {
      if (isAbort(error)) throw interrupted(order);
      throw error;
    }
  }

  function begin(order: ClipOrder, roll: PreRoll): SharedTake {
    const take = new Take({ ...dependencies, folder }, order.camera, roll, order.beforeSeconds);
    const ready = take.ended.then((taken) => finish(order, taken));
    // Told to each alarm by its own handle.
    ready.catch(() => {});
    return { take, order, ready, going: new Set(), untilMs: take.beganMs, unsettled: 0 };
  }

  /** Ends a take when its time has passed, or wakes it then. */
  function look({ take, going, untilMs }: SharedTake): void {
    const nowMs = clock.now().monotonicMs;
    const lastMs = take.beganMs + Math.max(LONGEST_AFTER_MS, untilMs - take.beganMs);
    const endMs = going.size > 0 ? lastMs : untilMs;
    if (nowMs >= endMs) take.end();
    else take.wake(endMs - nowMs, () => take.end());
  }

  const untilMsOf = (order: ClipOrder): number => clock.now().monotonicMs + order.afterSeconds * 1000;

  /** A take that the order can share. */
  function fitting(order: ClipOrder): SharedTake | undefined {
    const known = takes.get(order.camera);
    const fits = known && !known.take.isOver && untilMsOf(order) <= known.take.beganMs + LONGEST_TAKE_MS;
    return fits ? known : undefined;
  }

  function sharedTake(order: ClipOrder, roll: PreRoll): SharedTake {
    const shared = fitting(order) ?? begin(order, roll);
    takes.set(order.camera, shared);
    shared.untilMs = Math.max(shared.untilMs, untilMsOf(order));
    return shared;
  }

  return {
    name: "clips",
    async start() {
      await mkdir(folder, { recursive: true });
      const names = await readdir(folder);
      remains = names.flatMap((name) => draftOf(folder, name) ?? []);
      // A clip that was not stored is made again from its draft.
      for (const name of names) if (name.endsWith(".clip.mp4")) await rm(join(folder, name), { force: true });
      following = sources.flatMap(({ camera, hub }) => rolls.get(camera)?.follow(hub) ?? []);
    },
    async stop() {
      stopping.abort();
      for (const unfollow of following) unfollow();
      following = [];
      for (const { take } of takes.values()) take.end();
      await Promise.all([...takes.values()].map(({ take }) => take.ended));
      await last;
    },

    take(order): RunningClip {
      const roll = rolls.get(order.camera);
      if (!roll || stopping.signal.aborted) {
        return { ready: Promise.reject(noPictures(order.camera)), release() {}, settle: async () => {} };
      }
      // A take that goes on already is finished.
      if (!hasRoom() && !fitting(order)) {
        return { ready: Promise.reject(noRoom(order.camera)), release() {}, settle: async () => {} };
      }
      const shared = sharedTake(order, roll);
      shared.going.add(order.alarm);
      shared.unsettled += 1;
      look(shared);
      return {
        ready: shared.ready,
        release() {
          if (shared.going.delete(order.alarm)) look(shared);
        },
        async settle() {
          shared.unsettled -= 1;
          if (shared.unsettled > 0) return;
          if (takes.get(order.camera) === shared) takes.delete(order.camera);
          const { draft } = await shared.take.ended;
          if (draft) await rm(draft.path, { force: true });
        },
      };
    },

    async recover(order) {
      const span = {
        fromMs: order.atMs - order.beforeSeconds * 1000,
        toMs: order.atMs + order.afterSeconds * 1000,
      };
      const drafts = remains.filter(({ camera, startMs }) => {
        return camera === order.camera && startMs <= span.toMs && order.atMs - startMs < LONGEST_TAKE_MS * 2;
      });
      // A draft is on the disk already, and goes once its clip is made.
      if (drafts.length === 0 && !hasRoom()) throw noRoom(order.camera);
      const recorded = await segments.between(order.camera, span.fromMs, span.toMs);
      const choices: (readonly Footage[])[] = [...drafts.map((draft) => [draft]), recorded];
      const held = await Promise.all(choices.map((choice) => heldMs(choice, span, log)));
      const most = Math.max(...held);
      const best = choices[held.indexOf(most)];
      if (!best || most <= 0) throw noPictures(order.camera);
      const lack = most < span.toMs - span.fromMs - SLACK_MS ? "clip.cut_off" : undefined;
      return inTurn(() => makeClip(order, best, span, lack));
    },

    async forgetRemains() {
      for (const { path } of remains) await rm(path, { force: true });
      remains = [];
    },
  };
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The pieces up to a change of the stream: one file cannot hold two. */
function oneRun(source: AsyncIterable<Piece>) {
  let isCut = false;
  let clock: Piece["clock"] = "synced";
  async function* pieces(): AsyncGenerator<Piece> {
    let count = 0;
    for await (const piece of source) {
      if (count > 0 && piece.newInit) {
        isCut = true;
        return;
      }
      count += 1;
      if (piece.clock === "unsynced") clock = "unsynced";
      yield piece;
    }
  }
  return { pieces: pieces(), isCut: () => isCut, clock: () => clock };
}

/** How much of a span can be read. */
async function heldMs(footage: readonly Footage[], { fromMs, toMs }: Span, log: Logger): Promise<number> {
  let held = 0;
  for await (const piece of readPieces(footage, fromMs, toMs, log)) {
    held += Math.max(0, Math.min(toMs, piece.toMs) - Math.max(fromMs, piece.fromMs));
  }
  return held;
}

function noPictures(camera: string, lack?: string): GatewayError {
  const code = lack && lack !== "camera.lost" ? lack : "clip.no_pictures";
  return new GatewayError(`there is no picture of ${camera} for a clip`, {
    code,
    kind: "transient",
    device: camera,
  });
}

function noRoom(camera: string): GatewayError {
  return new GatewayError("the disk is down to its reserve", {
    code: "evidence.no_room",
    kind: "transient",
    device: camera,
  });
}

function interrupted({ camera }: ClipOrder): GatewayError {
  return new GatewayError(`the clip of ${camera} is finished at the next start`, {
    code: "clip.interrupted",
    kind: "transient",
    device: camera,
  });
}

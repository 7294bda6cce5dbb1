import type { Point } from "../core/geometry.ts";
import {
  LONGEST_SPAN_MS,
  type MovementLook,
  type MovementSpan,
  type MovementStore,
} from "../core/movement.ts";
import { addCells, cellAt, centreOf, noCells } from "../core/movement-cells.ts";
import type { Part } from "../core/part.ts";
import type { Signal } from "../core/signals.ts";
import type { Clock, Moment, Timer } from "../core/time.ts";

/** Looks further apart belong to two spans; still cameras are looked at about every 800 ms. */
const GAP_MS = 2000;
/** What goes on is cut, so that each piece says where it was when. */
const CUT_MS = 12_000;
/**
 * Leaves and rain move all night. Each camera may begin so many spans like the above at once and one more each minute;
 * what comes on top is put together by the minute, whatever the gaps.
 */
const SPARE_SPANS = 90;
const SPARE_EVERY_MS = 60_000;
/** The box's clock was set when it moved by more against the monotonic one. */
const CLOCK_STEP_MS = 1000;
const SWEEP_MS = 1000;

type ClockQuality = MovementSpan["clock"];

interface OpenSpan {
  readonly start: Moment;
  readonly clock: ClockQuality;
  readonly isThinned: boolean;
  last: Moment;
  readonly cells: Uint8Array;
  readonly zones: Set<string>;
  readonly ways: Map<number, { readonly from: Point; to: Point }>;
}

/** Puts the looks of one camera together to spans, none lost and not too many of them. */
export class SpanMerger {
  readonly #camera: string;
  #open: OpenSpan | undefined;
  #spare = SPARE_SPANS;
  #spareAtMs: number | undefined;

  constructor(camera: string) {
    this.#camera = camera;
  }

  /** Takes a look; gives the span that it ended, if it did. */
  look({ at, cells, zones, movers }: MovementLook, clock: ClockQuality): MovementSpan | undefined {
    const ended = this.#open && this.#isEnded(this.#open, at, clock) ? this.end() : undefined;
    const open = this.#open ?? this.#begin(at, clock);
    this.#open = open;
    open.last = at;
    addCells(open.cells, cells);
    for (const zone of zones) open.zones.add(zone);
    for (const { track, feet } of movers) {
      const way = open.ways.get(track);
      if (way) way.to = feet;
      else open.ways.set(track, { from: feet, to: feet });
    }
    return ended;
  }

  /** Gives the span that no look can extend any more, if there is one. */
  expire(nowMonotonicMs: number): MovementSpan | undefined {
    const open = this.#open;
    if (!open) return undefined;
    const isOver = open.isThinned
      ? nowMonotonicMs - open.start.monotonicMs > LONGEST_SPAN_MS
      : nowMonotonicMs - open.last.monotonicMs > GAP_MS;
    return isOver ? this.end() : undefined;
  }

  /** Ends what is open. */
  end(): MovementSpan | undefined {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return undefined;
    const fromMs = Math.round(open.start.wallMs);
    return {
      camera: this.#camera,
      fromMs,
      toMs: fromMs + Math.round(open.last.monotonicMs - open.start.monotonicMs),
      clock: open.clock,
      zones: [...open.zones],
      cells: open.cells,
      path: furthest(open.ways.values()),
    };
  }

  #isEnded({ start, last, isThinned, clock }: OpenSpan, at: Moment, clockNow: ClockQuality): boolean {
    const step = at.wallMs - start.wallMs - (at.monotonicMs - start.monotonicMs);
    if (Math.abs(step) > CLOCK_STEP_MS || clock !== clockNow) return true;
    const lasted = at.monotonicMs - start.monotonicMs;
    if (isThinned) return lasted > LONGEST_SPAN_MS;
    return lasted > CUT_MS || at.monotonicMs - last.monotonicMs > GAP_MS;
  }

  #begin(at: Moment, clock: ClockQuality): OpenSpan {
    const earned = (at.monotonicMs - (this.#spareAtMs ?? at.monotonicMs)) / SPARE_EVERY_MS;
    this.#spare = Math.min(SPARE_SPANS, this.#spare + earned);
    this.#spareAtMs = at.monotonicMs;
    const isThinned = this.#spare < 1;
    if (!isThinned) this.#spare--;
    return { start: at, last: at, clock, isThinned, cells: noCells(), zones: new Set(), ways: new Map() };
  }
}

/** The way between the cells that are furthest apart; undefined when nothing left its cell. */
function furthest(ways: Iterable<{ readonly from: Point; readonly to: Point }>): MovementSpan["path"] {
  let longest = 0;
  let path: MovementSpan["path"];
  for (const way of ways) {
    const from = centreOf(cellAt(way.from));
    const to = centreOf(cellAt(way.to));
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (length > longest) {
      longest = length;
      path = { from, to };
    }
  }
  return path;
}

export interface MovementRecorderDependencies {
  readonly movement: Pick<MovementStore, "add">;
  readonly looks: Signal<MovementLook>;
  readonly clock: Clock;
  readonly clockQuality: () => ClockQuality;
}

/** Keeps the timeline of movement of all cameras. */
export function createMovementRecorder(dependencies: MovementRecorderDependencies): Part {
  const { movement, looks, clock, clockQuality } = dependencies;
  const mergers = new Map<string, SpanMerger>();
  let stopListening: (() => void) | undefined;
  let sweep: Timer | undefined;

  function keep(span: MovementSpan | undefined): void {
    if (span) movement.add(span);
  }

  function schedule(): void {
    sweep = clock.after(SWEEP_MS, () => {
      const { monotonicMs } = clock.now();
      for (const merger of mergers.values()) keep(merger.expire(monotonicMs));
      schedule();
    });
  }

  return {
    name: "movement",
    async start() {
      if (stopListening) return;
      stopListening = looks.on((look) => {
        const merger = mergers.get(look.camera) ?? new SpanMerger(look.camera);
        mergers.set(look.camera, merger);
        keep(merger.look(look, clockQuality()));
      });
      schedule();
    },
    async stop() {
      stopListening?.();
      stopListening = undefined;
      sweep?.cancel();
      for (const merger of mergers.values()) keep(merger.end());
    },
  };
}

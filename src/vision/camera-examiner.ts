import type { CameraMemory, PictureReport } from "../core/camera-health.ts";
import type { Moment } from "../core/time.ts";
import { agreement, compareBlocks, Look, placeOf } from "./looks.ts";
import { type PictureFigures, PictureMeasure } from "./picture-statistics.ts";
import { RepeatProbe } from "./repeat-probe.ts";

/** However many pictures come, one in so long is examined: every second key frame. Faults take 15 s and more to be told. */
const INTERVAL_MS = 1500;
/** What is seen is averaged over this time, so that who walks by and noise fade. */
const SEEING_MS = 8_000;
/** The reference follows what is seen over this time: seasons, shadows, a new fence. */
const FOLLOWING_MS = 600_000;
/** After so long without a picture what was seen is history. */
const GAP_MS = 30_000;
/** The first reference, and each further look of a place, is taken after so long of good pictures. */
const SETTLE_MS = 60_000;
/** The same when a person says that it is right now. */
const SETTLE_ORDERED_MS = 10_000;
/** Comparing at all shifts costs milliseconds: not for every picture. */
const PLACE_INTERVAL_MS = 4_500;
/** By day, in infrared, by lamplight, in snow. */
const MAX_LOOKS = 4;
/** Below this agreement a look that is known to be of the same place is worth keeping for itself. */
const NEW_LOOK_BELOW = 0.5;
/** Not worth learning from: too dark, too bright, too little left of the place, too blurred beside what is usual. */
const DARK_SHARE = 0.9;
const BRIGHT_SHARE = 0.7;
const LOST_SHARE = 0.5;
const SHARPNESS_SHARE = 0.85;
/** The slow following is kept this often; a new look at once. */
const REMEMBER_MS = 6 * 3_600_000;

export interface Examination {
  readonly report: PictureReport;
  /** Present when something was learnt that must survive a restart. */
  readonly memory?: CameraMemory;
}

/** Looks at the pictures of one camera for what could make it blind, and learns what its place looks like. */
export class CameraExaminer {
  readonly #camera: string;
  readonly #measure: PictureMeasure;
  readonly #repeats: RepeatProbe;
  readonly #layoutWidth: number;
  readonly #layoutHeight: number;
  #looks: Look[];
  #seen: Look | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #place: PictureReport["place"] = null;
  #placeAtMs = Number.NEGATIVE_INFINITY;
  /** Since when good pictures have been unlike every look. */
  #newSinceMs: number | undefined;
  #settleMs = SETTLE_MS;
  #rememberedMs: number | undefined;

  constructor(camera: string, width: number, height: number, memory?: CameraMemory) {
    this.#camera = camera;
    this.#measure = new PictureMeasure(width, height);
    this.#layoutWidth = width >> 2;
    this.#layoutHeight = height >> 2;
    this.#repeats = new RepeatProbe(this.#layoutWidth, this.#layoutHeight, memory?.usualChange ?? null);
    this.#looks = (memory?.looks ?? []).flatMap((kept) => {
      const look = Look.recall(this.#layoutWidth, this.#layoutHeight, kept);
      return look ? [look] : [];
    });
  }

  /** Forgets what the place looked like: what the camera shows now is right, and its reference before long. */
  learnAnew(): void {
    this.#looks = [];
    this.#seen = undefined;
    this.#place = null;
    this.#newSinceMs = undefined;
    this.#settleMs = SETTLE_ORDERED_MS;
  }

  /** Undefined for a picture that comes too soon after the last examined one. */
  examine(pixels: Uint8Array, at: Moment): Examination | undefined {
    const nowMs = at.monotonicMs;
    const sinceMs = nowMs - this.#lastMs;
    if (sinceMs < INTERVAL_MS) return undefined;
    this.#lastMs = nowMs;
    if (sinceMs > GAP_MS) this.#seen = undefined;
    const figures = this.#measure.measure(pixels);
    const repeats = this.#repeats.look(this.#measure.quarter, nowMs);
    const seen = this.#see(figures.sharpness, Math.min(sinceMs, GAP_MS));
    const nearest = this.#nearest(seen);
    if (nowMs - this.#placeAtMs >= PLACE_INTERVAL_MS) {
      this.#placeAtMs = nowMs;
      this.#place = this.#findPlace(seen);
    }
    const blocks = nearest && compareBlocks(nearest.look, seen);
    const report: PictureReport = {
      camera: this.#camera,
      at,
      meanLuma: figures.meanLuma,
      spread: figures.spread,
      darkShare: figures.darkShare,
      brightShare: figures.brightShare,
      repeats,
      detail: figures.detail,
      sharpness: seen.sharpness,
      usualSharpness: nearest?.look.sharpness ?? null,
      lostShare: blocks?.lostShare ?? null,
      likeness: blocks?.likeness ?? null,
      lostLuma: blocks?.lostLuma ?? null,
      place: this.#place,
    };
    const hasNewLook = this.#learn(report, figures, seen, nearest, nowMs, sinceMs);
    this.#rememberedMs ??= nowMs;
    if (!hasNewLook && nowMs - this.#rememberedMs < REMEMBER_MS) return { report };
    this.#rememberedMs = nowMs;
    return { report, memory: this.#memory() };
  }

  #memory(): CameraMemory {
    return { looks: this.#looks.map((look) => look.remember()), usualChange: this.#repeats.usualChange };
  }

  /** The picture measured last joins the average. */
  #see(sharpness: number | null, sinceMs: number): Look {
    const layout = { ...this.#measure.layout(), sharpness };
    if (this.#seen) {
      // Sharpness that cannot be told now must not be taken for that of before.
      if (sharpness === null) this.#seen.sharpness = null;
      this.#seen.follow(layout, 1 - Math.exp(-sinceMs / SEEING_MS));
    } else {
      // What is measured is used again for the next picture.
      const content = { ...layout, planes: layout.planes.slice(), blockLuma: layout.blockLuma.slice() };
      this.#seen = new Look(this.#layoutWidth, this.#layoutHeight, content);
    }
    return this.#seen;
  }

  #nearest(seen: Look): { look: Look; agreement: number } | undefined {
    let nearest: { look: Look; agreement: number } | undefined;
    for (const look of this.#looks) {
      const value = agreement(look, seen);
      if (!nearest || value > nearest.agreement) nearest = { look, agreement: value };
    }
    return nearest;
  }

  /** In its place if one look says so. */
  #findPlace(seen: Look): PictureReport["place"] {
    let found: PictureReport["place"] = null;
    for (const look of this.#looks) {
      const place = placeOf(look, seen);
      if (place === "same") return place;
      found ??= place;
    }
    return found;
  }

  /** True when a look was added. */
  #learn(
    report: PictureReport,
    figures: PictureFigures,
    seen: Look,
    nearest: { look: Look; agreement: number } | undefined,
    nowMs: number,
    sinceMs: number,
  ): boolean {
    const isBlurred =
      report.sharpness !== null &&
      report.usualSharpness !== null &&
      report.sharpness < report.usualSharpness * SHARPNESS_SHARE;
    const isPoor =
      figures.darkShare > DARK_SHARE ||
      figures.brightShare > BRIGHT_SHARE ||
      report.repeats === true ||
      isBlurred ||
      !seen.isStructured();
    const isKnown = nearest !== undefined && nearest.agreement >= NEW_LOOK_BELOW;
    const isWanted = !nearest || (this.#place === "same" && !isKnown);
    if (isPoor || !isWanted) this.#newSinceMs = undefined;
    if (isPoor) return false;
    if (isKnown && this.#place === "same" && (report.lostShare ?? 1) < LOST_SHARE) {
      nearest.look.follow(seen, 1 - Math.exp(-Math.min(sinceMs, GAP_MS) / FOLLOWING_MS));
    }
    if (!isWanted) return false;
    this.#newSinceMs ??= nowMs;
    if (nowMs - this.#newSinceMs < this.#settleMs) return false;
    this.#newSinceMs = undefined;
    this.#settleMs = SETTLE_MS;
    // The oldest look that is not the first goes: the first is what somebody saw and found right.
    if (this.#looks.length >= MAX_LOOKS) this.#looks.splice(1, 1);
    this.#looks.push(seen.copy());
    return true;
  }
}

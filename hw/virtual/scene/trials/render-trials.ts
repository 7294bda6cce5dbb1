import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CLIP_FRAMES_PER_SECOND, writeClip } from "./clip-file.ts";
import type { Condition } from "./conditions.ts";
import type { Cutout } from "./cutouts.ts";
import { createPlace, LANES, type Place, type PlaceName, type Size } from "./places.ts";
import { createTakeCamera, inViewMs, type Walker } from "./take.ts";

/** Long enough for everything slow to have happened in it, short enough that many seeds are tried. */
const LONGEST_CLIP_SECONDS = 90;
const SIZES: readonly Size[] = ["near", "mid", "far"];
/** The place is known before somebody comes, and empty again at the end. */
const WALK_FROM_SECONDS = 6;
const AFTER_SECONDS = 4;
const METRES_PER_SECOND = 1.3;

/** A clip with its label, as `cunshao evaluate` reads it, and what was drawn. */
export interface TrialClip {
  readonly file: string;
  readonly people: readonly (readonly [number, number])[];
  readonly condition: string;
  readonly place: PlaceName;
  readonly seconds: number;
  /** Of the person; absent where there is none. */
  readonly size?: Size;
}

export interface TrialPlan {
  readonly folder: string;
  readonly seed: number;
  readonly condition: Condition;
  /** Of clips with nobody in them. */
  readonly emptySeconds: number;
  /** How many walks of each size in each of the condition's places, where it has people; 0 for none. */
  readonly walks: number;
  /** Of real people; see `cutOutPeople`. Without any there are no walks. */
  readonly people: readonly (readonly Cutout[])[];
}

/** Renders the clips and their `labels.json` into a folder; the same plan gives the same pictures. */
export async function renderTrials(plan: TrialPlan): Promise<readonly TrialClip[]> {
  await mkdir(plan.folder, { recursive: true });
  const places = new Map<PlaceName, Place>();
  const placeOf = (name: PlaceName): Place => {
    const place = places.get(name) ?? createPlace(name);
    places.set(name, place);
    return place;
  };
  const camera = createTakeCamera();
  const clips: TrialClip[] = [];

  async function render(clip: TrialClip, seed: number, walker?: Walker): Promise<void> {
    const take = { place: placeOf(clip.place), effects: plan.condition.effects(seed, clip.place), walker };
    // Each clip at an hour of its own: waves and ducks are not where they were.
    const startMs = seed * 61_000;
    const own = walker && { ...walker, fromMs: walker.fromMs + startMs, toMs: walker.toMs + startMs };
    await writeClip(join(plan.folder, clip.file), clip.seconds, (atMs) =>
      camera({ ...take, walker: own }, atMs + startMs),
    );
    clips.push(clip);
  }

  const { condition } = plan;
  for (const [part, seconds] of shares(plan.emptySeconds).entries()) {
    const place = condition.places[part % condition.places.length] ?? "pond";
    const file = `${condition.name}-${place}-${part + 1}.mp4`;
    await render({ file, people: [], condition: condition.name, place, seconds }, plan.seed + part);
  }
  const walks = condition.hasPeople && plan.people.length > 0 ? plan.walks : 0;
  let seed = plan.seed;
  for (let part = 0; part < walks; part++) {
    for (const place of condition.places) {
      for (const size of SIZES) {
        seed++;
        const walker = createWalker(
          plan.people[seed % plan.people.length] ?? [],
          place,
          size,
          seed % 2 === 0,
        );
        const people = [inViewMs(walker, CLIP_FRAMES_PER_SECOND).map((ms) => ms / 1000) as [number, number]];
        const seconds = walker.toMs / 1000 + AFTER_SECONDS;
        const file = `${condition.name}-${place}-${size}-${part + 1}.mp4`;
        await render({ file, people, condition: condition.name, place, seconds, size }, seed, walker);
      }
    }
  }
  await writeFile(join(plan.folder, "labels.json"), `${JSON.stringify({ clips }, null, 1)}\n`);
  return clips;
}

/** Equal parts, none longer than a clip may be. */
function shares(seconds: number): number[] {
  if (seconds <= 0) return [];
  const count = Math.ceil(seconds / LONGEST_CLIP_SECONDS);
  return Array.from({ length: count }, () => Math.round((seconds / count) * 10) / 10);
}

function createWalker(
  cutouts: readonly Cutout[],
  place: PlaceName,
  size: Size,
  isBackwards: boolean,
): Walker {
  const there = LANES[place][size];
  const lane = isBackwards
    ? { from: there.to, to: there.from, high: [there.high[1], there.high[0]] as const }
    : there;
  const pixels = Math.hypot(lane.to[0] - lane.from[0], lane.to[1] - lane.from[1]);
  const metrePixels = (((lane.high[0] + lane.high[1]) / 2) * 360) / 1.72;
  // Far away a walk across the whole picture would take a minute.
  const seconds = Math.min(20, pixels / metrePixels / METRES_PER_SECOND);
  const fromMs = WALK_FROM_SECONDS * 1000;
  return { cutouts, lane, fromMs, toMs: fromMs + Math.round(seconds * 5) * 200 };
}

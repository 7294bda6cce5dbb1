import { type Box, boxAround } from "../../core/geometry.ts";
import type { Crop } from "./look-crop.ts";
import type { PersonModelFacts } from "./person-model.ts";

/** What one look is worth: as many pixels as 416x224. Fewer lose the far people, more cost in proportion. */
const LOOK_PIXELS = 416 * 224;
/** Wide, as pictures are: one who stands fits by the height, and a neighbour beside. */
const CROP_SIDES = { width: 416, height: 224 };
/** A crop is so many times as large as what moves in it: the model wants to see the surroundings, and feet below a belly. */
const MARGIN = 1.6;
/** No crop is lower than this share of the picture: one of 8 % of the height then fills a quarter of it. */
const LEAST_HEIGHT = 0.3;
/** A crop this high shows no more than the whole picture does. */
const WHOLE_HEIGHT = 0.75;
/** Two crops become one unless things in the smaller one would be seen this much smaller. */
const MOST_COARSER = 1.5;
/** One whom a half would cut is whole in the other. */
const HALF_WIDTH = 0.6;
/** Crops of one picture. What is beyond waits for the next: see `LookMemory`. */
export const MAX_CROPS = 3;

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export type Sides = PersonModelFacts["sides"];

export const WHOLE: Box = { x: 0, y: 0, width: 1, height: 1 };

/** The parts of a picture to look at so that everything in `targets` is seen, neighbours together. */
export function planCrops(targets: readonly Box[], picture: PictureSize, sides: Sides): Crop[] {
  const aspect = cropAspect(picture);
  let areas = targets.map((target) => areaAround(target, aspect));
  for (let merged = true; merged; ) {
    merged = false;
    for (let i = 0; i < areas.length && !merged; i++) {
      for (let j = i + 1; j < areas.length && !merged; j++) {
        const one = areas[i] as Area;
        const other = areas[j] as Area;
        const both = areaAround(boxAround(one.targets, other.targets), aspect);
        if (both.box.height > Math.min(one.box.height, other.box.height) * MOST_COARSER) continue;
        areas = [...areas.filter((area) => area !== one && area !== other), both];
        merged = true;
      }
    }
  }
  const crops = areas.map(({ box }) => cropOf(box, picture, sides));
  // The whole picture is one crop, however many targets are so large.
  return crops.filter(
    ({ box }, index) => !isWhole(box) || crops.findIndex((crop) => isWhole(crop.box)) === index,
  );
}

/** Looks for the sake of no one thing: each half of the picture, where far people are larger than in the whole. */
export function patrolCrops(picture: PictureSize, sides: Sides): readonly [left: Crop, right: Crop] {
  const half = (x: number): Crop => cropOf({ x, y: 0, width: HALF_WIDTH, height: 1 }, picture, sides);
  return [half(0), half(1 - HALF_WIDTH)];
}

export function isWhole({ width, height }: Box): boolean {
  return width === 1 && height === 1;
}

interface Area {
  readonly targets: Box;
  readonly box: Box;
}

/** The width of a crop in fractions of the picture for each fraction of its height. */
function cropAspect({ width, height }: PictureSize): number {
  return (CROP_SIDES.width / CROP_SIDES.height) * (height / width);
}

function areaAround(targets: Box, aspect: number): Area {
  const wanted = Math.max(LEAST_HEIGHT, targets.height * MARGIN, (targets.width * MARGIN) / aspect);
  if (wanted >= WHOLE_HEIGHT) return { targets, box: WHOLE };
  const height = wanted;
  const width = Math.min(1, wanted * aspect);
  const x = Math.min(1 - width, Math.max(0, targets.x + targets.width / 2 - width / 2));
  const y = Math.min(1 - height, Math.max(0, targets.y + targets.height / 2 - height / 2));
  return { targets, box: { x, y, width, height } };
}

/** How large the model sees it: its own aspect as nearly as sides that the model takes allow. */
function cropOf(box: Box, picture: PictureSize, sides: Sides): Crop {
  const aspect = (box.width * picture.width) / (box.height * picture.height);
  const height = Math.sqrt(LOOK_PIXELS / aspect);
  return {
    box,
    width: fitted(height * aspect, sides.multiple, sides.width),
    height: fitted(height, sides.multiple, sides.height),
  };
}

function fitted(size: number, multiple: number, most: number): number {
  return Math.min(Math.floor(most / multiple), Math.max(1, Math.round(size / multiple))) * multiple;
}

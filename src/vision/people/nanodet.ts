import {
  type Declared,
  LARGEST_SIDE,
  type ModelKind,
  type Numbers,
  STRIDES,
  wrongShape,
} from "./model-kind.ts";
import { type Candidate, personBoxes } from "./person-boxes.ts";
import { LEAST_SCORE, type LookPicture, type PersonBox } from "./person-model.ts";

/** COCO's classes; the first is the person. */
const CLASSES = 80;
/** A distance is given as how likely each of so many is, from 0 to 10 strides. */
const BINS = 11;
/** Left, top, right, bottom of the box, as seen from its grid cell's middle. */
const SIDES = 4;

/**
 * NanoDet-g as `src/setup/nanodet-to-onnx.mjs` writes it: pictures as they lie in memory, then for each stride a grid of
 * scores and one of distances. Reading follows NanoDetHead of https://github.com/RangiLyu/nanodet.
 */
export function nanodet(inputs: readonly Declared[], outputs: readonly Declared[]): ModelKind | undefined {
  const [input, ...others] = inputs;
  const takesPictures =
    input?.type === "uint8" && input.shape.length === 4 && input.shape[0] === 1 && input.shape[3] === 3;
  const channels = outputs.map(({ shape }) => shape[1]);
  const gives = (count: number): number => channels.filter((channel) => channel === count).length;
  const givesGrids = gives(CLASSES) === STRIDES.length && gives(BINS * SIDES) === STRIDES.length;
  if (!takesPictures || others.length > 0 || !givesGrids || outputs.length !== 2 * STRIDES.length) {
    return undefined;
  }
  return {
    id: "nanodet-g",
    sides: { multiple: 32, width: LARGEST_SIDE, height: LARGEST_SIDE },
    usualScore: 0.4,
    input: input.name,
    feed: ({ width, height, pixels }) => ({ dims: [1, height, width, 3], data: pixels }),
    read,
  };
}

function read(outputs: readonly Numbers[], { width, height }: LookPicture): PersonBox[] {
  const candidates = STRIDES.flatMap((stride) => {
    const columns = width / stride;
    const rows = height / stride;
    const grid = (channels: number): Numbers["data"] => {
      const found = outputs.find(({ dims }) => dims.join() === [1, channels, rows, columns].join());
      if (!found) throw wrongShape(`the model gives no ${channels} numbers for each ${stride} pixels`);
      return found.data;
    };
    return readGrid(grid(CLASSES), grid(BINS * SIDES), { stride, columns, rows });
  });
  return personBoxes(candidates, width, height);
}

function readGrid(
  scores: Numbers["data"],
  distances: Numbers["data"],
  { stride, columns, rows }: { readonly stride: number; readonly columns: number; readonly rows: number },
): Candidate[] {
  const cells = columns * rows;
  const candidates: Candidate[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const score = scores[cell] as number;
    if (!(score >= LEAST_SCORE) || isRather(scores, cell, cells, score)) continue;
    const x = ((cell % columns) + 0.5) * stride;
    const y = (Math.floor(cell / columns) + 0.5) * stride;
    const side = (index: number): number => stride * expectedBin(distances, cell, cells, index * BINS);
    candidates.push({ left: x - side(0), top: y - side(1), right: x + side(2), bottom: y + side(3), score });
  }
  return candidates;
}

/** Whether the model takes what is in a cell for something else than a person: a dog, a duck, a boat. */
function isRather(scores: Numbers["data"], cell: number, cells: number, person: number): boolean {
  for (let other = 1; other < CLASSES; other++) {
    if ((scores[other * cells + cell] as number) > person) return true;
  }
  return false;
}

/** The mean of the bins, each as likely as the softmax over them says. */
function expectedBin(distances: Numbers["data"], cell: number, cells: number, first: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let bin = 0; bin < BINS; bin++) {
    highest = Math.max(highest, distances[(first + bin) * cells + cell] as number);
  }
  let sum = 0;
  let weighted = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const share = Math.exp((distances[(first + bin) * cells + cell] as number) - highest);
    sum += share;
    weighted += share * bin;
  }
  return weighted / sum;
}

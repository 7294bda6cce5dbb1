import type { RememberedLook } from "../core/camera-health.ts";
import { BLOCK_COLUMNS, BLOCKS, type BlockEdges, blockEdges } from "./blocks.ts";

/** How far a camera's turn is searched for, in pixels of the layout (a quarter of the picture's size). */
const REACH_X = 12;
const REACH_Y = 8;
/** Shifts nearer than this belong to the peak itself. */
const PEAK_RADIUS = 2;
/** Mean squared edge weight of a block above which it has structure. */
const STRUCTURED = 0.02;
/** A block lost its structure when this share of it is left. */
const LOST = 0.3;
/** With fewer structured blocks a place has nothing to be known by. */
const LEAST_BLOCKS = 12;
/** Layouts that agree this well need no search: measured 0.5 to 1 for the same place, 0.3 at most for another. */
const ALIKE = 0.5;
/** How far the agreement in place stands out from that at other shifts, in their deviations: 7 to 28 in place, below 3 if not. */
const STANDS_OUT = 5;
const LOST_IN_THE_REST = 3.5;

/** A place's edges and brightness, averaged over time: what moves and noise fade. */
export class Look {
  readonly width: number;
  readonly height: number;
  readonly planes: Float32Array;
  readonly blockLuma: Float32Array;
  sharpness: number | null;
  /** Energy of the averaged edges of each block. */
  readonly energy = new Float32Array(BLOCKS);
  readonly #edges: BlockEdges;
  #structuredBlocks = 0;

  constructor(
    width: number,
    height: number,
    content?: { planes: Float32Array; blockLuma: Float32Array; sharpness: number | null },
  ) {
    this.width = width;
    this.height = height;
    this.#edges = blockEdges(width, height);
    this.planes = content?.planes ?? new Float32Array(width * height * 2);
    this.blockLuma = content?.blockLuma ?? new Float32Array(BLOCKS);
    this.sharpness = content?.sharpness ?? null;
    if (content) this.#weigh();
  }

  /** Takes over `share` (0 to 1) of what is seen. */
  follow(
    seen: { planes: Float32Array; blockLuma: Float32Array; sharpness: number | null },
    share: number,
  ): void {
    blend(this.planes, seen.planes, share);
    blend(this.blockLuma, seen.blockLuma, share);
    if (seen.sharpness !== null) {
      this.sharpness =
        this.sharpness === null ? seen.sharpness : this.sharpness + share * (seen.sharpness - this.sharpness);
    }
    this.#weigh();
  }

  copy(): Look {
    const { planes, blockLuma, sharpness } = this;
    const content = { planes: planes.slice(), blockLuma: blockLuma.slice(), sharpness };
    return new Look(this.width, this.height, content);
  }

  /** Whether there is enough in it to be known again. */
  isStructured(): boolean {
    return this.#structuredBlocks >= LEAST_BLOCKS;
  }

  remember(): RememberedLook {
    return {
      planes: Buffer.from(Int8Array.from(this.planes, (value) => Math.round(value * 127)).buffer).toString(
        "base64",
      ),
      blockLuma: Buffer.from(Uint8Array.from(this.blockLuma, Math.round)).toString("base64"),
      sharpness: this.sharpness,
    };
  }

  /** Undefined for what is no look of this size. */
  static recall(width: number, height: number, kept: RememberedLook): Look | undefined {
    const planes = Buffer.from(kept.planes, "base64");
    const blockLuma = Buffer.from(kept.blockLuma, "base64");
    if (planes.length !== width * height * 2 || blockLuma.length !== BLOCKS) return undefined;
    return new Look(width, height, {
      planes: Float32Array.from(new Int8Array(planes), (value) => value / 127),
      blockLuma: Float32Array.from(blockLuma),
      sharpness: kept.sharpness,
    });
  }

  #weigh(): void {
    const { width, height, planes, energy } = this;
    const { left, top } = this.#edges;
    const size = width * height;
    const perBlock = size / BLOCKS;
    this.#structuredBlocks = 0;
    for (let block = 0; block < BLOCKS; block++) {
      const row = (block / BLOCK_COLUMNS) | 0;
      const column = block - row * BLOCK_COLUMNS;
      let sum = 0;
      for (let y = top[row] as number; y < (top[row + 1] as number); y++) {
        const end = y * width + (left[column + 1] as number);
        for (let i = y * width + (left[column] as number); i < end; i++) {
          const cosine = planes[i] as number;
          const sine = planes[size + i] as number;
          sum += cosine * cosine + sine * sine;
        }
      }
      energy[block] = sum / perBlock;
      if (sum / perBlock > STRUCTURED) this.#structuredBlocks++;
    }
  }
}

function blend(target: Float32Array, source: Float32Array, share: number): void {
  for (let i = 0; i < target.length; i++) {
    const before = target[i] as number;
    target[i] = before + share * ((source[i] as number) - before);
  }
}

/** How well the edges of two looks agree when the second is shifted, -1 to 1. */
export function agreement(one: Look, other: Look, shiftX = 0, shiftY = 0): number {
  const { width, height } = one;
  const size = width * height;
  const a = one.planes;
  const b = other.planes;
  let both = 0;
  let ones = 0;
  let others = 0;
  for (let y = Math.max(0, -shiftY); y < Math.min(height, height - shiftY); y++) {
    const end = y * width + Math.min(width, width - shiftX);
    const offset = shiftY * width + shiftX;
    for (let i = y * width + Math.max(0, -shiftX); i < end; i++) {
      const j = i + offset;
      const ax = a[i] as number;
      const ay = a[size + i] as number;
      const bx = b[j] as number;
      const by = b[size + j] as number;
      both += ax * bx + ay * by;
      ones += ax * ax + ay * ay;
      others += bx * bx + by * by;
    }
  }
  return ones > 0 && others > 0 ? both / Math.sqrt(ones * others) : 0;
}

/** Whether `seen` shows the place of `reference`; null where that cannot be told. */
export function placeOf(reference: Look, seen: Look): "same" | "other" | null {
  if (!reference.isStructured() || !seen.isStructured()) return null;
  const inPlace = agreement(reference, seen);
  if (inPlace >= ALIKE) return "same";
  let best = { x: 0, y: 0, value: inPlace };
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let y = -REACH_Y; y <= REACH_Y; y++) {
    for (let x = -REACH_X; x <= REACH_X; x++) {
      const value = agreement(reference, seen, x, y);
      if (value > best.value) best = { x, y, value };
      if (Math.max(Math.abs(x), Math.abs(y)) <= PEAK_RADIUS) continue;
      sum += value;
      squares += value * value;
      count++;
    }
  }
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(1e-6, squares / count - mean * mean));
  const standsOut = (inPlace - mean) / deviation;
  const isElsewhere = Math.max(Math.abs(best.x), Math.abs(best.y)) >= PEAK_RADIUS;
  if (isElsewhere && (best.value - mean) / deviation > standsOut + 1) return "other";
  if (standsOut < LOST_IN_THE_REST) return "other";
  return standsOut >= STANDS_OUT ? "same" : null;
}

/** What is left of a reference's structure and brightness; see `PictureReport`. */
export function compareBlocks(
  reference: Look,
  seen: Look,
): { lostShare: number; likeness: number; lostLuma: number | null } | undefined {
  if (!reference.isStructured()) return undefined;
  const lost: number[] = [];
  let structured = 0;
  for (let block = 0; block < BLOCKS; block++) {
    const energy = reference.energy[block] as number;
    if (energy <= STRUCTURED) continue;
    structured++;
    if ((seen.energy[block] as number) < energy * LOST) lost.push(block);
  }
  return {
    lostShare: lost.length / structured,
    likeness: correlation(reference.blockLuma, seen.blockLuma),
    lostLuma: lost.length === 0 ? null : meanOf(seen.blockLuma, lost),
  };
}

function meanOf(luma: Float32Array, blocks: readonly number[]): number {
  return blocks.reduce((sum, block) => sum + (luma[block] as number), 0) / blocks.length;
}

function correlation(one: Float32Array, other: Float32Array): number {
  const mean = (values: Float32Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [a, b] = [mean(one), mean(other)];
  let both = 0;
  let ones = 0;
  let others = 0;
  for (let i = 0; i < one.length; i++) {
    const x = (one[i] as number) - a;
    const y = (other[i] as number) - b;
    both += x * y;
    ones += x * x;
    others += y * y;
  }
  return ones > 0 && others > 0 ? both / Math.sqrt(ones * others) : 0;
}

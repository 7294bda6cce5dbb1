import type { Box } from "../../core/geometry.ts";
import type { VideoPicture } from "../../core/picture.ts";
import type { LookPicture } from "./person-model.ts";

/** A part of the picture, and how large the model is to see it. */
export interface Crop {
  /** In fractions of the picture, inside it. */
  readonly box: Box;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** Fixed point: 8 bits of fraction between two pixels. */
const ONE = 256;

/**
 * Cuts a part out of a picture in colour and scales it, between pixels linearly. The colours are those of ITU-R BT.601
 * with luma 16 to 235, which is what cameras send at this size.
 */
export function cutCrop(picture: VideoPicture, { box, width, height }: Crop): LookPicture {
  // Clamped by the array itself: half of all pixels would mispredict a branch.
  const pixels = new Uint8ClampedArray(width * height * 3);
  const { width: fullWidth, height: fullHeight, pixels: planes } = picture;
  const halfWidth = fullWidth >> 1;
  const blueAt = fullWidth * fullHeight;
  const redAt = blueAt + halfWidth * (fullHeight >> 1);
  const columns = samples(box.x * fullWidth, box.width * fullWidth, width, fullWidth);
  const rows = samples(box.y * fullHeight, box.height * fullHeight, height, fullHeight);
  for (let y = 0, to = 0; y < height; y++) {
    const row = rows[2 * y] as number;
    const down = rows[2 * y + 1] as number;
    const above = row * fullWidth;
    const below = Math.min(row + 1, fullHeight - 1) * fullWidth;
    const chroma = Math.min(row >> 1, (fullHeight >> 1) - 1) * halfWidth;
    for (let x = 0; x < width; x++, to += 3) {
      const left = columns[2 * x] as number;
      const across = columns[2 * x + 1] as number;
      const right = Math.min(left + 1, fullWidth - 1);
      const upper =
        (planes[above + left] as number) * (ONE - across) + (planes[above + right] as number) * across;
      const lower =
        (planes[below + left] as number) * (ONE - across) + (planes[below + right] as number) * across;
      const luma = (upper * (ONE - down) + lower * down) >> 16;
      const at = chroma + Math.min(left >> 1, halfWidth - 1);
      const blue = (planes[blueAt + at] as number) - 128;
      const red = (planes[redAt + at] as number) - 128;
      const base = 298 * (luma - 16) + 128;
      pixels[to] = (base + 409 * red) >> 8;
      pixels[to + 1] = (base - 100 * blue - 208 * red) >> 8;
      pixels[to + 2] = (base + 516 * blue) >> 8;
    }
  }
  return { width, height, pixels: new Uint8Array(pixels.buffer) };
}

/** From a part of the picture to the whole. */
export function inPicture(box: Box, { box: crop }: Crop): Box {
  return {
    x: crop.x + box.x * crop.width,
    y: crop.y + box.y * crop.height,
    width: box.width * crop.width,
    height: box.height * crop.height,
  };
}

/** For each of `count` pixels of a part: the pixel of the whole before its middle, and how far behind it in 1/256. */
function samples(from: number, length: number, count: number, most: number): Int32Array {
  const found = new Int32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const at = Math.min(most - 1, Math.max(0, from + ((i + 0.5) * length) / count - 0.5));
    const whole = Math.floor(at);
    found[2 * i] = whole;
    found[2 * i + 1] = Math.round((at - whole) * (ONE - 1));
  }
  return found;
}

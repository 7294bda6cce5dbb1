/** A colour that differs so much from the empty place belongs to somebody; shadows on wall and floor differ less. */
const DIFFERS = 30;
/** Share of a pixel's neighbours that must differ: closes small gaps, drops specks. */
const MOST = 0.45;
/** Nearer than this to the picture's edge, part of the figure may lie outside. */
const EDGE_PIXELS = 3;
/** A hole smaller than this, of the figure, is a place that happens to look like what is behind it. */
const HOLE_SHARE = 0.004;
const LEAST_HIGH = 0.4;
const MOST_WIDE = 0.62;

/** Somebody in a picture: how opaque each pixel of the whole picture is, 0 to 255, and the rectangle with all of it. */
export interface Figure {
  readonly alpha: Uint8Array;
  readonly left: number;
  readonly top: number;
  readonly wide: number;
  readonly high: number;
}

/** The one upright figure that differs from the empty place (RGB both); undefined where there is none that is whole. */
export function findFigure(
  pixels: Uint8Array,
  empty: Uint8Array,
  width: number,
  height: number,
): Figure | undefined {
  const differs = new Float32Array(width * height);
  for (let at = 0; at < differs.length; at++) {
    const i = at * 3;
    const most = Math.max(
      Math.abs((pixels[i] as number) - (empty[i] as number)),
      Math.abs((pixels[i + 1] as number) - (empty[i + 1] as number)),
      Math.abs((pixels[i + 2] as number) - (empty[i + 2] as number)),
    );
    differs[at] = most > DIFFERS ? 1 : 0;
  }
  const near = blur(differs, width, height, 2);
  const candidates = Uint8Array.from(near, (share) => (share > MOST ? 1 : 0));
  const figure = largest(candidates, width, height);
  if (!figure) return undefined;
  const { left, right, top, bottom } = figure;
  const wide = right - left + 1;
  const high = bottom - top + 1;
  const isWhole =
    left >= EDGE_PIXELS && top >= EDGE_PIXELS && right < width - EDGE_PIXELS && bottom < height - EDGE_PIXELS;
  if (!isWhole || high < height * LEAST_HIGH || wide > high * MOST_WIDE) return undefined;
  const soft = blur(Float32Array.from(figure.mask), width, height, 1);
  const alpha = Uint8Array.from(soft, (share) => Math.max(0, Math.min(255, (share - 0.4) * 425)));
  return { alpha, left, top, wide, high };
}

/** Mean over a square of `2 * radius + 1`; what lies outside counts as 0. By a table of sums from the top left corner. */
function blur(values: Float32Array, width: number, height: number, radius: number): Float32Array {
  const stride = width + 1;
  const sums = new Float64Array(stride * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += values[y * width + x] as number;
      sums[(y + 1) * stride + x + 1] = (sums[y * stride + x + 1] as number) + row;
    }
  }
  const out = new Float32Array(values.length);
  const size = (2 * radius + 1) ** 2;
  for (let y = 0; y < height; y++) {
    const above = Math.max(0, y - radius) * stride;
    const below = Math.min(height, y + radius + 1) * stride;
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - radius);
      const right = Math.min(width, x + radius + 1);
      const inside = (sums[below + right] as number) - (sums[above + right] as number);
      const before = (sums[below + left] as number) - (sums[above + left] as number);
      out[y * width + x] = (inside - before) / size;
    }
  }
  return out;
}

interface Patch {
  /** Their indices. */
  readonly pixels: Int32Array;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Pixels with the value that touch each other along a side, patch by patch. */
function patchesOf(mask: Uint8Array, value: 0 | 1, width: number, height: number): Patch[] {
  const patches: Patch[] = [];
  const seen = new Uint8Array(mask.length);
  const found = new Int32Array(mask.length);
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== value || seen[start] === 1) continue;
    let count = 0;
    const visit = (at: number): void => {
      if (mask[at] !== value || seen[at] === 1) return;
      seen[at] = 1;
      found[count++] = at;
    };
    visit(start);
    let [left, right, top, bottom] = [width, 0, height, 0];
    for (let next = 0; next < count; next++) {
      const at = found[next] as number;
      const x = at % width;
      const y = (at - x) / width;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
      if (x > 0) visit(at - 1);
      if (x < width - 1) visit(at + 1);
      if (y > 0) visit(at - width);
      if (y < height - 1) visit(at + width);
    }
    patches.push({ pixels: found.slice(0, count), left, right, top, bottom });
  }
  return patches;
}

/** The largest patch alone, its small holes closed: between legs one sees through, in a shirt one does not. */
function largest(
  candidates: Uint8Array,
  width: number,
  height: number,
): (Patch & { readonly mask: Uint8Array }) | undefined {
  const [best] = patchesOf(candidates, 1, width, height).sort((a, b) => b.pixels.length - a.pixels.length);
  if (!best) return undefined;
  const mask = new Uint8Array(candidates.length);
  for (const at of best.pixels) mask[at] = 1;
  for (const hole of patchesOf(mask, 0, width, height)) {
    if (hole.pixels.length < best.pixels.length * HOLE_SHARE) for (const at of hole.pixels) mask[at] = 1;
  }
  return { ...best, mask };
}

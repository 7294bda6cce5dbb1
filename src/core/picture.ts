import type { Moment } from "./time.ts";

/** One analysed picture: 8-bit luma, row by row, `width * height` bytes; the planes of a `VideoPicture` may follow. */
export interface GrayPicture {
  readonly camera: string;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** When it came out of the decoder. */
  readonly at: Moment;
}

/**
 * A picture with colour, 4:2:0 as video carries it: the luma, then the two planes of colour (blue, red) of half the width
 * and height. Both sides are even.
 */
export interface VideoPicture {
  readonly width: number;
  readonly height: number;
  /** `width * height * 1.5` bytes. */
  readonly pixels: Uint8Array;
}

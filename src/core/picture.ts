import type { Moment } from "./time.ts";

/** One analysed picture: 8-bit luma, row by row, `width * height` bytes. */
export interface GrayPicture {
  readonly camera: string;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** When it came out of the decoder. */
  readonly at: Moment;
}

import type { PictureSize } from "./jpeg-size.ts";

/** The signature, and the length and name of the header that comes first. */
const START = Uint8Array.of(
  0x89,
  0x50,
  0x4e,
  0x47,
  0x0d,
  0x0a,
  0x1a,
  0x0a,
  0,
  0,
  0,
  13,
  0x49,
  0x48,
  0x44,
  0x52,
);

/** From the header of a PNG (ISO/IEC 15948, 11.2.2); undefined where it is none. */
export function pngSize(png: Uint8Array): PictureSize | undefined {
  if (png.byteLength < START.length + 8 || !START.every((byte, index) => png[index] === byte))
    return undefined;
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  return { width: view.getUint32(START.length), height: view.getUint32(START.length + 4) };
}

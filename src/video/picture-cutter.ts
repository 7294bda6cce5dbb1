import type { Readable } from "node:stream";

/** Cuts raw pictures of `size` bytes out of what a decoder gives; each gets a buffer of its own. */
export function cutPictures(
  stdout: Readable,
  size: number,
  onPixels: (pixels: Uint8Array<ArrayBuffer>) => void,
): void {
  let picture = new Uint8Array(size);
  let filled = 0;
  stdout.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(size - filled, chunk.length - at);
      picture.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled === size) {
        onPixels(picture);
        picture = new Uint8Array(size);
        filled = 0;
      }
    }
  });
}

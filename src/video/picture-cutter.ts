import type { Readable } from "node:stream";

/** Cuts raw pictures of `size` bytes out of what a decoder gives; each gets a buffer of its own. */
export function cutPictures(
  stdout: Readable,
  size: number,
  onPixels: (pixels: Uint8Array<ArrayBuffer>) => void,
): void {
  let picture = new Uint8Array(0);
  let filled = 0;
  stdout.on("data", (chunk: Buffer<ArrayBuffer>) => {
    // A picture in one piece, as it usually comes, is passed on without a copy.
    if (filled === 0 && chunk.length === size && chunk.buffer.byteLength === size) {
      onPixels(new Uint8Array(chunk.buffer));
      return;
    }
    for (let at = 0; at < chunk.length; ) {
      if (filled === 0) picture = new Uint8Array(size);
      const taken = Math.min(size - filled, chunk.length - at);
      picture.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled === size) {
        filled = 0;
        onPixels(picture);
      }
    }
  });
}

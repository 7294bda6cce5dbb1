/** What stands at the beginning of some bytes. */
export type FrameMatch<Frame> =
  | { readonly kind: "frame"; readonly frame: Frame; readonly length: number }
  /** Could become a frame when more bytes come. */
  | { readonly kind: "incomplete" }
  /** No frame begins here. */
  | { readonly kind: "mismatch" };

/**
 * Finds frames in bytes that come in pieces of any size. After noise or a broken frame it goes on with the next byte,
 * so that one lost byte costs one frame.
 * @param match must answer `incomplete` only for a bounded number of bytes: so many are kept.
 */
export function createFrameDecoder<Frame>(
  match: (bytes: Buffer) => FrameMatch<Frame>,
): (bytes: Uint8Array) => Frame[] {
  let pending: Buffer = Buffer.alloc(0);
  return (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    const frames: Frame[] = [];
    while (pending.length > 0) {
      const found = match(pending);
      if (found.kind === "incomplete") break;
      if (found.kind === "frame") frames.push(found.frame);
      pending = pending.subarray(found.kind === "frame" ? found.length : 1);
    }
    return frames;
  };
}

/** Kinds of video sample entries: H.264 and H.265 in ISO/IEC 14496-15. */
const ENTRIES = ["avc1", "avc3", "hvc1", "hev1"].map((name) => Buffer.from(name));
/** From the entry's name to its width: ISO/IEC 14496-12, VisualSampleEntry. The height follows. */
const WIDTH_AT = 4 + 24;

/** The size in pixels of the pictures that an init segment announces; undefined where it announces none. */
export function pictureSizeOf(
  init: Uint8Array,
): { readonly width: number; readonly height: number } | undefined {
  const bytes = Buffer.from(init.buffer, init.byteOffset, init.byteLength);
  const table = bytes.indexOf("stsd");
  if (table < 0) return undefined;
  for (const entry of ENTRIES) {
    const at = bytes.indexOf(entry, table);
    if (at < 0 || at + WIDTH_AT + 4 > bytes.length) continue;
    const width = bytes.readUInt16BE(at + WIDTH_AT);
    const height = bytes.readUInt16BE(at + WIDTH_AT + 2);
    if (width > 0 && height > 0) return { width, height };
  }
  return undefined;
}

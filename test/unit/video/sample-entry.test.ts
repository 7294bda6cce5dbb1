import { describe, expect, test } from "vitest";
import { pictureSizeOf } from "../../../src/video/sample-entry.ts";

/** ISO/IEC 14496-12: a sample description with one entry, whose size stands 24 bytes behind its name. */
function init(entry: string, width: number, height: number): Uint8Array {
  const size = Buffer.alloc(4);
  size.writeUInt16BE(width, 0);
  size.writeUInt16BE(height, 2);
  return Buffer.concat([Buffer.from("....stsd........"), Buffer.from(entry), Buffer.alloc(24), size]);
}

describe("the size of pictures", () => {
  test.each(["avc1", "avc3", "hvc1", "hev1"])("is read off an entry %s", (entry) => {
    expect(pictureSizeOf(init(entry, 704, 576))).toEqual({ width: 704, height: 576 });
  });

  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array()],
    ["no sample description", Buffer.from("avc1, and a lot of other things that follow behind it")],
    ["an entry that ends too early", init("avc1", 704, 576).subarray(0, 40)],
    ["an entry without a size", init("avc1", 0, 0)],
    ["sound only", init("mp4a", 704, 576)],
  ])("is not known of %s", (_, bytes) => {
    expect(pictureSizeOf(bytes)).toBeUndefined();
  });
});

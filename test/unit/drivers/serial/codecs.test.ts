import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createDfplayerDecoder,
  dfplayerMessage,
  encodeDfplayer,
} from "../../../../src/drivers/serial/dfplayer-codec.ts";
import { createLcusDecoder, encodeLcus } from "../../../../src/drivers/serial/lcus-codec.ts";

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(" ");
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

/** Feeds `bytes` in pieces that end at `cuts`. */
function inPieces<T>(decode: (bytes: Uint8Array) => T[], bytes: Buffer, cuts: readonly number[]): T[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const edges = [0, ...ends, bytes.length];
  return edges.slice(1).flatMap((end, index) => decode(bytes.subarray(edges[index], end)));
}

/** What `frames` decode to, for every place at which the line may cut them in two. */
function expectAtEveryCut<T>(create: () => (bytes: Uint8Array) => T[], bytes: Buffer, frames: T[]): void {
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(inPieces(create(), bytes, [cut])).toEqual(frames);
  }
  expect(inPieces(create(), bytes, [...bytes.keys()])).toEqual(frames);
}

const cuts = fc.array(fc.nat(), { maxLength: 8 });
const lcusFrame = fc.record({ channel: fc.integer({ min: 1, max: 254 }), on: fc.boolean() });
const dfplayerFrame = fc.record({
  command: fc.integer({ min: 0, max: 255 }),
  parameter: fc.integer({ min: 0, max: 65_535 }),
});

describe("the LCUS codec", () => {
  test.each([
    [{ channel: 1, on: true }, "A0 01 01 A2"],
    [{ channel: 1, on: false }, "A0 01 00 A1"],
  ])("writes %o as %s", (frame, bytes) => {
    expect(hex(encodeLcus(frame))).toBe(bytes);
  });

  test("reads back what it wrote, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(lcusFrame, { maxLength: 5 }), cuts, (frames, ends) => {
        const bytes = Buffer.concat(frames.map(encodeLcus));
        expect(inPieces(createLcusDecoder(), bytes, ends)).toEqual(frames);
      }),
    );
  });

  test("reads two frames cut at every place", () => {
    expectAtEveryCut(createLcusDecoder, bytesOf("A0 01 01 A2 A0 02 00 A2"), [
      { channel: 1, on: true },
      { channel: 2, on: false },
    ]);
  });

  test("finds a frame after any noise that holds no start byte", () => {
    const noise = fc
      .uint8Array({ maxLength: 20 })
      .map((bytes) => bytes.map((byte) => (byte === 0xa0 ? 0 : byte)));
    fc.assert(
      fc.property(noise, lcusFrame, (before, frame) => {
        expect(createLcusDecoder()(Buffer.concat([before, encodeLcus(frame)]))).toEqual([frame]);
      }),
    );
  });

  test("drops a frame with a wrong sum and takes the next", () => {
    const decode = createLcusDecoder();
    expect(decode(bytesOf("A0 01 01 A3 A0 02 00 A2"))).toEqual([{ channel: 2, on: false }]);
  });
});

describe("the DFPlayer codec", () => {
  test.each([
    [{ command: 0x03, parameter: 1 }, "7E FF 06 03 00 00 01 FE F7 EF"],
    [{ command: 0x06, parameter: 20 }, "7E FF 06 06 00 00 14 FE E1 EF"],
    [{ command: 0x16, parameter: 0 }, "7E FF 06 16 00 00 00 FE E5 EF"],
    [{ command: 0x12, parameter: 1 }, "7E FF 06 12 00 00 01 FE E8 EF"],
    [{ command: 0x42, parameter: 0 }, "7E FF 06 42 00 00 00 FE B9 EF"],
  ])("writes %o as %s", (message, bytes) => {
    expect(hex(encodeDfplayer(message, false))).toBe(bytes);
  });

  test("reads back what it wrote, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(dfplayerFrame, { maxLength: 4 }), cuts, (messages, ends) => {
        const bytes = Buffer.concat(messages.map((message) => encodeDfplayer(message, true)));
        expect(inPieces(createDfplayerDecoder(), bytes, ends)).toEqual(messages);
      }),
    );
  });

  test("reads two frames cut at every place", () => {
    expectAtEveryCut(
      createDfplayerDecoder,
      bytesOf("7E FF 06 41 00 00 00 FE BA EF 7E FF 06 3D 00 00 01 FE BD EF"),
      [
        { command: 0x41, parameter: 0 },
        { command: 0x3d, parameter: 1 },
      ],
    );
  });

  test("loses one frame and no more when one byte of it is wrong", () => {
    fc.assert(
      fc.property(
        dfplayerFrame,
        dfplayerFrame,
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 255 }),
        (broken, sound, at, flip) => {
          const bytes = encodeDfplayer(broken, true);
          // The feedback byte is covered by the checksum as well.
          bytes[at] = (bytes[at] ?? 0) ^ flip;
          const read = createDfplayerDecoder()(Buffer.concat([bytes, encodeDfplayer(sound, true)]));
          expect(read).toEqual([sound]);
        },
      ),
    );
  });

  test("keeps no more than one frame's worth of noise", () => {
    const decode = createDfplayerDecoder();
    for (let i = 0; i < 100; i++) expect(decode(Buffer.alloc(64, 0x7e))).toEqual([]);
    const message = { command: 0x41, parameter: 0 };
    expect(decode(encodeDfplayer(message, false))).toEqual([message]);
  });

  test.each([
    [0, 0],
    [1, 0],
    [50, 15],
    [100, 30],
    [150, 30],
  ])("takes %i percent as step %i of 30", (volumePercent, step) => {
    expect(dfplayerMessage({ volumePercent }, "index").parameter).toBe(step);
  });

  test("plays by index where the profile says so", () => {
    expect(dfplayerMessage({ play: 7 }, "index")).toEqual({ command: 0x03, parameter: 7 });
    expect(dfplayerMessage({ play: 7 }, "mp3-folder")).toEqual({ command: 0x12, parameter: 7 });
  });
});

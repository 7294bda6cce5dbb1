import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLcusRelayBoard } from "../../../../../hw/virtual/serial/lcus-relay-board.ts";

const ON_1 = Buffer.from("a00101a2", "hex");
const OFF_1 = Buffer.from("a00100a1", "hex");
const noReply = (): void => {
  throw new Error("the board never answers");
};

/** Bytes that cannot be mistaken for the start of an order. */
const garbage = fc
  .uint8Array({ maxLength: 12 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0xa0 ? 0 : byte))));

describe("the LCUS relay board", () => {
  test("switches by the frames of the datasheet and tells each movement once", () => {
    const board = createLcusRelayBoard(2);
    const moves: unknown[] = [];
    const stop = board.onChange((change) => moves.push(change));
    board.receive(ON_1, noReply);
    board.receive(ON_1, noReply);
    expect(board.channels).toEqual([true, false]);
    board.receive(OFF_1, noReply);
    stop();
    board.receive(ON_1, noReply);
    expect(moves).toEqual([
      { channel: 1, on: true },
      { channel: 1, on: false },
    ]);
  });

  test.each([
    ["a wrong checksum", "a00101a3"],
    ["channel 0", "a00001a1"],
    ["a channel it has not", "a00301a4"],
    ["an order it does not know", "a00105a6"],
  ])("ignores %s and obeys the next order", (_what, frame) => {
    const board = createLcusRelayBoard(2);
    board.receive(Buffer.from(frame, "hex"), noReply);
    expect(board.channels).toEqual([false, false]);
    board.receive(ON_1, noReply);
    expect(board.channels).toEqual([true, false]);
  });

  test("obeys every order whatever stands between them and wherever the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(garbage, fc.integer({ min: 1, max: 8 }), fc.boolean()), { maxLength: 8 }),
        fc.integer({ min: 1, max: 7 }),
        (orders, pieceLength) => {
          const board = createLcusRelayBoard(8);
          const expected = Array.from({ length: 8 }, () => false);
          const stream = Buffer.concat(
            orders.flatMap(([noise, channel, on]) => {
              expected[channel - 1] = on;
              const order = on ? 1 : 0;
              return [noise, Buffer.from([0xa0, channel, order, 0xa0 + channel + order])];
            }),
          );
          for (let at = 0; at < stream.length; at += pieceLength) {
            board.receive(stream.subarray(at, at + pieceLength), noReply);
          }
          expect(board.channels).toEqual(expected);
        },
      ),
    );
  });
});

import { expect, test } from "vitest";
import { findAnswer } from "../../../../src/drivers/modbus/rtu-port.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

const EXCHANGES: [string, string, string][] = [
  ["an order to a relay", "FF 05 00 00 FF 00 99 E4", "FF 05 00 00 FF 00 99 E4"],
  ["an order to a board's own timer", "01 05 02 00 00 07 8D B0", "01 05 02 00 00 07 8D B0"],
  ["a question for one relay", "01 01 00 00 00 01 FD CA", "01 01 01 01 90 48"],
  ["a question for eight inputs", "FF 02 00 00 00 08 6C 12", "FF 02 01 01 51 A0"],
  ["a refused order", "01 05 00 10 FF 00 8D FF", "01 85 02 C3 51"],
];

test.each(EXCHANGES)("the answer to %s is found when it is whole, and never before", (_, asked, answered) => {
  const request = hex(asked);
  const answer = hex(answered);
  for (const before of [Buffer.alloc(0), Buffer.of(0x00, 0xff, 0x01), Buffer.of(request[0] ?? 0)]) {
    const bytes = Buffer.concat([before, answer]);
    for (let cut = 0; cut < bytes.length; cut++) {
      expect(findAnswer(request, bytes.subarray(0, cut))).toBeUndefined();
    }
    expect(findAnswer(request, bytes)).toEqual(answer);
  }
});

test.each(EXCHANGES)("the answer to %s is not believed with any one bit wrong", (_, asked, answered) => {
  const answer = hex(answered);
  for (let bit = 0; bit < answer.length * 8; bit++) {
    const broken = Buffer.from(answer);
    broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(findAnswer(hex(asked), broken)).toBeUndefined();
  }
});

test("the echo of a question is not its answer", () => {
  const question = hex("01 01 00 00 00 01 FD CA");
  expect(findAnswer(question, question)).toBeUndefined();
  expect(findAnswer(question, Buffer.concat([question, hex("01 01 01 01 90 48")]))).toEqual(
    hex("01 01 01 01 90 48"),
  );
});

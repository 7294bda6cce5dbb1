import { expect, test } from "vitest";
import {
  createLcRelayBoard,
  createOneBasedRelayBoard,
  createWaveshareRelayBoard,
} from "../../../../../hw/virtual/modbus/relay-board.ts";
import { createRtuLine } from "../../../../../hw/virtual/modbus/rtu-line.ts";
import type { ByteDevice } from "../../../../../hw/virtual/serial/byte-device.ts";
import { createJq8900Module } from "../../../../../hw/virtual/serial/jq8900-module.ts";
import { createSpeechChip } from "../../../../../hw/virtual/serial/speech-module.ts";
import { createZoneAmplifier } from "../../../../../hw/virtual/serial/zone-amplifier.ts";

/** What a device answers to bytes, as they stand in its datasheet. */
function answerTo(device: ByteDevice, bytes: string): string {
  const heard: Buffer[] = [];
  device.receive(Buffer.from(bytes.replaceAll(" ", ""), "hex"), (answer) => heard.push(answer));
  return (Buffer.concat(heard).toString("hex").toUpperCase().match(/../g) ?? []).join(" ");
}

test("a JQ8900 plays, tells and stops by the bytes of its sheet", () => {
  const module = createJq8900Module(new Map([[1, 60_000]]));
  expect(answerTo(module, "AA 01 00 AB")).toBe("AA 01 01 00 AC");
  expect(answerTo(module, "AA 13 01 14 D2 AA 07 02 00 01 B4")).toBe("");
  expect([module.playing, module.volume]).toEqual([1, 20]);
  expect(answerTo(module, "AA 01 00 AB")).toBe("AA 01 01 01 AD");
  answerTo(module, "AA 04 00 AF");
  expect(module.playing).toBe(1);
  answerTo(module, "AA 04 00 AE");
  expect(module.playing).toBeUndefined();
});

test("a SYN6288 reads GBK, checks its XOR and tells whether it is busy", () => {
  const chip = createSpeechChip({ chip: "syn6288", msPerCharacter: 60_000 });
  expect(answerTo(chip, "FD 00 07 01 01 C4 E3 BA C3 A4")).toBe("41");
  expect(chip.speaking).toBe("你好");
  expect(answerTo(chip, "FD 00 02 21 DE")).toBe("41 4E");
  expect(answerTo(chip, "FD 00 02 02 FD")).toBe("41 4F");
  expect(answerTo(chip, "FD 00 07 01 01 C4 E3 BA C3 A5")).toBe("45");
  expect(chip.spoken).toHaveLength(1);
});

test("an XFS5152CE reads GBK without a checksum", () => {
  const chip = createSpeechChip({ chip: "xfs5152", msPerCharacter: 60_000 });
  expect(answerTo(chip, "FD 00 06 01 01 C4 E3 BA C3")).toBe("41");
  expect(chip.speaking).toBe("你好");
  expect(answerTo(chip, "FD 00 01 21")).toBe("4E");
  chip.powerOff();
});

test("an LC board moves by the bytes of its list at address 255", () => {
  const board = createLcRelayBoard();
  const line = createRtuLine([board]);
  expect(answerTo(line, "FF 05 00 00 FF 00 99 E4")).toBe("FF 05 00 00 FF 00 99 E4");
  expect(board.channels[0]).toBe(true);
  answerTo(line, "FF 05 00 00 00 00 D8 14");
  expect(board.channels[0]).toBe(false);
  answerTo(line, "FF 0F 00 00 00 08 01 FF 30 1D");
  expect(board.channels).not.toContain(false);
  expect(answerTo(line, "FF 02 00 00 00 08 6C 12")).toBe("FF 02 01 00 90 60");
});

test("a Waveshare board closes for 700 ms by its flash", () => {
  const board = createWaveshareRelayBoard();
  expect(answerTo(createRtuLine([board]), "01 05 02 00 00 07 8D B0")).toBe("01 05 02 00 00 07 8D B0");
  expect(board.channels[0]).toBe(true);
  board.powerOff();
});

test("the board that counts from 1 obeys its own value and not that of Modbus", () => {
  const board = createOneBasedRelayBoard();
  const line = createRtuLine([board]);
  answerTo(line, "01 05 00 01 FF 00 DD FA");
  expect(board.channels[0]).toBe(false);
  expect(answerTo(line, "01 05 00 01 01 00 9D 9A")).toBe("01 05 00 01 01 00 9D 9A");
  expect(board.channels[0]).toBe(true);
  expect(answerTo(line, "01 01 00 00 00 01 FD CA")).toBe("01 81 01 81 90");
});

test("an amplifier obeys, echoes and tells in text", () => {
  const amplifier = createZoneAmplifier();
  const text = (line: string): string => Buffer.from(line, "latin1").toString("hex");
  const said = (line: string): string =>
    Buffer.from(answerTo(amplifier, text(line)).replaceAll(" ", ""), "hex").toString("latin1");
  expect(said("<11PR01\r")).toBe("<11PR01\r\n#");
  expect(said("<11VO19\r<11CH03\r")).toBe("<11VO19\r\n#<11CH03\r\n#");
  expect(said("?11\r")).toBe("?11\r\n#>1100010000190707100300\r\r\n#");
  expect(said("<11XX00\r")).toContain("Command Error.");
  expect(said("?21\r")).toBe("");
});

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  createDfplayerFrameReader,
  type DfplayerFrame,
  encodeDfplayerFrame,
} from "../../../../../hw/virtual/serial/dfplayer-frame.ts";
import {
  createDfplayerModule,
  type DfplayerConfig,
} from "../../../../../hw/virtual/serial/dfplayer-module.ts";

const PLAY_1 = "7eff0603000001fef7ef";
const PLAY_MP3_1 = "7eff0612000001fee8ef";
const VOLUME_20 = "7eff0606000014fee1ef";
const STOP = "7eff0616000000fee5ef";
const STATUS = "7eff0642000000feb9ef";

const frames: fc.Arbitrary<DfplayerFrame> = fc.record({
  command: fc.integer({ min: 0, max: 0xff }),
  feedback: fc.boolean(),
  parameter: fc.integer({ min: 0, max: 0xffff }),
});
/** Bytes that cannot be mistaken for the start of a frame. */
const garbage = fc
  .uint8Array({ maxLength: 25 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0x7e ? 0 : byte))));

describe("the YX5200 frame", () => {
  test.each([
    [PLAY_1, { command: 0x03, feedback: false, parameter: 1 }],
    [VOLUME_20, { command: 0x06, feedback: false, parameter: 20 }],
    [STOP, { command: 0x16, feedback: false, parameter: 0 }],
    [PLAY_MP3_1, { command: 0x12, feedback: false, parameter: 1 }],
    [STATUS, { command: 0x42, feedback: false, parameter: 0 }],
  ])("%s is read and written as documented", (hex, frame) => {
    expect(encodeDfplayerFrame(frame).toString("hex")).toBe(hex);
    expect(createDfplayerFrameReader()(Buffer.from(hex, "hex"))).toEqual([frame]);
  });

  test("is found whatever stands between frames and wherever the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(garbage, frames), { maxLength: 5 }),
        fc.integer({ min: 1, max: 11 }),
        (sent, pieceLength) => {
          const stream = Buffer.concat(sent.flatMap(([noise, frame]) => [noise, encodeDfplayerFrame(frame)]));
          const read = createDfplayerFrameReader();
          const found = [];
          for (let at = 0; at < stream.length; at += pieceLength) {
            found.push(...read(stream.subarray(at, at + pieceLength)));
          }
          expect(found).toEqual(sent.map(([, frame]) => frame));
        },
      ),
    );
  });

  test("survives being cut at each single byte", () => {
    const whole = Buffer.from(PLAY_1 + STOP, "hex");
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const read = createDfplayerFrameReader();
      const found = [...read(whole.subarray(0, cut)), ...read(whole.subarray(cut))];
      expect(found).toHaveLength(2);
    }
  });

  test("with one wrong byte is never taken for a good one", () => {
    fc.assert(
      fc.property(
        frames,
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 255 }),
        (frame, at, flip) => {
          const bytes = encodeDfplayerFrame(frame);
          bytes[at] = (bytes[at] ?? 0) ^ flip;
          const found = createDfplayerFrameReader()(bytes);
          expect(found.filter((finding) => finding !== "bad-checksum")).toEqual([]);
        },
      ),
    );
  });
});

describe("the DFPlayer module", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function power(config: Partial<DfplayerConfig> = {}) {
    const module = createDfplayerModule({ tracks: new Map([[1, 3000]]), ...config });
    const heard: string[] = [];
    const send = (hex: string): void =>
      module.receive(Buffer.from(hex, "hex"), (bytes) => heard.push(bytes.toString("hex")));
    return { module, heard, send };
  }
  const finished = encodeDfplayerFrame({ command: 0x3d, feedback: false, parameter: 1 }).toString("hex");

  test.each([
    ["by index", PLAY_1],
    ["from the mp3 folder", PLAY_MP3_1],
  ])("plays a track %s and reports its end", (_how, order) => {
    const { module, heard, send } = power();
    const states: unknown[] = [];
    module.onChange((state) => states.push(state));
    send(order);
    expect(module.playing).toBe(1);
    vi.advanceTimersByTime(2999);
    expect(heard).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(heard).toEqual([finished]);
    expect(states).toEqual([
      { playing: 1, volume: 30 },
      { playing: undefined, volume: 30 },
    ]);
  });

  test("says the end twice where it is such a model", () => {
    const { heard, send } = power({ finishesTwice: true });
    send(PLAY_1);
    vi.advanceTimersByTime(3000);
    expect(heard).toEqual([finished, finished]);
  });

  test("falls silent on stop and reports no end", () => {
    const { module, heard, send } = power();
    send(PLAY_1);
    send(STOP);
    expect(module.playing).toBeUndefined();
    vi.advanceTimersByTime(10_000);
    expect(heard).toEqual([]);
  });

  test("acknowledges only what asks for it", () => {
    const { heard, send } = power();
    send(STOP);
    expect(heard).toEqual([]);
    send(encodeDfplayerFrame({ command: 0x16, feedback: true, parameter: 0 }).toString("hex"));
    expect(heard).toEqual(["7eff0641000000febaef"]);
  });

  test("takes a volume, never above 30", () => {
    const { module, send } = power();
    send(VOLUME_20);
    expect(module.volume).toBe(20);
    send(encodeDfplayerFrame({ command: 0x06, feedback: false, parameter: 99 }).toString("hex"));
    expect(module.volume).toBe(30);
  });

  test("tells whether it plays, on the TF card", () => {
    const { heard, send } = power();
    const status = (low: number): string =>
      encodeDfplayerFrame({ command: 0x42, feedback: false, parameter: 0x0200 + low }).toString("hex");
    send(STATUS);
    send(PLAY_1);
    send(STATUS);
    expect(heard).toEqual([status(0), status(1)]);
  });

  test.each([
    ["an index it has not", { command: 0x03, feedback: false, parameter: 9 }, 5],
    ["a file it has not", { command: 0x12, feedback: false, parameter: 9 }, 6],
  ])("refuses %s", (_what, frame, code) => {
    const { module, heard, send } = power();
    send(encodeDfplayerFrame(frame).toString("hex"));
    const error = encodeDfplayerFrame({ command: 0x40, feedback: false, parameter: code });
    expect(heard).toEqual([error.toString("hex")]);
    expect(module.playing).toBeUndefined();
  });

  test("answers a wrong checksum with error 4, as seen in the field", () => {
    const { module, heard, send } = power();
    send("7eff0603000001ffe6ef");
    expect(heard).toEqual(["7eff0640000004feb7ef"]);
    expect(module.playing).toBeUndefined();
  });

  test("is deaf while it resets, then says it is ready at full volume", () => {
    const { module, heard, send } = power({ resetMs: 500 });
    send(VOLUME_20);
    send("7eff060c000000feefef");
    send(PLAY_1);
    expect(module.playing).toBeUndefined();
    vi.advanceTimersByTime(500);
    expect(heard).toEqual([
      encodeDfplayerFrame({ command: 0x3f, feedback: false, parameter: 2 }).toString("hex"),
    ]);
    expect(module.volume).toBe(30);
  });

  test("acts but says nothing when mute, garbles the first byte, or answers late", () => {
    const { module, heard, send } = power();
    module.faults.mute = true;
    send(PLAY_1);
    send(STATUS);
    expect(module.playing).toBe(1);
    expect(heard).toEqual([]);
    Object.assign(module.faults, { mute: false, garble: true });
    send(STATUS);
    expect(heard.at(-1)).toMatch(/^81ff0642/);
    Object.assign(module.faults, { garble: false, slowMs: 400 });
    send(STATUS);
    vi.advanceTimersByTime(399);
    expect(heard).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(heard.at(-1)).toMatch(/^7eff0642/);
  });

  test("says nothing more once its power is off", () => {
    const { module, heard, send } = power();
    send(PLAY_1);
    module.powerOff();
    vi.advanceTimersByTime(10_000);
    expect(module.playing).toBeUndefined();
    expect(heard).toEqual([]);
  });
});

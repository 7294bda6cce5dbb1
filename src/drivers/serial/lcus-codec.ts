import { createFrameDecoder, type FrameMatch } from "./frame-decoder.ts";

/** One order to an LCUS relay board, or what the few that answer report. */
export interface LcusFrame {
  /** 1 to 254, as printed on the board. */
  readonly channel: number;
  readonly on: boolean;
}

const START = 0xa0;
const FRAME_BYTES = 4;

/** `A0 channel 01|00 sum`, the sum in eight bits over the first three (LCUS-1 to LCUS-8, CH340, 9600 8N1). */
export function encodeLcus({ channel, on }: LcusFrame): Buffer {
  const state = on ? 1 : 0;
  return Buffer.from([START, channel, state, (START + channel + state) & 0xff]);
}

export function createLcusDecoder(): (bytes: Uint8Array) => LcusFrame[] {
  return createFrameDecoder(matchLcus);
}

function matchLcus(bytes: Buffer): FrameMatch<LcusFrame> {
  const [start, channel = 1, state = 0, sum] = bytes;
  if (start !== START || channel === 0 || channel > 254 || state > 1) return { kind: "mismatch" };
  if (sum === undefined) return { kind: "incomplete" };
  if (sum !== ((START + channel + state) & 0xff)) return { kind: "mismatch" };
  return { kind: "frame", frame: { channel, on: state === 1 }, length: FRAME_BYTES };
}

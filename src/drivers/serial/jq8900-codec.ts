import type { VoiceModuleOrder } from "../../core/profiles.ts";
import { createFrameDecoder, type FrameMatch } from "./frame-decoder.ts";

/** A message of the JQ8900 family, either way. */
export interface Jq8900Message {
  /** 0 to 255; see `JQ8900`. */
  readonly command: number;
  readonly data: readonly number[];
}

export const JQ8900 = {
  status: 0x01,
  stop: 0x04,
  playTrack: 0x07,
  count: 0x0c,
  setVolume: 0x13,
  playMode: 0x18,
} as const;

/** What answers a question for the status. */
export const JQ8900_STATUS = { stopped: 0, playing: 1, paused: 2 } as const;

/** Plays one recording once; other modes go on with the next or begin anew. */
export const PLAY_ONCE: Jq8900Message = { command: JQ8900.playMode, data: [2] };

/** Asks how many recordings there are; answered in two bytes (DFRobot DFR0534, "check the total audios"). */
export const HOW_MANY: Jq8900Message = { command: JQ8900.count, data: [] };

const LOUDEST = 30;
const START = 0xaa;
/** Answers of these modules carry at most a short file name. */
const LONGEST_DATA = 16;

/** `AA command length data sum`, the sum in eight bits over all before it. */
export function encodeJq8900({ command, data }: Jq8900Message): Buffer {
  const bytes = [START, command, data.length, ...data];
  return Buffer.from([...bytes, sum(bytes)]);
}

export function createJq8900Decoder(): (bytes: Uint8Array) => Jq8900Message[] {
  return createFrameDecoder(matchJq8900);
}

/** The message that carries out an order; exactly one member of `order` counts. */
export function jq8900Message(order: VoiceModuleOrder): Jq8900Message {
  if (order.play !== undefined) {
    return { command: JQ8900.playTrack, data: [order.play >> 8, order.play & 0xff] };
  }
  if (order.volumePercent !== undefined) {
    const percent = Math.min(100, Math.max(0, order.volumePercent));
    return { command: JQ8900.setVolume, data: [Math.round((percent * LOUDEST) / 100)] };
  }
  return { command: order.status ? JQ8900.status : JQ8900.stop, data: [] };
}

function matchJq8900(bytes: Buffer): FrameMatch<Jq8900Message> {
  const [start, command, length] = bytes;
  if (start !== START || (length !== undefined && length > LONGEST_DATA)) return { kind: "mismatch" };
  if (command === undefined || length === undefined || bytes.length < length + 4)
    return { kind: "incomplete" };
  if (bytes[length + 3] !== sum(bytes.subarray(0, length + 3))) return { kind: "mismatch" };
  const data = [...bytes.subarray(3, length + 3)];
  return { kind: "frame", frame: { command, data }, length: length + 4 };
}

function sum(bytes: Iterable<number>): number {
  let total = 0;
  for (const byte of bytes) total += byte;
  return total & 0xff;
}

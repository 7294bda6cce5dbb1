import type { DfplayerProfile, VoiceModuleOrder } from "../../core/profiles.ts";
import { createFrameDecoder, type FrameMatch } from "./frame-decoder.ts";

/** A message of the YX5200 chip family (DFPlayer mini, FN-M16P), either way. */
export interface DfplayerMessage {
  /** 0 to 255; see `DFPLAYER`. */
  readonly command: number;
  /** 0 to 65535. */
  readonly parameter: number;
}

export const DFPLAYER = {
  playByIndex: 0x03,
  setVolume: 0x06,
  playFromMp3Folder: 0x12,
  stop: 0x16,
  usbTrackEnded: 0x3c,
  cardTrackEnded: 0x3d,
  flashTrackEnded: 0x3e,
  error: 0x40,
  acknowledged: 0x41,
  status: 0x42,
} as const;

/** Low byte of the answer to a question for the status; 0 is stopped, 2 paused. */
export const DFPLAYER_PLAYING = 1;

const LOUDEST = 30;
const START = 0x7e;
const VERSION = 0xff;
const LENGTH = 0x06;
const END = 0xef;
const FRAME_BYTES = 10;
/** Bytes of a message that never change, and where they stand. */
const FIXED = [
  [0, START],
  [1, VERSION],
  [2, LENGTH],
  [9, END],
] as const;

/**
 * `7E FF 06 command feedback pH pL cH cL EF`; the checksum is minus the sum of `FF` to `pL` in 16 bits.
 * The examples printed in several datasheets carry wrong checksums; modules in the field want this one.
 */
export function encodeDfplayer(message: DfplayerMessage, wantsAcknowledgement: boolean): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.set([START, VERSION, LENGTH, message.command, wantsAcknowledgement ? 1 : 0]);
  frame.writeUInt16BE(message.parameter, 5);
  frame.writeUInt16BE(checksum(frame), 7);
  frame[9] = END;
  return frame;
}

export function createDfplayerDecoder(): (bytes: Uint8Array) => DfplayerMessage[] {
  return createFrameDecoder(matchDfplayer);
}

/** The message that carries out an order; exactly one member of `order` counts. */
export function dfplayerMessage(
  order: VoiceModuleOrder,
  tracksBy: DfplayerProfile["tracksBy"],
): DfplayerMessage {
  if (order.play !== undefined) {
    const command = tracksBy === "index" ? DFPLAYER.playByIndex : DFPLAYER.playFromMp3Folder;
    return { command, parameter: order.play };
  }
  if (order.volumePercent !== undefined) {
    const percent = Math.min(100, Math.max(0, order.volumePercent));
    return { command: DFPLAYER.setVolume, parameter: Math.round((percent * LOUDEST) / 100) };
  }
  return { command: order.status ? DFPLAYER.status : DFPLAYER.stop, parameter: 0 };
}

/** The frame of an order. A question has its own answer and wants no acknowledgement. */
export function dfplayerFrame(order: VoiceModuleOrder, tracksBy: DfplayerProfile["tracksBy"]): Buffer {
  return encodeDfplayer(dfplayerMessage(order, tracksBy), order.status === undefined);
}

function matchDfplayer(bytes: Buffer): FrameMatch<DfplayerMessage> {
  const wrong = FIXED.some(([at, value]) => at < bytes.length && bytes[at] !== value);
  if (wrong) return { kind: "mismatch" };
  if (bytes.length < FRAME_BYTES) return { kind: "incomplete" };
  if (bytes.readUInt16BE(7) !== checksum(bytes)) return { kind: "mismatch" };
  const frame = { command: bytes.readUInt8(3), parameter: bytes.readUInt16BE(5) };
  return { kind: "frame", frame, length: FRAME_BYTES };
}

function checksum(frame: Buffer): number {
  let sum = 0;
  for (const byte of frame.subarray(1, 7)) sum += byte;
  return -sum & 0xffff;
}

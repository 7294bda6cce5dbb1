/** A YX5200 message either way: `7E FF 06 command feedback pH pL cH cL EF`. */
export interface DfplayerFrame {
  readonly command: number;
  /** Asks for an acknowledgement (41). */
  readonly feedback: boolean;
  /** 0 to 65535. */
  readonly parameter: number;
}

export type DfplayerFinding = DfplayerFrame | "bad-checksum";

const START = 0x7e;
const VERSION = 0xff;
const LENGTH = 0x06;
const END = 0xef;
const FRAME_BYTES = 10;

/** Minus the sum of version to parameter, in 16 bits. The examples of several datasheets get it wrong. */
function checksum(frame: Buffer): number {
  let sum = 0;
  for (const byte of frame.subarray(1, 7)) sum += byte;
  return -sum & 0xffff;
}

export function encodeDfplayerFrame(frame: DfplayerFrame): Buffer {
  const bytes = Buffer.alloc(FRAME_BYTES);
  bytes.set([START, VERSION, LENGTH, frame.command, frame.feedback ? 1 : 0]);
  bytes.writeUInt16BE(frame.parameter, 5);
  bytes.writeUInt16BE(checksum(bytes), 7);
  bytes[9] = END;
  return bytes;
}

/** Finds frames in a stream of pieces of any size, whatever stands between them. */
export function createDfplayerFrameReader(): (bytes: Buffer) => DfplayerFinding[] {
  let pending: Buffer = Buffer.alloc(0);
  return (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    const found: DfplayerFinding[] = [];
    let at = 0;
    while (pending.length - at >= FRAME_BYTES) {
      const frame = pending.subarray(at, at + FRAME_BYTES);
      const shaped = frame[0] === START && frame[1] === VERSION && frame[2] === LENGTH && frame[9] === END;
      const sound = shaped && frame.readUInt16BE(7) === checksum(frame);
      if (sound) {
        found.push({
          command: frame.readUInt8(3),
          feedback: frame[4] === 1,
          parameter: frame.readUInt16BE(5),
        });
      } else if (shaped) found.push("bad-checksum");
      at += sound ? FRAME_BYTES : 1;
    }
    pending = pending.subarray(at);
    return found;
  };
}

// drivers/modbus/: sensors and coils on Modbus RTU (serial, or a raw TCP serial server) and Modbus TCP.
// May import core/, drivers/serial's byte channel and checksum, and the package modbus-serial; `main.ts` uses it.
import { EventEmitter } from "node:events";
import type { Bus } from "../../core/site.ts";
import type { ByteChannel, ChannelOpener } from "../serial/byte-channel.ts";
import { crc16 } from "../serial/crc16.ts";

const EXCEPTION_BYTES = 5;
const LONGEST_FRAME = 256;

/**
 * The port that modbus-serial drives, for RTU over any byte channel. Its own ports take the first bytes that look like
 * an answer; this one wants the checksum too, so that noise, the echo of our own request and an answer's garbled
 * beginning do not end the search. Its raw TCP port (TelnetPort) is the same but for that; `connectTcpRTUBuffered`
 * speaks Modbus TCP on the wire, despite its name.
 */
export class RtuPort extends EventEmitter {
  isOpen = false;
  private readonly bus: Bus;
  private readonly openChannel: ChannelOpener;
  private readonly signal: AbortSignal;
  private channel: ByteChannel | undefined;
  private request: Buffer = Buffer.alloc(0);
  private pending: Buffer = Buffer.alloc(0);

  constructor(bus: Bus, openChannel: ChannelOpener, signal: AbortSignal) {
    super();
    this.bus = bus;
    this.openChannel = openChannel;
    this.signal = signal;
  }

  open(callback: (error?: unknown) => void): void {
    const events = {
      onBytes: (bytes: Buffer): void => this.receive(bytes),
      onLost: (): void => {
        this.isOpen = false;
        this.emit("close");
      },
    };
    this.openChannel(this.bus, events, this.signal).then((channel) => {
      this.channel = channel;
      this.isOpen = true;
      callback();
    }, callback);
  }

  write(request: Buffer): void {
    this.request = request;
    this.pending = Buffer.alloc(0);
    // A failed write is a lost port, which the channel reports; modbus-serial takes no error here.
    this.channel?.write(request).catch(() => this.emit("close"));
  }

  /** Resolves when the port is free again. */
  async shut(): Promise<void> {
    this.isOpen = false;
    await this.channel?.close();
  }

  private receive(bytes: Buffer): void {
    this.pending = Buffer.concat([this.pending, bytes]).subarray(-LONGEST_FRAME);
    const answer = findAnswer(this.request, this.pending);
    if (!answer) return;
    this.pending = Buffer.alloc(0);
    this.emit("data", answer);
  }
}

/** The first sound answer to `request` in `bytes`, or undefined while there is none. */
export function findAnswer(request: Buffer, bytes: Buffer): Buffer | undefined {
  const [unit, code] = request;
  if (unit === undefined || code === undefined) return undefined;
  for (let at = 0; at + EXCEPTION_BYTES <= bytes.length; at++) {
    if (bytes[at] !== unit) continue;
    const isException = bytes[at + 1] === (code | 0x80);
    if (!isException && bytes[at + 1] !== code) continue;
    const end = at + (isException ? EXCEPTION_BYTES : answerLength(request));
    if (end > bytes.length) continue;
    const frame = bytes.subarray(at, end);
    if (frame.readUInt16LE(frame.length - 2) === crc16(frame.subarray(0, -2))) return frame;
  }
  return undefined;
}

/** Modbus Application Protocol V1.1b3, chapter 6: bits and registers come back in full, writes as an echo of 6 bytes. */
function answerLength(request: Buffer): number {
  const [, code = 0] = request;
  if (code === 1 || code === 2) return 5 + Math.ceil(request.readUInt16BE(4) / 8);
  return code === 3 || code === 4 ? 5 + 2 * request.readUInt16BE(4) : 8;
}

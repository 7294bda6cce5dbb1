import { createSignal } from "../../../src/core/signals.ts";
import { type ByteDevice, createLineFaults, type LineFaults, throughFaults } from "./byte-device.ts";

const START = 0xaa;
const LOUDEST = 30;
const MODE_ONCE = 2;

export interface Jq8900State {
  readonly playing: number | undefined;
  /** 0 to 30. */
  readonly volume: number;
}

export interface Jq8900Module extends ByteDevice {
  readonly playing: number | undefined;
  /** 0 to 30; 20 after power-on. */
  readonly volume: number;
  readonly faults: LineFaults;
  /** Returns how to stop. */
  onChange(listener: (state: Jq8900State) => void): () => void;
  /** Ends the sound without a word on the line. */
  powerOff(): void;
}

/**
 * A JQ8900 (DFRobot DFR0534, wiki "communication protocol"), 9600 8N1: `AA command length data sum8`. It answers questions
 * only. Until it is told to play once (18 with 2) it begins a recording anew when it ends.
 * @param tracks number to length in ms; an order for another is ignored.
 */
export function createJq8900Module(tracks: ReadonlyMap<number, number>): Jq8900Module {
  const faults = createLineFaults();
  const changes = createSignal<Jq8900State>();
  let pending: Buffer = Buffer.alloc(0);
  let playing: number | undefined;
  let volume = 20;
  let mode = 0;
  let timer: NodeJS.Timeout | undefined;

  function become(track: number | undefined, nextVolume = volume): void {
    if (track === playing && nextVolume === volume) return;
    playing = track;
    volume = nextVolume;
    changes.emit({ playing, volume });
  }

  function silence(): void {
    clearTimeout(timer);
    become(undefined);
  }

  function play(track: number): void {
    const durationMs = tracks.get(track);
    if (durationMs === undefined) return;
    clearTimeout(timer);
    timer = setTimeout(() => (mode === MODE_ONCE ? silence() : play(track)), durationMs);
    timer.unref();
    become(track);
  }

  function obey(command: number, data: Buffer, say: (bytes: Buffer) => void): void {
    if (command === 0x01 && data.length === 0) say(framed(0x01, [playing === undefined ? 0 : 1]));
    else if (command === 0x04 || command === 0x10) silence();
    else if (command === 0x07 && data.length === 2) play(data.readUInt16BE(0));
    else if (command === 0x0c) say(framed(0x0c, [tracks.size >> 8, tracks.size & 0xff]));
    else if (command === 0x13 && data.length === 1) become(playing, Math.min(LOUDEST, data.readUInt8(0)));
    else if (command === 0x18 && data.length === 1) mode = data.readUInt8(0);
  }

  return {
    faults,
    onChange: changes.on,
    get playing() {
      return playing;
    },
    get volume() {
      return volume;
    },
    powerOff: silence,
    receive(bytes, reply) {
      const say = throughFaults(faults, reply);
      pending = Buffer.concat([pending, bytes]);
      let at = 0;
      while (pending.length - at >= 4) {
        const length = 4 + pending.readUInt8(at + 2);
        const frame = pending.subarray(at, at + length);
        const isWhole = frame[0] === START && frame.length === length;
        if (frame[0] === START && frame.length < length) break;
        const isSound = isWhole && frame[length - 1] === sum8(frame.subarray(0, -1));
        if (isSound) obey(frame.readUInt8(1), frame.subarray(3, -1), say);
        at += isSound ? length : 1;
      }
      pending = pending.subarray(at);
    },
  };
}

function framed(command: number, data: readonly number[]): Buffer {
  const frame = Buffer.from([START, command, data.length, ...data, 0]);
  frame[frame.length - 1] = sum8(frame.subarray(0, -1));
  return frame;
}

function sum8(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

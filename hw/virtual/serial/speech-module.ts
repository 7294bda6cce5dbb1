import { createSignal } from "../../../src/core/signals.ts";
import { type ByteDevice, createLineFaults, type LineFaults, throughFaults } from "./byte-device.ts";

const START = 0xfd;
const SAID = { accepted: 0x41, refused: 0x45, ready: 0x4a, busy: 0x4e, idle: 0x4f } as const;

/** What a chip was told to say. */
export interface Spoken {
  readonly text: string;
  /** Of its own steps; what it last was told, else its default. */
  readonly volume: number;
}

export interface SpeechChip extends ByteDevice {
  /** What sounds now. */
  readonly speaking: string | undefined;
  /** All that it began to say since it was made. */
  readonly spoken: readonly Spoken[];
  readonly faults: LineFaults & {
    /** Forgets to say that it is idle when a text ends, as after a disturbance; a question still tells. */
    forgetsEnd: boolean;
    /** Speaks for ever. */
    endless: boolean;
  };
  onChange(listener: (speaking: string | undefined) => void): () => void;
  /** Says that it is ready, as after its supply came back; whatever it said is over. */
  powerOn(): void;
  powerOff(): void;
}

export interface SpeechChipConfig {
  readonly chip: "syn6288" | "xfs5152";
  /** Default 10. */
  readonly msPerCharacter?: number;
}

const CHIPS = {
  /** Text up to 200 bytes; a frame ends with the XOR of all before it, which its length counts. */
  syn6288: { mostText: 200, xorBytes: 1, volume: 10 },
  /** Up to 4 KB, no checksum. */
  xfs5152: { mostText: 4096, xorBytes: 0, volume: 5 },
} as const;
/** Code pages 0 to 3 by their number. */
const PAGES = ["gbk", "gbk", "big5", "utf-16le"] as const;

/**
 * A SYN6288 (datasheet of 2010) or an XFS5152CE (development guide), 9600 8N1: `FD length command parameter text`. A
 * new text cuts off the old one. A frame that does not come to its end within the line's patience stays unheard.
 */
export function createSpeechChip({ chip, msPerCharacter = 10 }: SpeechChipConfig): SpeechChip {
  const { mostText, xorBytes, volume: factoryVolume } = CHIPS[chip];
  const faults = { ...createLineFaults(), forgetsEnd: false, endless: false };
  const changes = createSignal<string | undefined>();
  const spoken: Spoken[] = [];
  let pending: Buffer = Buffer.alloc(0);
  let speaking: string | undefined;
  let volume: number = factoryVolume;
  let timer: NodeJS.Timeout | undefined;
  let say = (_byte: number): void => {};

  function become(next: string | undefined): void {
    if (next === speaking) return;
    speaking = next;
    changes.emit(next);
  }

  function end(): void {
    clearTimeout(timer);
    become(undefined);
  }

  function speak(marked: string): void {
    end();
    const text = marked.replace(/\[v(\d+)\]/g, (_, step: string) => {
      volume = Number(step);
      return "";
    });
    spoken.push({ text, volume });
    become(text);
    if (faults.endless) return;
    timer = setTimeout(() => {
      end();
      if (!faults.forgetsEnd) say(SAID.idle);
    }, text.length * msPerCharacter);
    timer.unref();
  }

  /** Whether the frame was one that the chip knows. */
  function obey(body: Buffer): boolean {
    const [command, parameter = 0] = body;
    if (command === 0x01) {
      const page = PAGES[parameter & 7];
      const text = body.subarray(2);
      if (page === undefined || text.length === 0 || text.length > mostText) return false;
      say(SAID.accepted);
      speak(new TextDecoder(page).decode(text));
      return true;
    }
    if (command === 0x02) {
      say(SAID.accepted);
      end();
      say(SAID.idle);
      return true;
    }
    if (command === 0x21) {
      if (chip === "syn6288") say(SAID.accepted);
      say(speaking === undefined ? SAID.idle : SAID.busy);
      return true;
    }
    return false;
  }

  function hear(frame: Buffer): void {
    const isSound = xorBytes === 0 || frame.reduce((xor, byte) => xor ^ byte, 0) === 0;
    const body = frame.subarray(3, frame.length - xorBytes);
    if (!isSound || !obey(body)) say(SAID.refused);
  }

  return {
    faults,
    spoken,
    onChange: changes.on,
    get speaking() {
      return speaking;
    },
    powerOn() {
      end();
      volume = factoryVolume;
      say(SAID.ready);
    },
    powerOff: end,
    receive(bytes, reply) {
      const speakOut = throughFaults(faults, reply);
      say = (byte) => speakOut(Buffer.of(byte));
      pending = Buffer.concat([pending, bytes]);
      for (;;) {
        const start = pending.indexOf(START);
        pending = start < 0 ? Buffer.alloc(0) : pending.subarray(start);
        if (pending.length < 3) return;
        const length = 3 + pending.readUInt16BE(1);
        if (length > 3 + 2 + mostText + xorBytes || length < 4) {
          say(SAID.refused);
          pending = pending.subarray(1);
          continue;
        }
        if (pending.length < length) return;
        hear(pending.subarray(0, length));
        pending = pending.subarray(length);
      }
    },
  };
}

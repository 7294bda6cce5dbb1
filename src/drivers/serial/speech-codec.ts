import { encodeGb, type GbEncoding, gbLength } from "../../core/gb-text.ts";
import type { SpeechModuleProfile } from "../../core/profiles.ts";

/** One order to a module that reads aloud; `say` is text in its encoding. */
export type SpeechOrder = { readonly say: Buffer } | "stop" | "status";

/** Single bytes by which both chips answer. */
export const SPEECH = {
  ready: 0x4a,
  accepted: 0x41,
  refused: 0x45,
  busy: 0x4e,
  idle: 0x4f,
} as const;

export type SpeechAnswer = keyof typeof SPEECH;

const START = 0xfd;
const COMMAND = { say: 0x01, stop: 0x02, status: 0x21 } as const;
const ENCODING_BYTE: Readonly<Record<GbEncoding, number>> = { gb2312: 0, gbk: 1 };
/** Background music of the SYN6288 would be its higher bits; drivers and datasheet differ on which, so it stays off. */
const MUSIC_OFF = 0;
const ANSWERS = new Map<number, SpeechAnswer>(
  Object.entries(SPEECH).map(([answer, byte]) => [byte, answer as SpeechAnswer]),
);

/** `FD length command [encoding text]`, and for the SYN6288 the XOR of all of it, which counts into the length. */
export function encodeSpeech(
  { codec, encoding }: Pick<SpeechModuleProfile, "codec" | "encoding">,
  order: SpeechOrder,
): Buffer {
  const body =
    typeof order === "string"
      ? Buffer.of(COMMAND[order])
      : Buffer.concat([Buffer.of(COMMAND.say, MUSIC_OFF | ENCODING_BYTE[encoding]), order.say]);
  const hasXor = codec === "syn6288";
  const length = body.length + (hasXor ? 1 : 0);
  const frame = Buffer.concat([Buffer.of(START, length >> 8, length & 0xff), body]);
  return hasXor ? Buffer.concat([frame, Buffer.of(frame.reduce((xor, byte) => xor ^ byte, 0))]) : frame;
}

/**
 * Reads what a module answers. Where RX and TX touch, our own frame comes back before the answer, and a text holds bytes
 * that look like answers: a frame that comes back as it went out is passed over.
 */
export function createSpeechReader(): {
  /** Tells what was just sent. */
  sent(frame: Buffer): void;
  read(bytes: Uint8Array): SpeechAnswer[];
} {
  let frame: Buffer = Buffer.alloc(0);
  /** Bytes of our frame that have come back; undefined where this is no echo. */
  let echoed: number | undefined;
  return {
    sent(newest) {
      frame = newest;
      echoed = 0;
    },
    read(bytes) {
      const answers: SpeechAnswer[] = [];
      for (const byte of bytes) {
        if (echoed !== undefined && echoed < frame.length && byte === frame[echoed]) {
          echoed++;
          continue;
        }
        echoed = undefined;
        const answer = ANSWERS.get(byte);
        if (answer) answers.push(answer);
      }
      return answers;
    },
  };
}

/** Ends of sentences first, then where one takes a breath. */
const BREAKS = [/[。！？；!?;…]/, /[，、：,: ]/];

/**
 * `text` in pieces of at most `mostBytes`, cut at ends of sentences, else at commas, else between any two characters.
 * @returns the pieces without blanks around them; none is empty.
 */
export function splitSpeech(text: string, mostBytes: number): string[] {
  const pieces: string[] = [];
  let rest = [...text.trim()];
  while (rest.length > 0) {
    const fits = fittingLength(rest, mostBytes);
    const cut = fits === rest.length ? fits : lastBreak(rest.slice(0, fits)) || fits;
    const piece = rest.slice(0, cut).join("").trim();
    if (piece) pieces.push(piece);
    rest = rest.slice(cut);
  }
  return pieces;
}

function fittingLength(characters: readonly string[], mostBytes: number): number {
  let bytes = 0;
  for (const [index, character] of characters.entries()) {
    bytes += gbLength(character);
    if (bytes > mostBytes) return Math.max(1, index);
  }
  return characters.length;
}

/** Where to cut after the last good place, 0 where there is none. */
function lastBreak(characters: readonly string[]): number {
  for (const kind of BREAKS) {
    const at = characters.findLastIndex((character) => kind.test(character));
    if (at >= 0) return at + 1;
  }
  return 0;
}

/**
 * Words as a module is to read them: line breaks end a sentence, and brackets lose their power, because `[v0]` in a text
 * would switch the voice off.
 */
export function speakable(text: string): string {
  return text
    .replace(/\s*[\r\n]+\s*/g, "。")
    .replace(/\t/g, " ")
    .replaceAll("[", "［")
    .replaceAll("]", "］");
}

/** The frames that say `text` at `volume` (0 to 100); characters that the encoding lacks instead of bytes. */
export function speechPieces(
  profile: SpeechModuleProfile,
  text: string,
): ((volume: number) => Buffer)[] | { readonly lacks: readonly string[] } {
  const longestTag = volumeTag(profile, 100).length;
  const pieces: ((volume: number) => Buffer)[] = [];
  const words = speakable(text);
  const whole = encodeGb(words, profile.encoding);
  if ("lacks" in whole) return whole;
  for (const piece of splitSpeech(words, profile.maxTextBytes - longestTag)) {
    const bytes = encodeGb(piece, profile.encoding);
    if ("lacks" in bytes) return bytes;
    pieces.push((volume) =>
      encodeSpeech(profile, { say: Buffer.concat([Buffer.from(volumeTag(profile, volume)), bytes]) }),
    );
  }
  return pieces;
}

function volumeTag({ volumeSteps }: SpeechModuleProfile, percent: number): string {
  return `[v${Math.round((Math.min(100, Math.max(0, percent)) * volumeSteps) / 100)}]`;
}

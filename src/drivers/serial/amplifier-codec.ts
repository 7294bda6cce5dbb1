import type {
  AmplifierOrder,
  AmplifierProfile,
  BytesAmplifierProfile,
  TextAmplifierProfile,
} from "../../core/profiles.ts";
import { crc16 } from "./crc16.ts";

/** What an amplifier says of itself; a member is absent where its answer does not tell. */
export interface AmplifierStatus {
  readonly power: boolean;
  readonly mute?: boolean | undefined;
  /** In its own steps. */
  readonly volume?: number | undefined;
  readonly input?: number | undefined;
}

/** What the bytes since an order say so far. */
export type AmplifierAnswer = "done" | "refused" | { readonly status: AmplifierStatus } | undefined;

interface Numbers {
  readonly address?: number | undefined;
  readonly volume?: number | undefined;
  readonly input?: number | undefined;
}

const TERMINATORS = { cr: "\r", lf: "\n", crlf: "\r\n" } as const;

/** The bytes of an order, or undefined where the model has none for it. Exactly one member of `order` counts. */
export function encodeAmplifier(
  profile: AmplifierProfile,
  order: AmplifierOrder,
  address: number | undefined,
): Buffer | undefined {
  const template = templateOf(profile, order);
  if (template === undefined) return undefined;
  const numbers: Numbers = { address, input: order.input, volume: volumeStep(profile, order) };
  return profile.codec === "amplifier-text"
    ? Buffer.from(fillText(template, numbers) + TERMINATORS[profile.terminator], "latin1")
    : frameOf(profile, fillBytes(template, numbers));
}

/** Whether the amplifier says anything to this order. */
export function answersTo(profile: AmplifierProfile, order: AmplifierOrder): boolean {
  if (order.status) return profile.statusAnswer !== undefined;
  return profile.codec === "amplifier-text" && profile.done !== undefined;
}

/**
 * Reads what came since `order` was sent, however it was cut. Our own bytes may come back first, from the amplifier or
 * from the line: they are no answer.
 */
export function readAmplifier(
  profile: AmplifierProfile,
  order: AmplifierOrder,
  address: number | undefined,
  bytes: Buffer,
): AmplifierAnswer {
  return profile.codec === "amplifier-text"
    ? readText(profile, order, address, bytes.toString("latin1"))
    : readFrames(profile, order, address, bytes);
}

function templateOf({ orders }: AmplifierProfile, order: AmplifierOrder): string | undefined {
  if (order.power !== undefined) return order.power ? orders.on : orders.off;
  if (order.mute !== undefined) return order.mute ? orders.mute : orders.unmute;
  if (order.volumePercent !== undefined) return orders.volume;
  return order.input === undefined ? orders.status : orders.input;
}

function volumeStep(
  { volumeSteps = 0 }: AmplifierProfile,
  { volumePercent }: AmplifierOrder,
): number | undefined {
  if (volumePercent === undefined) return undefined;
  return Math.round((Math.min(100, Math.max(0, volumePercent)) * volumeSteps) / 100);
}

function fillText(template: string, numbers: Numbers): string {
  return template.replace(/\{(address|volume|input)\}/g, (_, name: keyof Numbers) =>
    String(numbers[name] ?? 0).padStart(2, "0"),
  );
}

function fillBytes(template: string, numbers: Numbers): Buffer {
  const bytes = template.split(" ").map((token) => {
    const place = /^\{(address|volume|input)\}$/.exec(token)?.[1];
    return place === undefined ? Number.parseInt(token, 16) : (numbers[place as keyof Numbers] ?? 0);
  });
  return Buffer.from(bytes);
}

// Text

function readText(
  { done, refused, statusAnswer }: TextAmplifierProfile,
  order: AmplifierOrder,
  address: number | undefined,
  text: string,
): AmplifierAnswer {
  if (refused !== undefined && text.includes(refused)) return "refused";
  if (order.status) {
    const found = statusAnswer && textPattern(statusAnswer, address).exec(text)?.groups;
    return found ? { status: statusFrom(found, (digits) => Number(digits)) } : undefined;
  }
  return done !== undefined && text.includes(done) ? "done" : undefined;
}

/** A status answer as a pattern: `?` is any character, each name two digits. */
function textPattern(answer: string, address: number | undefined): RegExp {
  const source = answer
    .split(/(\{[a-z]+\})/)
    .map((part) => {
      if (part === "{address}") return String(address ?? 0).padStart(2, "0");
      if (part.startsWith("{")) return `(?<${part.slice(1, -1)}>\\d\\d)`;
      return part.replace(/[.*+^$()|[\]\\{}]/g, "\\$&").replaceAll("?", ".");
    })
    .join("");
  return new RegExp(source);
}

function statusFrom(
  found: Readonly<Record<string, string>>,
  numberOf: (text: string) => number,
): AmplifierStatus {
  const number = (name: string): number | undefined => {
    const text = found[name];
    return text === undefined ? undefined : numberOf(text);
  };
  const mute = number("mute");
  return {
    power: number("power") !== 0,
    ...(mute !== undefined && { mute: mute !== 0 }),
    ...(found["volume"] !== undefined && { volume: number("volume") }),
    ...(found["input"] !== undefined && { input: number("input") }),
  };
}

// Bytes

function frameOf({ frame }: BytesAmplifierProfile, body: Buffer): Buffer {
  const start = hexBytes(frame.start);
  const length = frame.hasLength ? Buffer.of(body.length) : Buffer.alloc(0);
  const covered = {
    start: [start, length, body],
    length: [length, body],
    body: [body],
  }[frame.checksumFrom];
  return Buffer.concat([
    start,
    length,
    body,
    checksum(frame.checksum, Buffer.concat(covered)),
    hexBytes(frame.end),
  ]);
}

function checksum(kind: BytesAmplifierProfile["frame"]["checksum"], bytes: Buffer): Buffer {
  switch (kind) {
    case "none":
      return Buffer.alloc(0);
    case "sum8":
      return Buffer.of(bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0));
    case "xor8":
      return Buffer.of(bytes.reduce((xor, byte) => xor ^ byte, 0));
    case "crc16-modbus": {
      const crc = Buffer.alloc(2);
      crc.writeUInt16LE(crc16(bytes));
      return crc;
    }
  }
}

function hexBytes(text: string | undefined): Buffer {
  return Buffer.from((text ?? "").replaceAll(" ", ""), "hex");
}

function readFrames(
  profile: BytesAmplifierProfile,
  order: AmplifierOrder,
  address: number | undefined,
  bytes: Buffer,
): AmplifierAnswer {
  const tokens = order.status ? profile.statusAnswer?.split(" ") : undefined;
  if (!tokens) return undefined;
  const asked = encodeAmplifier(profile, order, address);
  const bodyAt = hexBytes(profile.frame.start).length + (profile.frame.hasLength ? 1 : 0);
  const frameLength = frameOf(profile, Buffer.alloc(tokens.length)).length;
  for (let at = 0; at + frameLength <= bytes.length; at++) {
    const frame = bytes.subarray(at, at + frameLength);
    const body = frame.subarray(bodyAt, bodyAt + tokens.length);
    // Whatever stands around the body must be what we would have put there: start, length, checksum and end.
    if (!frameOf(profile, body).equals(frame) || asked?.equals(frame)) continue;
    const found = matchBody(tokens, body, address);
    if (found) return { status: statusFrom(found, (text) => Number.parseInt(text, 16)) };
  }
  return undefined;
}

function matchBody(
  tokens: readonly string[],
  body: Buffer,
  address: number | undefined,
): Readonly<Record<string, string>> | undefined {
  const found: Record<string, string> = {};
  for (const [index, token] of tokens.entries()) {
    const byte = body[index] ?? 0;
    const place = /^\{([a-z]+)\}$/.exec(token)?.[1];
    if (place === "address" && byte !== address) return undefined;
    if (place !== undefined) found[place] = byte.toString(16);
    else if (token !== "??" && Number.parseInt(token, 16) !== byte) return undefined;
  }
  return found;
}

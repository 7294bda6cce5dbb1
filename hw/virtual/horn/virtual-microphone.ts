import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { compressALaw } from "./rtp-audio.ts";
import type { VirtualHorn } from "./virtual-horn.ts";

const RATE_HZ = 8000;
const PACKET_SAMPLES = 160;
const PACKET_MS = 20;
const HEADER_BYTES = 12;
const PCMA = 8;
/** The air and whatever stands around keep a sound no longer than this. */
const KEPT_SAMPLES = 10 * RATE_HZ;
/** Sound that comes in later than this after the last begins anew. */
const LATE_SAMPLES = 0.5 * RATE_HZ;

/** What is wrong between the amplifier and the ear. */
export const HORN_FAULTS = ["none", "silent", "other-sound"] as const;
export type HornFault = (typeof HORN_FAULTS)[number];

export interface MicrophoneConfig {
  readonly host: string;
  /** UDP port to which it sends. */
  readonly port: number;
  /** From the horn to the packet. */
  readonly delayMs: number;
  /** Share of a sound that comes back from the houses, 0 to 0.9, and after how long. */
  readonly echo: { readonly share: number; readonly afterMs: number };
  /** Root mean square of the noise around, 16-bit samples; 60 is a quiet evening. */
  readonly noise: number;
}

export interface VirtualMicrophone {
  start(): void;
  stop(): void;
  /** What the horn beside it gives off now. */
  hear(samples: Int16Array, rateHz: number): void;
  setFault(fault: HornFault): void;
  readonly fault: HornFault;
}

/** A microphone on the pole beside a horn, as a networked one: G.711 in RTP, sent without a pause. */
export function createVirtualMicrophone(config: MicrophoneConfig): VirtualMicrophone {
  const air = new Float32Array(KEPT_SAMPLES);
  const delay = Math.round((config.delayMs * RATE_HZ) / 1000);
  const echoAfter = Math.max(1, Math.round((config.echo.afterMs * RATE_HZ) / 1000));
  let socket: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let startedMs = 0;
  let sent = 0;
  let next = 0;
  let random = 1;
  let fault: HornFault = "none";

  function put(value: number, at: number): void {
    // Each echo is weaker than the one before; after five none is heard.
    for (let turn = 0, level = value; turn < 5; turn++, level *= config.echo.share) {
      const place = (at + turn * echoAfter) % KEPT_SAMPLES;
      air[place] = (air[place] ?? 0) + level;
    }
  }

  /** Of no great quality, and always the same: a test hears the same wind twice. */
  function hiss(): number {
    random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (random / 0x3fff_ffff - 1) * config.noise * 1.73;
  }

  function packet(): Buffer {
    const bytes = Buffer.alloc(HEADER_BYTES + PACKET_SAMPLES);
    bytes.writeUInt8(0x80, 0);
    bytes.writeUInt8(PCMA, 1);
    bytes.writeUInt16BE((sent / PACKET_SAMPLES) & 0xffff, 2);
    bytes.writeUInt32BE(sent >>> 0, 4);
    bytes.writeUInt32BE(0x7669_7274, 8);
    for (let index = 0; index < PACKET_SAMPLES; index++) {
      const place = (sent + index) % KEPT_SAMPLES;
      bytes.writeUInt8(compressALaw((air[place] ?? 0) + hiss()), HEADER_BYTES + index);
      air[place] = 0;
    }
    sent += PACKET_SAMPLES;
    return bytes;
  }

  return {
    get fault() {
      return fault;
    },
    setFault(now) {
      fault = now;
    },
    start() {
      const opened = createSocket("udp4");
      // Nobody listens most of the time.
      opened.on("error", () => {});
      socket = opened;
      startedMs = performance.now();
      sent = 0;
      next = 0;
      timer = setInterval(() => {
        while (sent < ((performance.now() - startedMs) * RATE_HZ) / 1000) {
          opened.send(packet(), config.port, config.host, () => {});
        }
      }, PACKET_MS);
    },
    stop() {
      clearInterval(timer);
      socket?.close();
      socket = undefined;
    },
    hear(samples, rateHz) {
      if (!socket || fault === "silent") return;
      const earliest = sent + delay;
      if (next < earliest - LATE_SAMPLES || next > earliest + KEPT_SAMPLES / 2) next = earliest;
      if (next < sent) next = sent;
      const step = rateHz / RATE_HZ;
      const count = Math.floor(samples.length / step);
      for (let index = 0; index < count; index++, next++) {
        // Another amplifier's programme: a tone that comes and goes, whatever was sent.
        const other = 8000 * Math.sin(next * 0.4) * (Math.sin(next / 900) > 0.3 ? 1 : 0);
        put(fault === "other-sound" ? other : (samples[Math.floor(index * step)] ?? 0) * 0.5, next);
      }
    },
  };
}

/** A microphone that hears one horn and sends from now on. */
export function openEar(horn: Pick<VirtualHorn, "onSamples">, config: MicrophoneConfig): VirtualMicrophone {
  const microphone = createVirtualMicrophone(config);
  horn.onSamples(({ samples, rateHz }) => microphone.hear(samples, rateHz));
  microphone.start();
  return microphone;
}

/** A UDP port that nothing has bound, for whoever listens to come. */
export async function freeUdpPort(host: string): Promise<number> {
  const probe = createSocket("udp4");
  probe.bind(0, host);
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

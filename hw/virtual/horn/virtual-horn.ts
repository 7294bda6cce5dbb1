// hw/virtual/horn: an IP horn behind an amplifier that has to be switched on and needs a moment before it can be heard, and a
// microphone beside it.
// May use node builtins and src/core; the codec is its own, so that the real player meets foreign code.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createSignal } from "../../../src/core/signals.ts";
import { readAudioPacket, wavFile } from "./rtp-audio.ts";

/** Samples below this are silence; 16-bit full scale is 32,768. */
const AUDIBLE_LEVEL = 200;
/** A pause longer than this begins a new utterance. */
const PAUSE_MS = 500;
const UTTERANCES_KEPT = 10;
const LONGEST_KEPT_S = 60;

export interface HornConfig {
  readonly host: string;
  /** UDP; 0 takes a free one, which `start` tells. */
  readonly port: number;
  /** From power on until sound can be heard. */
  readonly settleMs: number;
}

export interface Utterance {
  /** From 1, never repeated. */
  readonly number: number;
  readonly startedWallMs: number;
  readonly durationMs: number;
  /** Its beginning came while the amplifier was off or settling, and was lost. */
  readonly clipped: boolean;
  /** What could be heard of it, at most 60 s. */
  wav(): Buffer;
}

export interface HornState {
  readonly powered: boolean;
  readonly settled: boolean;
  readonly packets: number;
  readonly lostPackets: number;
  readonly malformedPackets: number;
  /** `performance.now()`; absent while silent. */
  readonly soundingSince?: number | undefined;
  /** `performance.now()` of the last packet that could be heard; absent before the first. */
  readonly lastSoundAt?: number | undefined;
  /** Loudest sample of the last utterance, 0 to 32,768. */
  readonly peak: number;
}

export interface VirtualHorn {
  start(): Promise<{ readonly port: number }>;
  stop(): Promise<void>;
  setPowered(on: boolean): void;
  state(): HornState;
  /** Oldest first, the last ten. */
  utterances(): readonly Utterance[];
  /** Calls with `performance.now()` of the first sample of an utterance that can be heard. */
  onSound(listener: (atMs: number) => void): () => void;
  /** Calls for each packet that can be heard, with its sender. */
  onAudible(listener: (packet: { readonly atMs: number; readonly source: number }) => void): () => void;
  /** Calls with what the horn gives off, as it comes. */
  onSamples(listener: (piece: { readonly samples: Int16Array; readonly rateHz: number }) => void): () => void;
}

interface Recording {
  readonly number: number;
  readonly startedWallMs: number;
  readonly sampleRate: number;
  readonly chunks: Int16Array[];
  sampleCount: number;
  clipped: boolean;
  heardAtMs: number | undefined;
  peak: number;
}

/** An IP horn that takes L16 mono at 44.1 kHz and PCMA at 8 kHz as RTP. */
export function createVirtualHorn(config: HornConfig): VirtualHorn {
  const sounds = createSignal<number>();
  const audible = createSignal<{ readonly atMs: number; readonly source: number }>();
  const pieces = createSignal<{ samples: Int16Array; rateHz: number }>();
  const recordings: Recording[] = [];
  let socket: Socket | undefined;
  let poweredAtMs: number | undefined;
  let lastLoudMs = Number.NEGATIVE_INFINITY;
  let lastHeardMs: number | undefined;
  let lastSequence: number | undefined;
  let utteranceCount = 0;
  const counts = { packets: 0, lostPackets: 0, malformedPackets: 0 };

  const isSettled = (nowMs: number): boolean =>
    poweredAtMs !== undefined && nowMs - poweredAtMs >= config.settleMs;

  function count(sequence: number): void {
    counts.packets++;
    if (lastSequence !== undefined) {
      const step = (sequence - lastSequence + 0x1_00_00) % 0x1_00_00;
      // A jump backwards or far ahead is another sender, not loss.
      if (step > 1 && step < 1000) counts.lostPackets += step - 1;
    }
    lastSequence = sequence;
  }

  function recordingFor(sampleRate: number, nowMs: number): Recording {
    const last = recordings.at(-1);
    if (last && nowMs - lastLoudMs <= PAUSE_MS && last.sampleRate === sampleRate) return last;
    utteranceCount++;
    const recording: Recording = {
      number: utteranceCount,
      startedWallMs: Date.now(),
      sampleRate,
      chunks: [],
      sampleCount: 0,
      clipped: false,
      heardAtMs: undefined,
      peak: 0,
    };
    recordings.push(recording);
    if (recordings.length > UTTERANCES_KEPT) recordings.shift();
    return recording;
  }

  function onPacket(bytes: Buffer): void {
    const packet = readAudioPacket(bytes);
    if (!packet) {
      counts.malformedPackets++;
      return;
    }
    const nowMs = performance.now();
    count(packet.sequence);
    if (isSettled(nowMs)) pieces.emit({ samples: packet.samples, rateHz: packet.sampleRate });
    const peak = packet.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const isLoud = peak >= AUDIBLE_LEVEL;
    if (!isLoud && nowMs - lastLoudMs > PAUSE_MS) return;
    const recording = recordingFor(packet.sampleRate, nowMs);
    if (isLoud) lastLoudMs = nowMs;
    if (!isSettled(nowMs)) {
      if (isLoud) recording.clipped = true;
      return;
    }
    recording.peak = Math.max(recording.peak, peak);
    if (recording.sampleCount < LONGEST_KEPT_S * recording.sampleRate) recording.chunks.push(packet.samples);
    recording.sampleCount += packet.samples.length;
    if (isLoud) {
      lastHeardMs = nowMs;
      audible.emit({ atMs: nowMs, source: packet.source });
    }
    if (isLoud && recording.heardAtMs === undefined) {
      recording.heardAtMs = nowMs;
      sounds.emit(nowMs);
    }
  }

  return {
    async start() {
      const opened = createSocket("udp4");
      opened.on("message", onPacket);
      opened.bind(config.port, config.host);
      await once(opened, "listening");
      socket = opened;
      return { port: opened.address().port };
    },
    async stop() {
      const closing = socket;
      socket = undefined;
      if (!closing) return;
      closing.close();
      await once(closing, "close");
    },
    setPowered(on) {
      if (on) poweredAtMs ??= performance.now();
      else poweredAtMs = undefined;
    },
    state() {
      const nowMs = performance.now();
      const last = recordings.at(-1);
      const isSounding = nowMs - lastLoudMs <= PAUSE_MS && isSettled(nowMs);
      return {
        ...counts,
        powered: poweredAtMs !== undefined,
        settled: isSettled(nowMs),
        soundingSince: isSounding ? last?.heardAtMs : undefined,
        lastSoundAt: lastHeardMs,
        peak: last?.peak ?? 0,
      };
    },
    utterances: () =>
      recordings
        .filter(({ sampleCount, clipped }) => sampleCount > 0 || clipped)
        .map(({ number, startedWallMs, sampleRate, chunks, sampleCount, clipped }) => ({
          number,
          startedWallMs,
          durationMs: Math.round((sampleCount / sampleRate) * 1000),
          clipped,
          wav: () => wavFile(joined(chunks), sampleRate),
        })),
    onSound: sounds.on,
    onAudible: audible.on,
    onSamples: pieces.on,
  };
}

function joined(chunks: readonly Int16Array[]): Int16Array {
  const samples = new Int16Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    samples.set(chunk, at);
    at += chunk.length;
  }
  return samples;
}

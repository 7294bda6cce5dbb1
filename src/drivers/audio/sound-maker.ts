import { readFile, rm, stat, writeFile } from "node:fs/promises";
import type { SoundMaker } from "../../core/clip-shelf.ts";
import { errorCode, GatewayError } from "../../core/errors.ts";
import type { ChildDependencies, ChildRequest } from "../ffmpeg/child-process.ts";
import { isMissing, runLimited, saysDiskFull } from "../ffmpeg/limited-child.ts";
import { formatWave, parseWave, promisedWavBytes, trimSilence } from "./wav-file.ts";

/** Horns pass nothing above 8 kHz; 32 kB a second. */
export const SOUND_RATE = 16_000;
/**
 * EBU R128, for a horn: as loud as the box's own voice (espeak-ng measures -15 LUFS), so that a recording made at arm's
 * length is understood as far away, with peaks that no amplifier clips. One pass: it also evens out who walks about while
 * speaking, which the linear two-pass form would not.
 */
const LOUDNESS = "loudnorm=I=-16:TP=-1.5:LRA=7";
const SHORTEST_MS = 300;
/** A header may promise a little more than there is. */
const PROMISED = { share: 0.9, ms: 2000 };
const PROBE_TIMEOUT_MS = 15_000;
/** Ten minutes of sound take 20 s on a PC, several times that on a box. */
const MAKE_TIMEOUT_MS = 300_000;

/**
 * Only what holds sound by itself: no playlist or script may make ffmpeg open other files or addresses, and what is rarely
 * used is not decoded here.
 */
const DEMUXERS = "wav,w64,mp3,aac,mov,mp4,m4a,ogg,flac,amr,matroska,webm,aiff,caf,asf";
const DECODERS = [
  "pcm_u8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f64le,pcm_alaw,pcm_mulaw",
  "adpcm_ima_wav,adpcm_ms,mp3,mp3float,mp2,mp2float,aac,vorbis,opus,flac,alac,amrnb,amrwb,wmav1,wmav2",
].join(",");
/** ffprobe opens the decoder of every stream: of a film's picture and of the picture on an album's cover too. */
const PICTURES = ",h264,hevc,mpeg4,vp8,vp9,mjpeg,png";
const reading = (decoders: string): string[] => [
  ...["-protocol_whitelist", "file", "-format_whitelist", DEMUXERS, "-codec_whitelist", decoders],
  ...["-max_alloc", String(128 * 1024 * 1024)],
];

/** Makes recordings fit for the horns by ffmpeg, in a process of its own: what a file does to it stays there. */
export function createSoundMaker(dependencies: ChildDependencies): SoundMaker {
  /** @returns how it ended, and what it printed. */
  async function run(timeoutMs: number, request: Omit<ChildRequest, "quit">) {
    const { exit, printed } = await runLimited(dependencies, request, timeoutMs);
    if (!exit) throw refusal("clips.not_audio", "the recording took too long to be read");
    if (isMissing(exit)) {
      throw new GatewayError("ffmpeg could not be started", { code: "clips.failed", kind: "transient" });
    }
    return { ...exit, printed };
  }

  /** Seconds that the file promises; NaN where it does not say. */
  async function promisedSeconds(source: string): Promise<number> {
    const { code, printed } = await run(PROBE_TIMEOUT_MS, {
      command: "ffprobe",
      arguments: [
        ...["-v", "error", ...reading(DECODERS + PICTURES), "-select_streams", "a:0"],
        ...["-show_entries", "stream=codec_type:format=duration", "-of", "default=nw=1", `file:${source}`],
      ],
      title: "look at a recording",
      explain: () => "clips.not_audio",
    });
    if (code !== 0 || !printed.includes("codec_type=audio")) throw notAudio();
    return Number(/^duration=([\d.]+)$/m.exec(printed)?.[1] ?? Number.NaN);
  }

  async function convert(source: string, target: string, maxSeconds: number): Promise<void> {
    const { code, reason } = await run(MAKE_TIMEOUT_MS, {
      command: "ffmpeg",
      arguments: [
        ...[
          "-hide_banner",
          "-nostdin",
          "-v",
          "error",
          "-threads",
          "1",
          ...reading(DECODERS),
          "-i",
          `file:${source}`,
        ],
        // A second more than may be, whatever the header says: what reaches it is too long.
        ...["-map", "0:a:0", "-t", String(maxSeconds + 1)],
        ...[
          "-af",
          `aformat=channel_layouts=mono,${LOUDNESS},aresample=${SOUND_RATE}`,
          "-ac",
          "1",
          "-c:a",
          "pcm_s16le",
        ],
        ...["-map_metadata", "-1", "-fflags", "+bitexact", "-f", "wav", "-y", `file:${target}`],
      ],
      title: "make a recording fit",
      explain: (messages) => (saysDiskFull(messages) ? "clips.full" : "clips.not_audio"),
    });
    if (reason === "clips.full") throw diskFull();
    if (code !== 0) throw notAudio();
  }

  async function make(source: string, target: string, maxSeconds: number): Promise<{ durationMs: number }> {
    const promisedMs = (await promisedSeconds(source)) * 1000;
    await convert(source, target, maxSeconds);
    // Ten minutes are 19 MB.
    const wave = parseWave(await readFile(target));
    if (!wave) throw notAudio();
    const madeMs = (wave.samples.length / wave.sampleRate) * 1000;
    if (madeMs > maxSeconds * 1000 + 500)
      throw refusal("clips.too_long", `it is longer than ${maxSeconds} s`);
    if (madeMs < promisedMs * PROMISED.share - PROMISED.ms) {
      throw truncated();
    }
    const trimmed = trimSilence(wave);
    if (!trimmed) throw refusal("clips.silent", "there is nothing to be heard in it");
    const durationMs = Math.round((trimmed.samples.length / trimmed.sampleRate) * 1000);
    if (durationMs < SHORTEST_MS) throw refusal("clips.too_short", "it is too short to be heard");
    await writeFile(target, formatWave(trimmed));
    return { durationMs };
  }

  return {
    async make(source, target, maxSeconds) {
      try {
        const { size } = await stat(source);
        if (size === 0) throw refusal("clips.empty", "the file is empty");
        // ffmpeg takes a WAV file as being as long as it is.
        if (size < (await promisedWavBytes(source))) throw truncated();
        return await make(source, target, maxSeconds);
      } catch (error) {
        await rm(target, { force: true });
        if (error instanceof GatewayError) throw error;
        if (["ENOSPC", "EDQUOT"].includes(errorCode(error))) throw diskFull(error);
        throw new GatewayError("the recording could not be kept", {
          code: "clips.failed",
          kind: "transient",
          cause: error,
        });
      }
    },
  };
}

function refusal(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

function truncated(): GatewayError {
  return refusal("clips.truncated", "it is shorter than it says: the file was cut off");
}

function notAudio(): GatewayError {
  return refusal("clips.not_audio", "this is no sound that could be played: WAV, MP3, M4A, OGG or FLAC");
}

function diskFull(cause?: unknown): GatewayError {
  return new GatewayError("the disk is full", { code: "clips.full", kind: "transient", cause });
}

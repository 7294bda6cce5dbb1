// drivers/audio: sounds out of the box, by ffmpeg to ALSA or as RTP to an IP horn; speech; and what makes recordings fit.
// It may import core/ and drivers/ffmpeg; `main.ts` hands it to act/.
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { Player, Sound } from "../../core/devices.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Part } from "../../core/part.ts";
import type { AudioWiring } from "../../core/site.ts";
import { type ChildDependencies, type RunningChild, startChild } from "../ffmpeg/child-process.ts";
import { WAV_HEADER_BYTES } from "./wav-file.ts";

/** A sound that has not ended this long after its length is cut off. */
const OVERRUN_MS = 5000;
/** Even, so that no sample is cut in two. */
const READ_BYTES = 32_768;

/** What ffmpeg says when it cannot play, first match wins. */
export const AUDIO_REASONS: readonly (readonly [RegExp, string])[] = [
  [/Device or resource busy/, "audio.busy"],
  [/No such device|cannot open audio device/, "audio.no_device"],
];

export type WiredAudio = Exclude<AudioWiring, { kind: "module" }>;

/** A player that is a part: while it is started, a process stands by that is loaded and waits for its sound. */
export interface StandingPlayer extends Player, Part {}

/**
 * A player for one amplifier input; one sound at a time. Loading ffmpeg takes 0.1 s on a PC and several times that on
 * the boxes, which somebody at the water does not have: one process is always loaded and waits on its standard input.
 * It opens the sound card or socket only with the first byte, so it never stands in the way of one that plays.
 */
export function createFfmpegPlayer(dependencies: ChildDependencies, audio: WiredAudio): StandingPlayer {
  let standby: RunningChild | undefined;
  let isStarted = false;

  function launch(): RunningChild {
    return startChild(dependencies, {
      command: "ffmpeg",
      arguments: playArguments(audio),
      title: `play to ${audio.kind}`,
      quit: "end-of-input",
      explain: (messages) => AUDIO_REASONS.find(([pattern]) => pattern.test(messages))?.[1] ?? "audio.failed",
    });
  }

  /** One that dies while it waits is not replaced before the next sound: what killed it may kill the next, for ever. */
  function standBy(): void {
    if (!isStarted || standby) return;
    const child = launch();
    standby = child;
    void child.ended.then(() => {
      if (standby === child) standby = undefined;
    });
  }

  function take(): RunningChild {
    const child = standby ?? launch();
    standby = undefined;
    return child;
  }

  return {
    name: `player to ${audio.kind}`,
    async start() {
      isStarted = true;
      standBy();
    },
    async stop() {
      isStarted = false;
      const waiting = standby;
      standby = undefined;
      await waiting?.kill();
    },
    async play(sound, { volume, signal, onSound }) {
      if (signal.aborted) return;
      const child = take();
      let hasOverrun = false;
      // Asked to quit, ffmpeg would play out what the sound card holds, up to three seconds.
      const silence = (): void => void child.kill();
      signal.addEventListener("abort", silence, { once: true });
      const overrun = dependencies.clock.after(sound.durationMs + OVERRUN_MS, () => {
        hasOverrun = true;
        silence();
      });
      reportFirstSample(child.stdout, () => {
        onSound();
        // Not before: loading the next one must not take the processor from this one's beginning.
        standBy();
      });
      let unread: GatewayError | undefined;
      const fed = pipeline(atVolume(sound, volume), child.stdin).catch((error: unknown) => {
        // A broken pipe is told better by how the child ends.
        if (error instanceof GatewayError) unread = error;
        silence();
      });
      const exit = await child.ended;
      await fed;
      overrun.cancel();
      signal.removeEventListener("abort", silence);
      standBy();
      if (signal.aborted) return;
      if (unread) throw unread;
      if (exit.code === 0) return;
      throw new GatewayError("the sound could not be played", {
        code: hasOverrun ? "audio.overrun" : exit.reason,
        kind: "transient",
      });
    },
  };
}

/** Of one that reads a WAV file from its standard input, whatever its rate. */
export function playArguments(audio: WiredAudio): string[] {
  return [
    ...["-hide_banner", "-loglevel", "error", "-progress", "pipe:1", "-stats_period", "0.05"],
    // ALSA paces by blocking; RTP has to be read in real time. Read in 4 kB pieces, its packets would leave in bursts
    // 100 ms apart, more than small horns buffer.
    ...(audio.kind === "rtp" ? ["-re", "-max_size", "1024"] : []),
    ...["-f", "wav", "-i", "pipe:0", "-vn"],
    ...(audio.kind === "alsa" ? ["-f", "alsa", audio.device] : rtpOutput(audio)),
  ];
}

/** RFC 3551, table 4. A packet must fit a network frame: PCMA takes the usual 20 ms, L16 at this rate only 10 ms. */
const RTP_CODECS = {
  PCMA: { encoder: "pcm_alaw", rate: 8000, samplesPerPacket: 160, bytesPerSample: 1 },
  L16: { encoder: "pcm_s16be", rate: 44_100, samplesPerPacket: 441, bytesPerSample: 2 },
} as const;
const RTP_HEADER_BYTES = 12;

/** Packets of one length throughout: the last one is filled up with silence. */
export function rtpOutput({ host, port, codec }: Extract<WiredAudio, { kind: "rtp" }>): string[] {
  const { encoder, rate, samplesPerPacket, bytesPerSample } = RTP_CODECS[codec];
  const packetBytes = RTP_HEADER_BYTES + samplesPerPacket * bytesPerSample;
  const address = `rtp://${host}:${port}?pkt_size=${packetBytes}`;
  const filters = [
    `aresample=${rate}`,
    "aformat=channel_layouts=mono",
    `asetnsamples=n=${samplesPerPacket}:p=1`,
  ];
  return ["-af", filters.join(","), "-c:a", encoder, "-ar", String(rate), "-ac", "1", "-f", "rtp", address];
}

/**
 * The file's bytes at their volume; the player that stands by was started before anybody knew how loud.
 * @throws GatewayError `audio.unreadable` (transient).
 */
async function* atVolume({ path }: Sound, volume: number): AsyncGenerator<Buffer> {
  try {
    const file = await open(path, "r");
    try {
      for (let position = 0; ; position += READ_BYTES) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, position);
        if (bytesRead === 0) return;
        const piece = buffer.subarray(0, bytesRead);
        scale(piece, position === 0 ? WAV_HEADER_BYTES : 0, volume / 100);
        yield piece;
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new GatewayError("the sound's file could not be read", {
      code: "audio.unreadable",
      kind: "transient",
      cause,
    });
  }
}

function scale(piece: Buffer, start: number, factor: number): void {
  if (factor === 1) return;
  for (let at = start; at + 1 < piece.length; at += 2) {
    piece.writeInt16LE(Math.round(piece.readInt16LE(at) * factor), at);
  }
}

/** ffmpeg's progress lines tell when output began: `out_time_us=…` above zero. */
function reportFirstSample(progress: NodeJS.ReadableStream, onSound: () => void): void {
  let text = "";
  let sounded = false;
  progress.on("data", (chunk: Buffer) => {
    if (sounded) return;
    text = (text + chunk.toString("latin1")).slice(-2000);
    if (!/out_time_us=[1-9]/.test(text)) return;
    sounded = true;
    onSound();
  });
}

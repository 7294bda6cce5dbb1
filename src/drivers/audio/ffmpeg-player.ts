// drivers/audio: sounds out of the box, by ffmpeg to ALSA or as RTP to an IP horn, and speech by espeak-ng.
// It may import core/ and drivers/ffmpeg; `main.ts` hands it to act/.
import type { Player, Sound } from "../../core/devices.ts";
import { GatewayError } from "../../core/errors.ts";
import type { AudioWiring } from "../../core/site.ts";
import { type ChildDependencies, startChild } from "../ffmpeg/child-process.ts";

/** A sound that has not ended this long after its length is cut off. */
const OVERRUN_MS = 5000;

/** What ffmpeg says when it cannot play, first match wins. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/Device or resource busy/, "audio.busy"],
  [/No such device|cannot open audio device/, "audio.no_device"],
];

type WiredAudio = Exclude<AudioWiring, { kind: "module" }>;

/** A player for one amplifier input; one sound at a time. */
export function createFfmpegPlayer(dependencies: ChildDependencies, audio: WiredAudio): Player {
  return {
    async play(sound, { volume, signal, onSound }) {
      if (signal.aborted) return;
      const child = startChild(dependencies, {
        command: "ffmpeg",
        arguments: playArguments(sound, volume, audio),
        title: `play to ${audio.kind}`,
        quit: "q",
        explain: (messages) => REASONS.find(([pattern]) => pattern.test(messages))?.[1] ?? "audio.failed",
      });
      let hasOverrun = false;
      // Asked to quit, ffmpeg would play out what the sound card holds, up to three seconds.
      const silence = (): void => void child.kill();
      signal.addEventListener("abort", silence, { once: true });
      const overrun = dependencies.clock.after(sound.durationMs + OVERRUN_MS, () => {
        hasOverrun = true;
        silence();
      });
      reportFirstSample(child.stdout, onSound);
      const exit = await child.ended;
      overrun.cancel();
      signal.removeEventListener("abort", silence);
      if (signal.aborted || exit.code === 0) return;
      throw new GatewayError("the sound could not be played", {
        code: hasOverrun ? "audio.overrun" : exit.reason,
        kind: "transient",
      });
    },
  };
}

export function playArguments(sound: Sound, volume: number, audio: WiredAudio): string[] {
  return [
    ...["-hide_banner", "-loglevel", "error", "-progress", "pipe:1", "-stats_period", "0.05"],
    // ALSA paces by blocking; RTP has to be read in real time.
    ...(audio.kind === "rtp" ? ["-re"] : []),
    // Read in 4 kB pieces, packets would leave in bursts 100 ms apart, more than small horns buffer.
    ...(audio.kind === "rtp" && sound.path.endsWith(".wav") ? ["-max_size", "1024"] : []),
    ...["-i", sound.path, "-vn"],
    ...(audio.kind === "alsa"
      ? ["-af", loudness(volume), "-f", "alsa", audio.device]
      : rtpOutput(volume, audio)),
  ];
}

function loudness(volume: number): string {
  return `volume=${(volume / 100).toFixed(2)}`;
}

/** RFC 3551, table 4. A packet must fit a network frame: PCMA takes the usual 20 ms, L16 at this rate only 10 ms. */
const RTP_CODECS = {
  PCMA: { encoder: "pcm_alaw", rate: 8000, samplesPerPacket: 160, bytesPerSample: 1 },
  L16: { encoder: "pcm_s16be", rate: 44_100, samplesPerPacket: 441, bytesPerSample: 2 },
} as const;
const RTP_HEADER_BYTES = 12;

/** Packets of one length throughout: the last one is filled up with silence. */
function rtpOutput(volume: number, { host, port, codec }: Extract<WiredAudio, { kind: "rtp" }>): string[] {
  const { encoder, rate, samplesPerPacket, bytesPerSample } = RTP_CODECS[codec];
  const packetBytes = RTP_HEADER_BYTES + samplesPerPacket * bytesPerSample;
  const address = `rtp://${host}:${port}?pkt_size=${packetBytes}`;
  const filters = [
    loudness(volume),
    `aresample=${rate}`,
    "aformat=channel_layouts=mono",
    `asetnsamples=n=${samplesPerPacket}:p=1`,
  ];
  return ["-af", filters.join(","), "-c:a", encoder, "-ar", String(rate), "-ac", "1", "-f", "rtp", address];
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

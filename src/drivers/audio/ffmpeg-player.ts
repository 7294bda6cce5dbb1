// drivers/audio: sounds out of the box, by ffmpeg to ALSA or as RTP to an IP horn, and speech by espeak-ng.
// It may import core/ and drivers/ffmpeg; `main.ts` hands it to act/.
import type { Player, Sound } from "../../core/devices.ts";
import { GatewayError } from "../../core/errors.ts";
import type { AudioWiring } from "../../core/site.ts";
import { type ChildDependencies, startChild } from "../ffmpeg/child-process.ts";

/** A sound that has not ended this long after its length is cut off. */
const OVERRUN_MS = 5000;

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
        explain: (messages) =>
          /No such device|cannot open audio device/.test(messages) ? "audio.no_device" : "audio.failed",
      });
      const cut = (): void => void child.stop();
      signal.addEventListener("abort", cut, { once: true });
      const overrun = dependencies.clock.after(sound.durationMs + OVERRUN_MS, cut);
      reportFirstSample(child.stdout, onSound);
      const exit = await child.ended;
      overrun.cancel();
      signal.removeEventListener("abort", cut);
      if (signal.aborted || exit.code === 0) return;
      throw new GatewayError("the sound could not be played", { code: exit.reason, kind: "transient" });
    },
  };
}

export function playArguments(sound: Sound, volume: number, audio: WiredAudio): string[] {
  return [
    ...["-hide_banner", "-loglevel", "error", "-progress", "pipe:1", "-stats_period", "0.05"],
    // ALSA paces by blocking; RTP has to be read in real time.
    ...(audio.kind === "rtp" ? ["-re"] : []),
    ...["-i", sound.path, "-vn", "-af", `volume=${(volume / 100).toFixed(2)}`],
    ...(audio.kind === "alsa" ? ["-f", "alsa", audio.device] : rtpOutput(audio)),
  ];
}

/** RFC 3551: L16 mono at 44.1 kHz is payload type 11, PCMA at 8 kHz type 8. 20 ms a packet suits horns' buffers. */
function rtpOutput({ host, port, codec }: Extract<WiredAudio, { kind: "rtp" }>): string[] {
  const address = `rtp://${host}:${port}?pkt_size=${codec === "PCMA" ? 172 : 1316}`;
  const coding =
    codec === "PCMA" ? ["-c:a", "pcm_alaw", "-ar", "8000"] : ["-c:a", "pcm_s16be", "-ar", "44100"];
  return [...coding, "-ac", "1", "-f", "rtp", address];
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

import { GatewayError } from "../../core/errors.ts";
import type { LivePlayer, LiveSound, PreparedPlayer, VoiceRateHz } from "../../core/live-voice.ts";
import { within } from "../../core/time.ts";
import { type ChildDependencies, type RunningChild, startChild } from "../ffmpeg/child-process.ts";
import { AUDIO_REASONS, rtpOutput, type WiredAudio } from "./ffmpeg-player.ts";

const PIECE_MS = 20;
/**
 * Silence ahead of the voice: ffmpeg opens the output only with the first samples through its filters, and a sound card
 * lives on it when a piece comes late.
 */
const LEAD_MS = 60;
/** After a longer stop of this process the amplifier has been silent; that time is not made up for. */
const LONGEST_LATE_MS = 100;
const OPEN_WITHIN_MS = 5000;
const END_WITHIN_MS = 1000;
/** Unread for so long: the card takes nothing any more. */
const STUCK_MS = 2000;
/**
 * ffmpeg reads raw sound by 1,024 samples (libavformat/pcm.c): 64 ms at 16 kHz, 21 ms at 48 kHz. Lower rates are therefore
 * written with each sample repeated; the filter that goes back to the voice's own rate takes out what that added.
 */
const LEAST_RATE_HZ = 44_100;

/** A player of live voices for one amplifier input: paced by our clock, with as little waiting in between as there can be. */
export function createLivePlayer(dependencies: ChildDependencies, audio: WiredAudio): LivePlayer {
  const { clock } = dependencies;
  return {
    prepare(rateHz) {
      let opened = (): void => {};
      const isOpen = new Promise<void>((resolve) => {
        opened = resolve;
      });
      let messages = "";
      let hasBegun = false;
      // Started early: it takes longest to load, and opens its output only with the first samples.
      const child = startChild(dependencies, {
        command: "ffmpeg",
        arguments: livePlayArguments(rateHz, audio),
        title: `voice to ${audio.kind}`,
        quit: "end-of-input",
        explain: (text) => AUDIO_REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? "audio.failed",
        onMessage(text) {
          messages = (messages + text).slice(-1000);
          if (messages.includes("Output #0")) opened();
          // It ran dry and has nothing left to live on until it is given that again.
          if (text.includes("ALSA buffer xrun")) writer.silence(LEAD_MS);
        },
      });
      child.stdout.resume();
      const writer = createWriter(child, rateHz);
      return {
        async play(sound, options) {
          hasBegun = true;
          await playOn(child, writer, isOpen, sound, options);
        },
        async close() {
          if (!hasBegun) await child.kill();
        },
      };
    },
  };

  async function playOn(
    child: RunningChild,
    writer: Writer,
    isOpen: Promise<void>,
    sound: LiveSound,
    { volume, signal, onSound }: Parameters<PreparedPlayer["play"]>[1],
  ): Promise<void> {
    const silence = (): void => void child.kill();
    signal.addEventListener("abort", silence, { once: true });
    if (signal.aborted) silence();
    let fault: string | undefined;
    const over = new AbortController();
    void child.ended.then(() => over.abort());
    try {
      writer.setVolume(volume);
      writer.silence(LEAD_MS);
      await Promise.race([within(clock, OPEN_WITHIN_MS, "opening the output", isOpen), child.ended]);
      if (!over.signal.aborted && !signal.aborted) {
        onSound();
        fault = await pace(sound, writer, over.signal);
      }
      child.stdin.end();
      await within(clock, END_WITHIN_MS, "playing out", child.ended);
    } catch {
      fault ??= signal.aborted || sound.isOver() ? undefined : "audio.stuck";
    } finally {
      await child.kill();
      signal.removeEventListener("abort", silence);
    }
    const exit = await child.ended;
    if (signal.aborted || (sound.isOver() && fault === undefined)) return;
    throw new GatewayError("the voice could not be played", {
      code: fault ?? exit.reason,
      kind: "transient",
    });
  }

  /** Hands over each piece when its time has come, until the voice is over. @returns the code of why it cannot go on. */
  async function pace(sound: LiveSound, writer: Writer, over: AbortSignal): Promise<string | undefined> {
    const piece = (sound.rateHz * PIECE_MS) / 1000;
    let dueMs = clock.now().monotonicMs;
    while (!over.aborted && !sound.isOver()) {
      const nowMs = clock.now().monotonicMs;
      if (nowMs - dueMs > LONGEST_LATE_MS) dueMs = nowMs;
      for (; dueMs <= nowMs; dueMs += PIECE_MS) writer.write(sound.pull(piece));
      if (writer.waitingMs() > STUCK_MS) return "audio.stuck";
      await clock.sleep(Math.max(1, dueMs - nowMs), over).catch(() => undefined);
    }
    return undefined;
  }
}

export function livePlayArguments(rateHz: VoiceRateHz, audio: WiredAudio): string[] {
  const written = rateHz * repetitions(rateHz);
  const [, filters, ...rest] = audio.kind === "rtp" ? rtpOutput(audio) : [];
  const back = written === rateHz ? [] : [`aresample=${rateHz}`];
  const chain = [...back, ...(filters === undefined ? [] : [filters])].join(",");
  const output = audio.kind === "rtp" ? rest : ["-f", "alsa", audio.device];
  return [
    // On `info` it tells when the output is open.
    ...["-hide_banner", "-nostats", "-loglevel", "info"],
    ...["-fflags", "nobuffer", "-probesize", "32", "-f", "s16le", "-ar", String(written), "-ac", "1"],
    ...["-i", "pipe:0"],
    ...(chain === "" ? [] : ["-af", chain]),
    ...["-flush_packets", "1", ...output],
  ];
}

function repetitions(rateHz: number): number {
  return Math.ceil(LEAST_RATE_HZ / rateHz);
}

interface Writer {
  /** 0 to 100; told before the first samples. */
  setVolume(percent: number): void;
  write(samples: Int16Array): void;
  silence(lengthMs: number): void;
  /** What ffmpeg has not taken yet. */
  waitingMs(): number;
}

function createWriter(child: RunningChild, rateHz: VoiceRateHz): Writer {
  const times = repetitions(rateHz);
  const bytesPerMs = (rateHz * times * 2) / 1000;
  let share = 1;
  function write(samples: Int16Array): void {
    if (!child.stdin.writable) return;
    const bytes = Buffer.alloc(samples.length * times * 2);
    for (let index = 0; index < samples.length * times; index++) {
      bytes.writeInt16LE(Math.round((samples[Math.floor(index / times)] ?? 0) * share), index * 2);
    }
    child.stdin.write(bytes);
  }
  return {
    setVolume(percent) {
      share = percent / 100;
    },
    write,
    silence: (lengthMs) => write(new Int16Array((rateHz * lengthMs) / 1000)),
    waitingMs: () => child.stdin.writableLength / bytesPerMs,
  };
}

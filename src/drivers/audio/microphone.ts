import type { Microphone } from "../../core/hearing.ts";
import type { MicrophoneWiring } from "../../core/site.ts";
import { withLogin } from "../ffmpeg/camera-address.ts";
import { type ChildDependencies, startChild } from "../ffmpeg/child-process.ts";
import { createLevelMeter } from "./level-meter.ts";

/** Enough for the voice band. */
const RATE_HZ = 8000;
/** A camera that says nothing for so long has gone, in µs. */
const RTSP_TIMEOUT_US = 5_000_000;

/** What ffmpeg says when it cannot listen, first match wins. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/Device or resource busy/, "microphone.busy"],
  [/401 Unauthorized|authorization failed/i, "microphone.login"],
  [
    /No such (?:device|file)|cannot open audio device|Connection refused|No route to host|Name or service not known|404 Not Found/i,
    "microphone.missing",
  ],
  [/does not contain any stream|Stream map .* matches no streams|Invalid data found/i, "microphone.no_sound"],
];

/** A microphone that ffmpeg captures. Its sound goes no further than the level meter. */
export function createMicrophone(dependencies: ChildDependencies, wiring: MicrophoneWiring): Microphone {
  return {
    open({ onLevels, onEnd }) {
      const child = startChild(dependencies, {
        command: "ffmpeg",
        arguments: listenArguments(wiring),
        title: `microphone ${wiring.kind}`,
        quit: "q",
        explain: (messages) => REASONS.find(([pattern]) => pattern.test(messages))?.[1] ?? "microphone.ended",
      });
      const meter = createLevelMeter(RATE_HZ);
      let isOpen = true;
      let half: Buffer = Buffer.alloc(0);
      child.stdout.on("data", (chunk: Buffer) => {
        if (!isOpen) return;
        // A chunk may end in the middle of a sample.
        const bytes = half.length > 0 ? Buffer.concat([half, chunk]) : chunk;
        const samples = Int16Array.from({ length: bytes.length >> 1 }, (_, index) =>
          bytes.readInt16LE(2 * index),
        );
        half = bytes.subarray(samples.length * 2);
        const { levels, clipped } = meter.push(samples);
        onLevels(levels, clipped);
      });
      void child.ended.then(({ reason }) => {
        if (!isOpen) return;
        isOpen = false;
        onEnd(reason);
      });
      return {
        async close() {
          isOpen = false;
          // Nothing that it holds is wanted any more.
          await child.kill();
        },
      };
    },
  };
}

export function listenArguments(wiring: MicrophoneWiring): string[] {
  return [
    ...["-hide_banner", "-nostats", "-loglevel", "error"],
    ...["-fflags", "nobuffer", "-flags", "low_delay", "-probesize", "4096", "-analyzeduration", "0"],
    ...inputArguments(wiring),
    ...["-vn", "-map", "0:a:0", "-ac", "1", "-ar", String(RATE_HZ)],
    ...["-f", "s16le", "-avioflags", "direct", "-flush_packets", "1", "pipe:1"],
  ];
}

function inputArguments(wiring: MicrophoneWiring): string[] {
  switch (wiring.kind) {
    case "alsa":
      return ["-f", "alsa", "-i", wiring.device];
    case "rtp":
      return ["-protocol_whitelist", "rtp,udp", "-i", `rtp://${wiring.host}:${wiring.port}`];
    case "rtsp":
      return [
        ...["-rtsp_transport", "tcp", "-allowed_media_types", "audio", "-timeout", String(RTSP_TIMEOUT_US)],
        ...["-i", withLogin(wiring.url, wiring.login)],
      ];
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { GatewayError } from "../../../src/core/errors.ts";
import { createSignal } from "../../../src/core/signals.ts";
import type { AccessUnit, ParameterSets } from "../rtsp/video-source.ts";
import { createFlvReader } from "./flv.ts";

const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 2000;
const MAX_COMPLAINT_CHARS = 2000;

export interface PictureFormat {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** Distance of key frames; rounded to whole frames, at least one. */
  readonly keyFrameSeconds: number;
}

export interface Encoder {
  /** Resolves with the parameter sets. @throws GatewayError `scene.encoder_failed` (transient). */
  readonly ready: Promise<ParameterSets>;
  readonly input: Writable;
  onFrame(listener: (frame: AccessUnit) => void): () => void;
  /** Ends the child; resolves when it is gone. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts an ffmpeg that turns `inputArguments` into H.264 as the sub stream of a small camera has it.
 * The child ends by itself when this process dies: its input or its output breaks.
 * @param captureTime gives the capture time of the next picture that comes out.
 */
export function startEncoder(
  inputArguments: readonly string[],
  format: PictureFormat,
  captureTime: () => number,
): Encoder {
  const child = spawn("ffmpeg", [...COMMON, ...inputArguments, ...outputArguments(format)], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const pictures = createSignal<AccessUnit>();
  let complaint = "";
  let stopping = false;
  const gone = once(child, "close").catch(() => undefined);

  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => {
    complaint = (complaint + text).slice(-MAX_COMPLAINT_CHARS);
  });
  // The child's end shows on `close`; a broken pipe before it tells nothing more.
  child.stdin.on("error", () => child.stdin.destroy());

  const ready = new Promise<ParameterSets>((resolve, reject) => {
    const fail = (cause?: unknown): void => {
      const reason = complaint.trim().split("\n").at(-1) ?? "";
      reject(
        new GatewayError(`The scene's encoder does not run: ${reason}`, {
          code: "scene.encoder_failed",
          kind: "transient",
          cause,
        }),
      );
    };
    const timer = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
    child.once("error", fail);
    child.once("close", () => {
      clearTimeout(timer);
      fail();
    });
    readPictures(child.stdout, {
      onParameterSets: (sets) => {
        clearTimeout(timer);
        resolve(sets);
      },
      onPicture: ({ key, nals }) => {
        if (!stopping) pictures.emit({ key, nals, capturedAtMs: captureTime() });
      },
      onRubbish: () => child.kill("SIGKILL"),
    });
  });
  // Whoever stops before it is ready does not await it.
  ready.catch(() => undefined);

  return {
    ready,
    input: child.stdin,
    onFrame: (listener) => pictures.on(listener),
    async stop() {
      stopping = true;
      await end(child, gone);
    },
  };
}

const COMMON = ["-hide_banner", "-nostats", "-v", "error"];

function outputArguments({ width, height, framesPerSecond, keyFrameSeconds }: PictureFormat): string[] {
  const group = String(Math.max(1, Math.round(framesPerSecond * keyFrameSeconds)));
  const rate = Math.round((width * height * framesPerSecond) / 5000);
  return [
    ...["-an", "-vf", `scale=${width}:${height}:flags=fast_bilinear,format=yuv420p`],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "baseline"],
    ...["-threads", "1", "-g", group, "-keyint_min", group, "-sc_threshold", "0"],
    ...["-crf", "25", "-maxrate", `${rate}k`, "-bufsize", `${rate}k`],
    ...["-f", "flv", "-flvflags", "no_duration_filesize", "-flush_packets", "1", "pipe:1"],
  ];
}

interface PictureListener {
  readonly onParameterSets: (sets: ParameterSets) => void;
  readonly onPicture: (picture: { key: boolean; nals: readonly Uint8Array[] }) => void;
  readonly onRubbish: () => void;
}

function readPictures(output: Readable, listener: PictureListener): void {
  const read = createFlvReader(listener);
  output.on("data", (chunk: Buffer) => {
    try {
      read(chunk);
    } catch {
      output.destroy();
      listener.onRubbish();
    }
  });
}

/** Closing its input ends an encoder of raw pictures; TERM any other; KILL one that hangs. */
async function end(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
    await gone;
    return;
  }
  child.stdin?.destroy();
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(timer);
}

import { MicrophoneError, type MicrophoneProblem, microphoneProblem } from "./microphone.ts";

export interface VoiceRecorder {
  /** How loud it is just now, 0 to 1. */
  level(): number;
  elapsedMs(): number;
  /** Ends it, lets go of the microphone, and gives what was said; undefined where that is nothing. May be called twice. */
  stop(): Promise<Blob | undefined>;
}

/** The first that the browser can; the box takes both. */
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const BITS_PER_SECOND = 32_000;
/** Speech is far below full scale. */
const LOUD = 0.5;

/** What keeps this page from recording whatever anybody allows; undefined where nothing does. */
export function recorderObstacle(): MicrophoneProblem | undefined {
  if (!isSecureContext) return "insecure";
  return "mediaDevices" in navigator && typeOfHere() !== undefined ? undefined : "old";
}

/** Opens the telephone's microphone, which the browser asks the person about, and records. @throws MicrophoneError. */
export async function startRecorder(): Promise<VoiceRecorder> {
  const obstacle = recorderObstacle();
  if (obstacle) throw new MicrophoneError(obstacle);
  const stream = await navigator.mediaDevices
    .getUserMedia({ audio: { channelCount: 1, noiseSuppression: true, autoGainControl: true } })
    .catch((error: unknown) => {
      throw new MicrophoneError(microphoneProblem(error));
    });
  const letGo = (): void => {
    for (const track of stream.getTracks()) track.stop();
  };
  try {
    return record(stream, letGo);
  } catch {
    letGo();
    throw new MicrophoneError("failed");
  }
}

function record(stream: MediaStream, letGo: () => void): VoiceRecorder {
  const type = typeOfHere();
  const recorder = new MediaRecorder(stream, {
    ...(type && { mimeType: type }),
    audioBitsPerSecond: BITS_PER_SECOND,
  });
  const pieces: Blob[] = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  const startedMs = performance.now();
  const meter = createMeter(stream);
  const ended = new Promise<Blob | undefined>((resolve) => {
    // Also when the microphone is pulled out: what was said until then is kept.
    recorder.onstop = () => {
      letGo();
      meter.close();
      const sound = new Blob(pieces, { type: recorder.mimeType });
      resolve(sound.size > 0 ? sound : undefined);
    };
  });
  recorder.start();
  return {
    level: meter.level,
    elapsedMs: () => performance.now() - startedMs,
    stop() {
      if (recorder.state !== "inactive") recorder.stop();
      return ended;
    },
  };
}

function createMeter(stream: MediaStream): { level(): number; close(): void } {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  // On phones it may have been made asleep.
  void context.resume();
  const samples = new Float32Array(analyser.fftSize);
  return {
    level() {
      analyser.getFloatTimeDomainData(samples);
      const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      return Math.min(1, loudest / LOUD);
    },
    close: () => void context.close(),
  };
}

function typeOfHere(): string | undefined {
  if (typeof MediaRecorder === "undefined") return undefined;
  return TYPES.find((type) => MediaRecorder.isTypeSupported(type));
}

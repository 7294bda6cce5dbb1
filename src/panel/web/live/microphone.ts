import workletUrl from "./talk-worklet.ts?worker&url";

/** Why there is no microphone; the page says what to do about each. */
export type MicrophoneProblem = "denied" | "none" | "busy" | "failed" | "old" | "insecure";

export class MicrophoneError extends Error {
  readonly problem: MicrophoneProblem;
  constructor(problem: MicrophoneProblem) {
    super(problem);
    this.problem = problem;
  }
}

export interface Microphone {
  readonly sampleRate: number;
  /** Lets go of the microphone: the browser's sign that it listens goes out. May be called twice. */
  stop(): void;
}

/** Enough for speech, and a third of what 48 kHz would cost a thin line. */
const RATE_HZ = 16_000;
/**
 * Echo cancellation takes out what this device itself plays, and the horn outside is none of that: it would only cut into
 * the voice and wait for it. Noise and level are worth it: village offices are loud and microphones cheap.
 */
const WISH: MediaTrackConstraints = {
  channelCount: 1,
  echoCancellation: false,
  noiseSuppression: true,
  autoGainControl: true,
};

/** What keeps this page from a microphone whatever anybody allows; undefined where nothing does. */
export function microphoneObstacle(): MicrophoneProblem | undefined {
  if (!isSecureContext) return "insecure";
  const mayRecord = "mediaDevices" in navigator && "AudioWorkletNode" in window;
  return mayRecord ? undefined : "old";
}

/**
 * Opens the microphone; the browser asks the person the first time.
 * @param onPiece 20 ms of signed 16-bit samples.
 * @param onLost it was pulled out or taken away.
 * @throws MicrophoneError.
 */
export async function openMicrophone(
  onPiece: (samples: Int16Array<ArrayBuffer>) => void,
  onLost: () => void,
): Promise<Microphone> {
  const obstacle = microphoneObstacle();
  if (obstacle) throw new MicrophoneError(obstacle);
  const stream = await navigator.mediaDevices.getUserMedia({ audio: WISH }).catch((error: unknown) => {
    throw new MicrophoneError(microphoneProblem(error));
  });
  let context: AudioContext | undefined;
  try {
    const listening = await listen(stream);
    context = listening.context;
    listening.node.port.onmessage = ({ data }) => onPiece(new Int16Array(data as ArrayBuffer));
  } catch {
    for (const track of stream.getTracks()) track.stop();
    throw new MicrophoneError("failed");
  }
  for (const track of stream.getTracks()) track.onended = onLost;
  return {
    sampleRate: context.sampleRate,
    stop() {
      for (const track of stream.getTracks()) {
        track.onended = null;
        track.stop();
      }
      if (context?.state !== "closed") void context?.close();
    },
  };
}

async function listen(stream: MediaStream) {
  try {
    return await listenAt(stream, { sampleRate: RATE_HZ, latencyHint: "interactive" });
  } catch {
    // Firefox takes a microphone only at the rate of the device.
    return await listenAt(stream, { latencyHint: "interactive" });
  }
}

async function listenAt(stream: MediaStream, options: AudioContextOptions) {
  const context = new AudioContext(options);
  try {
    await context.audioWorklet.addModule(workletUrl);
    const node = new AudioWorkletNode(context, "talk", { numberOfOutputs: 0 });
    context.createMediaStreamSource(stream).connect(node);
    // On phones it may have been made asleep.
    await context.resume();
    return { context, node };
  } catch (error) {
    await context.close();
    throw error;
  }
}

/** Why the browser did not give it, by the name of its error. */
export function microphoneProblem(error: unknown): MicrophoneProblem {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "none";
  return name === "NotReadableError" ? "busy" : "failed";
}

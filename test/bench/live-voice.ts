import type { WebSocket } from "ws";
import { startRig, untilArmed } from "../support/gateway-rig.ts";
import { until } from "../support/until.ts";
import { percentiles } from "./percentiles.ts";

// A live voice through a whole gateway to an IP horn. The microphone is this program: it takes 20 ms for each piece, as a
// browser's does, so that what is said at the beginning of a piece leaves at its end.

const RATE_HZ = 16_000;
const PIECE_MS = 20;
const SETTLE_MS = 300;
const TALKS = 25;
const BEATS_A_TALK = 4;
/** Longer than the horn's own pause between two utterances; each begins where no piece does. */
const BEAT_MS = 1_100;
const LOUD_MS = 200;

/**
 * `orderToSoundMs`: from the hello to the first sample that is heard, without the amplifier's settling.
 * `microphoneToSoundMs`: from a sound at the microphone to the packet that holds it at the horn.
 */
export async function measureLiveVoice(): Promise<{
  orderToSoundMs: ReturnType<typeof percentiles>;
  microphoneToSoundMs: ReturnType<typeof percentiles>;
  beats: number;
  missed: number;
}> {
  const rig = await startRig({ cameras: [], settleMs: SETTLE_MS });
  const orders: number[] = [];
  const latencies: number[] = [];
  let beats = 0;
  try {
    rig.startGateway();
    await untilArmed(rig);
    await rig.get("/api/v1/state");
    for (let count = 0; count < TALKS; count++) {
      const { helloMs, saidMs, heardMs } = await talkOnce(rig);
      const [firstMs] = heardMs;
      if (firstMs !== undefined) orders.push(firstMs - helloMs - SETTLE_MS);
      beats += saidMs.length;
      for (const atMs of saidMs) {
        const heard = heardMs.find((one) => one >= atMs && one - atMs < BEAT_MS / 2);
        if (heard !== undefined) latencies.push(heard - atMs);
      }
      await until(() => rig.relayStates.at(-1) === false);
    }
  } finally {
    await rig.stop();
  }
  return {
    orderToSoundMs: percentiles(orders),
    microphoneToSoundMs: percentiles(latencies),
    beats,
    missed: beats - latencies.length,
  };
}

/** Loud until it is heard, then beats. */
async function talkOnce(rig: Awaited<ReturnType<typeof startRig>>) {
  const heardMs: number[] = [];
  const saidMs: number[] = [];
  const stop = rig.horn.onSound((atMs) => heardMs.push(atMs));
  const socket: WebSocket = rig.socket("/api/v1/broadcasts/live");
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const helloMs = performance.now();
  socket.send(JSON.stringify({ speakers: ["pond"], volume: 100, codec: "pcm16", sampleRate: RATE_HZ }));
  let piece = 0;
  let firstBeatMs: number | undefined;
  const speak = setInterval(() => {
    for (; helloMs + (piece + 1) * PIECE_MS <= performance.now(); piece++) socket.send(capture(piece));
  }, 2);
  /** What the microphone took from one time to the other. */
  function capture(index: number): Buffer {
    const bytes = Buffer.alloc((RATE_HZ * PIECE_MS * 2) / 1000);
    for (let at = 0; at < bytes.length; at += 2) {
      const nowMs = helloMs + index * PIECE_MS + (at / 2 / RATE_HZ) * 1000;
      if (isLoud(nowMs)) bytes.writeInt16LE(at % 32 < 16 ? 12_000 : -12_000, at);
    }
    return bytes;
  }
  function isLoud(nowMs: number): boolean {
    if (firstBeatMs === undefined) return true;
    return saidMs.some((atMs) => nowMs >= atMs && nowMs < atMs + LOUD_MS);
  }
  await until(() => heardMs.length > 0);
  firstBeatMs = performance.now() + BEAT_MS + Math.random() * PIECE_MS;
  for (let beat = 0; beat < BEATS_A_TALK; beat++) saidMs.push(firstBeatMs + beat * BEAT_MS);
  const endMs = (saidMs.at(-1) ?? 0) + BEAT_MS;
  await until(() => performance.now() > endMs, { timeoutMs: 20_000 });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.send(JSON.stringify({ end: true }));
  await closed;
  clearInterval(speak);
  stop();
  return { helloMs, saidMs, heardMs };
}

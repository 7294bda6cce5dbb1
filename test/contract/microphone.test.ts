import { execFileSync, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { createVirtualHorn } from "../../hw/virtual/horn/virtual-horn.ts";
import { freeUdpPort, type HornFault, openEar } from "../../hw/virtual/horn/virtual-microphone.ts";
import { createMicrophoneWitness } from "../../src/act/microphone-witness.ts";
import type { Take } from "../../src/act/witness.ts";
import type { Sound } from "../../src/core/devices.ts";
import type { Proof } from "../../src/core/hearing.ts";
import type { MicrophoneWiring } from "../../src/core/site.ts";
import { systemClock } from "../../src/core/time.ts";
import { createFfmpegPlayer } from "../../src/drivers/audio/ffmpeg-player.ts";
import { createMicrophone } from "../../src/drivers/audio/microphone.ts";
import { soundFileLevels } from "../../src/drivers/audio/sound-file-levels.ts";
import { until } from "../support/until.ts";
import { createChildren } from "./camera-rig.ts";

// The real player, a horn that takes its RTP, a microphone beside the horn that sends RTP, and the real capture.

const HOST = "127.0.0.1";
const missing = ["ffmpeg", "espeak-ng"].filter((command) => spawnSync("which", [command]).status !== 0);
const folder = mkdtempSync(join(tmpdir(), "cunshao-mic-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function speak(text: string): Sound {
  const path = join(folder, `${Buffer.from(text).toString("hex").slice(0, 40)}.wav`);
  execFileSync("espeak-ng", ["-v", "cmn", "-s", "150", "-a", "180", "-w", path, text]);
  const bytes = readFileSync(path);
  return { path, durationMs: Math.round(((bytes.length - 44) / bytes.readUInt32LE(28)) * 1000) };
}

/** Children of this process whose command has all these words. */
function children(...words: readonly string[]): number {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return words.every((word) => command.includes(word));
    } catch {
      // It ended meanwhile.
      return false;
    }
  }).length;
}

function witnessOf(wiring: MicrophoneWiring) {
  const opened = { levels: 0 };
  const microphone = createMicrophone(createChildren(), wiring);
  const witness = createMicrophoneWitness(
    { clock: systemClock, soundLevels: soundFileLevels },
    {
      open: ({ onLevels, onEnd }) =>
        microphone.open({
          onLevels(levels, clipped) {
            opened.levels += levels.length;
            onLevels(levels, clipped);
          },
          onEnd,
        }),
    },
  );
  return { witness, opened };
}

async function openRig() {
  const horn = createVirtualHorn({ host: HOST, port: 0, settleMs: 0 });
  const { port } = await horn.start();
  horn.setPowered(true);
  const microphonePort = await freeUdpPort(HOST);
  const ear = openEar(horn, {
    host: HOST,
    port: microphonePort,
    delayMs: 150,
    echo: { share: 0.4, afterMs: 110 },
    noise: 80,
  });
  onTestFinished(async () => {
    ear.stop();
    await horn.stop();
  });
  const player = createFfmpegPlayer(createChildren(), { kind: "rtp", host: HOST, port, codec: "L16" });
  return { ear, player, microphonePort };
}

/** Plays `sound` with the microphone open and tells what the microphone says of it. */
async function broadcast(
  sound: Sound,
  fault: HornFault,
  during?: (ear: { stop(): void }) => void,
): Promise<Proof> {
  const { ear, player, microphonePort } = await openRig();
  ear.setFault(fault);
  const { witness, opened } = witnessOf({ kind: "rtp", host: HOST, port: microphonePort });
  const listening = witness.listen();
  await until(() => opened.levels > 0, { timeoutMs: 30_000, what: "the microphone" });
  const takes: Take[] = [];
  let startMs = 0;
  await player.play(sound, {
    volume: 60,
    signal: new AbortController().signal,
    onSound() {
      startMs = systemClock.now().monotonicMs;
      during?.(ear);
    },
  });
  takes.push({ sound, startMs, endMs: systemClock.now().monotonicMs });
  await systemClock.sleep(1500);
  const proof = await listening.judge(takes);
  expect(children("ffmpeg", String(microphonePort))).toBe(1);
  await listening.close();
  expect(children("ffmpeg", String(microphonePort))).toBe(0);
  return proof;
}

describe.skipIf(missing.length > 0)(
  `a microphone beside a horn${missing.map((what) => ` (needs ${what})`)}`,
  () => {
    const warning = missing.length > 0 ? { path: "", durationMs: 0 } : speak("水边危险，请速离开");

    test("hears what was sent, with an echo, late and in noise; its process is gone afterwards", async () => {
      const proof = await broadcast(warning, "none");
      expect(proof).toMatchObject({ heard: "heard", by: "microphone" });
      expect(proof.likeness).toBeGreaterThan(0.7);
    });

    test("hears nothing where the relay clicks and the amplifier is dead", async () => {
      expect(await broadcast(warning, "silent")).toMatchObject({
        heard: "not-heard",
        reason: "hearing.no_sound",
      });
    });

    test("is not taken in by another sound as loud as a horn while it does not know this one", async () => {
      // Too loud to tell where it began before the words, nothing of them where it began with them.
      const { heard, reason } = await broadcast(warning, "other-sound");
      expect(["unknown hearing.too_loud", "not-heard hearing.no_sound"]).toContain(`${heard} ${reason}`);
    });

    test("that falls silent in the middle proves nothing", async () => {
      const proof = await broadcast(warning, "none", (ear) => ear.stop());
      expect(proof).toMatchObject({ heard: "unknown", by: "microphone" });
    });
  },
);

describe.skipIf(spawnSync("which", ["ffmpeg"]).status !== 0)("a microphone that is no use", () => {
  const take = { sound: { path: "/nowhere", durationMs: 1000 }, startMs: 0, endMs: 1000 };

  test.each<[string, MicrophoneWiring, string]>([
    ["a sound card that is not there", { kind: "alsa", device: "hw:7,0" }, "microphone.missing"],
    ["a camera that refuses", { kind: "rtsp", url: "rtsp://127.0.0.1:9/x" }, "microphone.missing"],
  ])("%s: unknown, with the reason", async (_what, wiring, reason) => {
    const sound = { path: join(folder, "any.wav"), durationMs: 1000 };
    if (missing.length === 0) execFileSync("espeak-ng", ["-w", sound.path, "a"]);
    const { witness } = witnessOf(wiring);
    const listening = witness.listen();
    onTestFinished(() => listening.close());
    await until(() => listening.isSpent, { timeoutMs: 30_000, what: "the capture to give up" });
    const proof = await listening.judge([{ ...take, sound }]);
    expect(proof).toEqual({ heard: "unknown", by: "microphone", reason });
  });

  test("one that sends rubbish: unknown, and its process ends when it is closed", async () => {
    const port = await freeUdpPort(HOST);
    const socket = createSocket("udp4");
    const timer = setInterval(() => socket.send(Buffer.from("not a packet of sound at all"), port, HOST), 10);
    onTestFinished(() => {
      clearInterval(timer);
      socket.close();
    });
    const { witness } = witnessOf({ kind: "rtp", host: HOST, port });
    const listening = witness.listen();
    await systemClock.sleep(1000);
    const sound = missing.length > 0 ? undefined : speak("试");
    const nowMs = systemClock.now().monotonicMs;
    const proof = await listening.judge([{ sound, startMs: nowMs - 1000, endMs: nowMs }]);
    expect(proof.heard).toBe("unknown");
    await listening.close();
    expect(children("ffmpeg", String(port))).toBe(0);
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createVirtualHorn } from "../../hw/virtual/horn/virtual-horn.ts";
import type { LiveSound, VoiceRateHz } from "../../src/core/live-voice.ts";
import type { AudioWiring } from "../../src/core/site.ts";
import { createLivePlayer } from "../../src/drivers/audio/live-player.ts";
import { until } from "../support/until.ts";
import { createChildren } from "./camera-rig.ts";

type Wired = Exclude<AudioWiring, { kind: "module" }>;

/** A tone of 500 Hz that goes on until it is told to end. */
function tone(rateHz: VoiceRateHz, level = 8000) {
  let at = 0;
  let over = false;
  let pulled = 0;
  const sound: LiveSound = {
    rateHz,
    isOver: () => over,
    pull(count) {
      pulled += count;
      return Int16Array.from({ length: count }, () =>
        Math.round(level * Math.sin((at++ * 2 * Math.PI * 500) / rateHz)),
      );
    },
  };
  return {
    sound,
    pulledMs: () => (pulled * 1000) / rateHz,
    end: () => {
      over = true;
    },
  };
}

function startPlaying(sound: LiveSound, wiring: Wired, volume = 100) {
  const abort = new AbortController();
  let sounded = 0;
  const player = createLivePlayer(createChildren(), wiring);
  const ended = player
    .prepare(sound.rateHz)
    .play(sound, { volume, signal: abort.signal, onSound: () => sounded++ });
  return { abort, ended, sounded: () => sounded };
}

async function openHorn() {
  const horn = createVirtualHorn({ host: "127.0.0.1", port: 0, settleMs: 0 });
  const { port } = await horn.start();
  horn.setPowered(true);
  onTestFinished(() => horn.stop());
  return { horn, port };
}

describe.each([
  ["PCMA", 8000],
  ["PCMA", 16_000],
  ["PCMA", 44_100],
  ["L16", 16_000],
  ["L16", 24_000],
  ["L16", 48_000],
] as const)("a voice to an IP horn by %s at %i Hz", (codec, rateHz) => {
  test("is heard as it comes, as loud as it is, until it is over", async () => {
    const { horn, port } = await openHorn();
    const { sound, pulledMs, end } = tone(rateHz);
    const playing = startPlaying(sound, { kind: "rtp", host: "127.0.0.1", port, codec });
    await until(() => pulledMs() > 1000);
    end();
    await playing.ended;
    expect(playing.sounded()).toBe(1);
    const { peak, lostPackets, malformedPackets } = horn.state();
    expect([lostPackets, malformedPackets]).toEqual([0, 0]);
    expect(peak).toBeGreaterThan(7500);
    expect(peak).toBeLessThan(8500);
    const [heard] = horn.utterances();
    expect(heard?.durationMs).toBeGreaterThan(900);
    expect(heard?.durationMs).toBeLessThan(pulledMs() + 100);
  });
});

test("a voice is as loud as the volume says", async () => {
  const { horn, port } = await openHorn();
  const { sound, end } = tone(16_000);
  const playing = startPlaying(sound, { kind: "rtp", host: "127.0.0.1", port, codec: "L16" }, 50);
  await until(() => horn.state().peak > 0);
  await until(() => horn.state().peak > 3500);
  end();
  await playing.ended;
  expect(horn.state().peak).toBeLessThan(4400);
});

test("a player that is ready touches no output until it is played, and goes when it is let go", async () => {
  const { horn, port } = await openHorn();
  const children = createChildren();
  const wiring = { kind: "rtp", host: "127.0.0.1", port, codec: "PCMA" } as const;
  const { sound, end } = tone(16_000);
  const waiting = createLivePlayer(children, wiring).prepare(16_000);
  const playing = startPlaying(sound, { ...wiring });
  await until(() => horn.state().peak > 0);
  end();
  await playing.ended;
  // Of the other one nothing came in between: one sender counts without a jump.
  expect(horn.state().lostPackets).toBe(0);
  await waiting.close();
});

test("a voice that is silenced stops at once, in the middle of a word", async () => {
  const { horn, port } = await openHorn();
  const { sound } = tone(48_000);
  const playing = startPlaying(sound, { kind: "rtp", host: "127.0.0.1", port, codec: "PCMA" });
  await until(() => horn.state().peak > 0);
  playing.abort.abort();
  await playing.ended;
  const { packets } = horn.state();
  await until(() => horn.state().soundingSince === undefined);
  expect(horn.state().packets - packets).toBeLessThan(3);
});

const ALSA = "/usr/share/alsa/alsa.conf";
const lacking = !existsSync(ALSA)
  ? "libasound2-data is not installed"
  : spawnSync("ffmpeg", ["-hide_banner", "-h", "muxer=alsa"], { encoding: "utf8" }).stdout?.includes("ALSA")
    ? undefined
    : "this ffmpeg cannot play to ALSA";

describe.skipIf(lacking)(`a voice to ALSA${lacking ? ` (skipped: ${lacking})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "cunshao-"));
  const before = process.env["ALSA_CONFIG_PATH"];
  beforeAll(() => {
    execFileSync("mkfifo", [join(folder, "stuck")]);
    const configuration = join(folder, "asound.conf");
    const card = (name: string, file: string) =>
      `pcm.${name} { type file slave.pcm "null" file "${join(folder, file)}" format "raw" }\n`;
    writeFileSync(configuration, `<${ALSA}>\n${card("horn", "heard.raw")}${card("stuck_horn", "stuck")}`);
    process.env["ALSA_CONFIG_PATH"] = configuration;
  });
  afterAll(() => {
    if (before === undefined) delete process.env["ALSA_CONFIG_PATH"];
    else process.env["ALSA_CONFIG_PATH"] = before;
    rmSync(folder, { recursive: true, force: true });
  });

  test("arrives as long as it was and as loud", async () => {
    const { sound, pulledMs, end } = tone(16_000);
    const playing = startPlaying(sound, { kind: "alsa", device: "horn" }, 50);
    await until(() => pulledMs() > 500);
    end();
    await playing.ended;
    const heard = readFileSync(join(folder, "heard.raw"));
    const samples = new Int16Array(heard.buffer, heard.byteOffset, heard.length / 2);
    const peak = samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    expect(peak).toBeGreaterThan(3600);
    expect(peak).toBeLessThan(4400);
    expect((samples.filter((one) => one !== 0).length * 1000) / 16_000).toBeGreaterThan(pulledMs() * 0.85);
  });

  test("to a card that is not there fails with a reason, and was never heard", async () => {
    const { ended, sounded } = startPlaying(tone(48_000).sound, { kind: "alsa", device: "hw:7,0" });
    await expect(ended).rejects.toMatchObject({ code: "audio.no_device", kind: "transient" });
    expect(sounded()).toBe(0);
  });

  test("to a card that takes nothing any more is given up after seconds, with bounded memory", async () => {
    const reader = await open(join(folder, "stuck"), constants.O_RDWR | constants.O_NONBLOCK);
    onTestFinished(() => reader.close());
    const { ended } = startPlaying(tone(48_000).sound, { kind: "alsa", device: "stuck_horn" });
    await expect(ended).rejects.toMatchObject({ code: "audio.stuck", kind: "transient" });
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Sound } from "../../src/core/devices.ts";
import type { AudioWiring } from "../../src/core/site.ts";
import { createFfmpegPlayer } from "../../src/drivers/audio/ffmpeg-player.ts";
import { until } from "../support/until.ts";
import { createChildren } from "./camera-rig.ts";

const ALSA = "/usr/share/alsa/alsa.conf";
const lackingAlsa = whyNoAlsa();

function whyNoAlsa(): string | undefined {
  if (!existsSync(ALSA)) return "libasound2-data is not installed";
  const help = spawnSync("ffmpeg", ["-hide_banner", "-h", "muxer=alsa"], { encoding: "utf8" });
  return help.stdout?.includes("ALSA") ? undefined : "this ffmpeg cannot play to ALSA";
}

const folder = mkdtempSync(join(tmpdir(), "cunshao-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A WAV file of these samples, 16 bit, mono. */
function writeSound(name: string, rate: number, samples: Int16Array): Sound {
  const data = Buffer.from(samples.buffer);
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(data.length, 40);
  const path = join(folder, `${name}.wav`);
  writeFileSync(path, Buffer.concat([header, data]));
  return { path, durationMs: Math.round((samples.length / rate) * 1000) };
}

/** A tone that is loud to its very last sample. */
function tone(length: number, rate: number): Int16Array {
  const samples = Int16Array.from({ length }, (_, index) =>
    Math.round(9000 * Math.sin((index * 2 * Math.PI * 440) / rate)),
  );
  samples[length - 1] = 12_345;
  return samples;
}

type Wired = Exclude<AudioWiring, { kind: "module" }>;

function startPlaying(sound: Sound, wiring: Wired, volume = 100) {
  const abort = new AbortController();
  let sounded = 0;
  const player = createFfmpegPlayer(createChildren(), wiring);
  const ended = player.play(sound, { volume, signal: abort.signal, onSound: () => sounded++ });
  return { abort, ended, sounded: () => sounded };
}

describe.skipIf(lackingAlsa)(`a sound to ALSA${lackingAlsa ? ` (skipped: ${lackingAlsa})` : ""}`, () => {
  const captured = join(folder, "captured.raw");
  const waiting = join(folder, "waiting.raw");
  const stuck = join(folder, "stuck");
  const before = process.env["ALSA_CONFIG_PATH"];

  beforeAll(() => {
    execFileSync("mkfifo", [stuck]);
    const configuration = join(folder, "asound.conf");
    const card = (name: string, file: string) =>
      `pcm.${name} { type file slave.pcm "null" file "${file}" format "raw" }\n`;
    writeFileSync(
      configuration,
      `<${ALSA}>\n${card("horn", captured)}${card("waiting_horn", waiting)}${card("stuck_horn", stuck)}`,
    );
    process.env["ALSA_CONFIG_PATH"] = configuration;
  });

  afterAll(() => {
    if (before === undefined) delete process.env["ALSA_CONFIG_PATH"];
    else process.env["ALSA_CONFIG_PATH"] = before;
  });

  test("arrives whole, to the last sample", async () => {
    const samples = tone(22_050, 22_050);
    const playing = startPlaying(writeSound("whole", 22_050, samples), { kind: "alsa", device: "horn" });
    await playing.ended;
    expect(playing.sounded()).toBe(1);
    expect(readFileSync(captured).equals(Buffer.from(samples.buffer))).toBe(true);
  });

  test("is as loud as it was asked to be", async () => {
    const samples = new Int16Array(22_050).fill(10_000);
    await startPlaying(writeSound("level", 22_050, samples), { kind: "alsa", device: "horn" }, 40).ended;
    const heard = readFileSync(captured);
    for (let at = 0; at < heard.length; at += 2)
      expect(Math.abs(heard.readInt16LE(at) - 4000)).toBeLessThan(60);
  });

  test("is played by the process that stood by, which takes the card with the first byte and not before", async () => {
    const samples = tone(22_050, 22_050);
    const standing = createFfmpegPlayer(createChildren(), { kind: "alsa", device: "waiting_horn" });
    await standing.start();
    // Meanwhile another is loaded, plays and ends.
    await startPlaying(writeSound("other", 22_050, samples), { kind: "alsa", device: "horn" }).ended;
    expect(existsSync(waiting)).toBe(false);
    const options = { volume: 100, signal: new AbortController().signal, onSound: () => {} };
    await standing.play(writeSound("stood-by", 22_050, samples), options);
    expect(readFileSync(waiting).equals(Buffer.from(samples.buffer))).toBe(true);
    await standing.stop();
  });

  test("to a card that is not there fails with a reason", async () => {
    const sound = writeSound("missing", 22_050, tone(2000, 22_050));
    const { ended, sounded } = startPlaying(sound, { kind: "alsa", device: "hw:7,0" });
    await expect(ended).rejects.toMatchObject({ code: "audio.no_device", kind: "transient" });
    expect(sounded()).toBe(0);
  });

  test("is silenced also when the card takes nothing any more", async () => {
    // Held open and never read: the card's buffer fills up and stays full.
    const reader: FileHandle = await open(stuck, constants.O_RDWR | constants.O_NONBLOCK);
    onTestFinished(() => reader.close());
    const sound = writeSound("long", 22_050, tone(22_050 * 60, 22_050));
    const playing = startPlaying(sound, { kind: "alsa", device: "stuck_horn" });
    await until(() => playing.sounded() === 1);
    playing.abort.abort();
    await playing.ended;
  });

  test("to a card that takes nothing any more is given up some seconds after its length", async () => {
    const reader: FileHandle = await open(stuck, constants.O_RDWR | constants.O_NONBLOCK);
    onTestFinished(() => reader.close());
    const samples = tone(22_050 * 10, 22_050);
    const sound = { ...writeSound("given-up", 22_050, samples), durationMs: 100 };
    const { ended } = startPlaying(sound, { kind: "alsa", device: "stuck_horn" });
    await expect(ended).rejects.toMatchObject({ code: "audio.overrun", kind: "transient" });
  });
});

interface Packet {
  readonly version: number;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly source: number;
  readonly payload: Buffer;
}

/** An IP horn that writes down what it gets. */
async function openHorn() {
  const socket: Socket = createSocket("udp4");
  onTestFinished(() => {
    socket.close();
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  const packets: Packet[] = [];
  let marks = 0;
  socket.on("message", (message) => {
    if (message.toString("latin1") === "mark") {
      marks++;
      return;
    }
    packets.push({
      version: message.readUInt8(0) >> 6,
      payloadType: message.readUInt8(1) & 0x7f,
      sequence: message.readUInt16BE(2),
      timestamp: message.readUInt32BE(4),
      source: message.readUInt32BE(8),
      payload: message.subarray(12),
    });
  });
  return {
    port,
    packets,
    /** Waits until everything sent so far was received: loopback keeps the order. */
    async hearOut(): Promise<void> {
      const heard = marks;
      socket.send("mark", port, "127.0.0.1");
      await until(() => marks > heard);
    },
  };
}

function expectOneStream(packets: readonly Packet[], payloadType: number, samplesPerPacket: number): void {
  const [first] = packets;
  if (!first) throw new Error("no packet came");
  packets.forEach((packet, index) => {
    expect(packet).toMatchObject({ version: 2, payloadType, source: first.source });
    expect(packet.sequence).toBe((first.sequence + index) % 0x1_00_00);
    expect(packet.timestamp).toBe((first.timestamp + index * samplesPerPacket) % 2 ** 32);
  });
}

describe("a sound over RTP", () => {
  test("with L16 is payload type 11 at 44.1 kHz, whole to the last sample, then silence to a full packet", async () => {
    const horn = await openHorn();
    const samples = tone(44_100 + 100, 44_100);
    const sound = writeSound("rtp-l16", 44_100, samples);
    const playing = startPlaying(sound, { kind: "rtp", host: "127.0.0.1", port: horn.port, codec: "L16" });
    await playing.ended;
    await horn.hearOut();
    expect(playing.sounded()).toBe(1);
    expectOneStream(horn.packets, 11, 441);
    expect(horn.packets).toHaveLength(101);
    const heard = Buffer.concat(horn.packets.map(({ payload }) => payload)).swap16();
    expect(heard.subarray(0, samples.length * 2).equals(Buffer.from(samples.buffer))).toBe(true);
    expect(heard.subarray(samples.length * 2).every((byte) => byte === 0)).toBe(true);
  });

  test("with PCMA is payload type 8 at 8 kHz, 20 ms a packet, as long as the sound", async () => {
    const horn = await openHorn();
    const sound = writeSound("rtp-pcma", 22_050, tone(22_050, 22_050));
    await startPlaying(sound, { kind: "rtp", host: "127.0.0.1", port: horn.port, codec: "PCMA" }).ended;
    await horn.hearOut();
    expectOneStream(horn.packets, 8, 160);
    expect(horn.packets.every(({ payload }) => payload.length === 160)).toBe(true);
    expect(horn.packets.length).toBeGreaterThanOrEqual(50);
    expect(horn.packets.length).toBeLessThanOrEqual(51);
    // 0xd5 is silence in A-law.
    const loud = horn.packets[49]?.payload.filter((level) => level !== 0xd5) ?? [];
    expect(loud.length).toBeGreaterThan(100);
  });

  test("is silent within 300 ms of its time when it is aborted", async () => {
    const horn = await openHorn();
    const sound = writeSound("rtp-long", 22_050, tone(22_050 * 30, 22_050));
    const wiring: Wired = { kind: "rtp", host: "127.0.0.1", port: horn.port, codec: "PCMA" };
    const playing = startPlaying(sound, wiring);
    await until(() => horn.packets.length > 25);
    await horn.hearOut();
    const heardBefore = horn.packets.length;
    playing.abort.abort();
    await playing.ended;
    await horn.hearOut();
    expect((horn.packets.length - heardBefore) * 20).toBeLessThanOrEqual(300);
  });

  test("ends without an error when no horn listens", async () => {
    const horn = await openHorn();
    const sound = writeSound("rtp-deaf", 22_050, tone(11_025, 22_050));
    const nobody = { kind: "rtp", host: "127.0.0.1", port: horn.port === 9 ? 11 : 9, codec: "PCMA" } as const;
    await startPlaying(sound, nobody).ended;
  });
});

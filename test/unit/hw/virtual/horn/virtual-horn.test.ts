import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { expandALaw, readAudioPacket, wavFile } from "../../../../../hw/virtual/horn/rtp-audio.ts";
import { createVirtualHorn, type VirtualHorn } from "../../../../../hw/virtual/horn/virtual-horn.ts";
import { until } from "../../../../support/until.ts";

let horn: VirtualHorn | undefined;
afterEach(() => horn?.stop());

/** ffmpeg is the third party here: it sends a tone as RTP. */
async function sendTone(port: number, coding: readonly string[], seconds = 0.6): Promise<void> {
  const tone = ["-f", "lavfi", "-i", `sine=frequency=440:duration=${seconds}`];
  const sender = spawn("ffmpeg", [
    "-v",
    "error",
    "-re",
    ...tone,
    "-ac",
    "1",
    ...coding,
    "-f",
    "rtp",
    `rtp://127.0.0.1:${port}`,
  ]);
  const [code] = await once(sender, "exit");
  expect(code).toBe(0);
}

describe("the virtual horn", () => {
  test.each([
    ["L16", ["-c:a", "pcm_s16be", "-ar", "44100"], 44_100],
    ["PCMA", ["-c:a", "pcm_alaw", "-ar", "8000"], 8000],
  ])("plays %s from ffmpeg once its amplifier is on and settled", async (_name, coding, rate) => {
    horn = createVirtualHorn({ host: "127.0.0.1", port: 0, settleMs: 0 });
    const { port } = await horn.start();
    const heard: number[] = [];
    horn.onSound((atMs) => heard.push(atMs));
    horn.setPowered(true);
    await sendTone(port, coding);
    await until(() => heard.length === 1);
    const [utterance] = horn.utterances();
    expect(utterance).toMatchObject({ clipped: false });
    expect(utterance?.durationMs).toBeGreaterThan(400);
    expect(utterance?.wav().readUInt32LE(24)).toBe(rate);
    expect(horn.state()).toMatchObject({ malformedPackets: 0, lostPackets: 0 });
    expect(horn.state().peak).toBeGreaterThan(1000);
    expect(horn.state().lastSoundAt).toBeGreaterThan(heard[0] ?? Number.POSITIVE_INFINITY);
  });

  test("is silent while its amplifier is off, and says that the beginning was lost", async () => {
    horn = createVirtualHorn({ host: "127.0.0.1", port: 0, settleMs: 0 });
    const { port } = await horn.start();
    const heard: number[] = [];
    horn.onSound((atMs) => heard.push(atMs));
    await sendTone(port, ["-c:a", "pcm_alaw", "-ar", "8000"]);
    await until(() => horn?.utterances().length === 1);
    expect(heard).toEqual([]);
    expect(horn.utterances()[0]).toMatchObject({ clipped: true, durationMs: 0 });
  });

  test("loses what comes before it has settled, and tells when it is first heard", async () => {
    horn = createVirtualHorn({ host: "127.0.0.1", port: 0, settleMs: 300 });
    const { port } = await horn.start();
    const heard: number[] = [];
    horn.onSound((atMs) => heard.push(atMs));
    const sender = createSocket("udp4");
    const packet = Buffer.alloc(172, 0x2a);
    packet.set([0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]);
    const poweredAtMs = performance.now();
    horn.setPowered(true);
    await until(() => {
      sender.send(packet, port, "127.0.0.1");
      return heard.length > 0;
    });
    sender.close();
    expect((heard[0] ?? 0) - poweredAtMs).toBeGreaterThanOrEqual(300);
    expect(horn.utterances()[0]).toMatchObject({ clipped: true });
  });

  test("keeps the last ten utterances, each numbered anew", async () => {
    horn = createVirtualHorn({ host: "127.0.0.1", port: 0, settleMs: 0 });
    const { port } = await horn.start();
    horn.setPowered(true);
    const sender = createSocket("udp4");
    // Another codec begins another utterance, without the pause that would make this slow.
    const pcma = Buffer.alloc(172, 0x2a);
    pcma.set([0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]);
    const l16 = Buffer.alloc(212, 0x40);
    l16.set([0x80, 11, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]);
    for (let count = 1; count <= 12; count++) {
      sender.send(count % 2 ? pcma : l16, port, "127.0.0.1");
      await until(() => horn?.utterances().at(-1)?.number === count);
    }
    sender.close();
    expect(horn.utterances().map(({ number }) => number)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("counts what is no sound and goes on", async () => {
    horn = createVirtualHorn({ host: "127.0.0.1", port: 0, settleMs: 0 });
    const { port } = await horn.start();
    const sender = createSocket("udp4");
    for (const bytes of [Buffer.alloc(0), Buffer.from("hello"), Buffer.alloc(1400, 0xff)])
      sender.send(bytes, port, "127.0.0.1");
    await until(() => horn?.state().malformedPackets === 3);
    sender.close();
  });
});

describe("RTP audio", () => {
  test("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        readAudioPacket(Buffer.from(bytes));
      }),
    );
  });

  test("A-law expands as G.711 says: symmetric, the quietest steps smallest, the loudest near full scale", () => {
    expect([0xd5, 0x55, 0xaa, 0x2a].map(expandALaw)).toEqual([8, -8, 32_256, -32_256]);
  });

  test("a WAV file carries its samples and their number", () => {
    const file = wavFile(Int16Array.of(1, -2, 3), 8000);
    expect(file.length).toBe(50);
    expect([44, 46, 48].map((at) => file.readInt16LE(at))).toEqual([1, -2, 3]);
    expect(file.readUInt32LE(40)).toBe(6);
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, onTestFinished, test } from "vitest";
import { createVirtualHorn } from "../../hw/virtual/horn/virtual-horn.ts";
import { freeUdpPort, openEar } from "../../hw/virtual/horn/virtual-microphone.ts";
import { createHearingDesk } from "../../src/act/hearing-desk.ts";
import { createLiveVoices, type LiveSession, withLiveVoice } from "../../src/act/live-voices.ts";
import { createMicrophoneWitness } from "../../src/act/microphone-witness.ts";
import { createSpeakerChannel } from "../../src/act/speaker-channel.ts";
import type { Relay } from "../../src/core/devices.ts";
import type { EventDraft } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createLivePlayer } from "../../src/drivers/audio/live-player.ts";
import { createMicrophone } from "../../src/drivers/audio/microphone.ts";
import { soundFileLevels } from "../../src/drivers/audio/sound-file-levels.ts";
import { createTestDesk } from "../support/desk-rig.ts";
import { until } from "../support/until.ts";
import { order, SPEAKER } from "../unit/act/act-rig.ts";
import { createChildren } from "./camera-rig.ts";

// Somebody speaks live: the real jitter buffer and player, a horn that takes their RTP behind a relay, a microphone beside the horn,
// the real capture, and the verdict on what was sent against what was heard.

const HOST = "127.0.0.1";
const RATE_HZ = 16_000;
const PIECE_MS = 20;
const missing = ["ffmpeg", "espeak-ng"].filter((command) => spawnSync("which", [command]).status !== 0);

function voiceOf(text: string): Int16Array {
  const wav = execFileSync("espeak-ng", ["-v", "cmn", "-s", "150", "-a", "180", "--stdout", text]);
  const raw = ["-ac", "1", "-ar", String(RATE_HZ), "-f", "s16le", "pipe:1"];
  const bytes = execFileSync("ffmpeg", ["-v", "error", "-i", "pipe:0", ...raw], { input: wav });
  return new Int16Array(Uint8Array.from(bytes).buffer, 0, bytes.length >> 1);
}

/** As a browser sends it: a piece every 20 ms, and the end after the last one. */
function talk(session: LiveSession, voice: Int16Array): void {
  const startMs = performance.now();
  const samples = (RATE_HZ * PIECE_MS) / 1000;
  let sent = 0;
  const timer = setInterval(() => {
    for (; sent * PIECE_MS <= performance.now() - startMs; sent++) {
      session.hear(voice.slice(sent * samples, (sent + 1) * samples));
    }
    if (sent * samples < voice.length) return;
    clearInterval(timer);
    session.end();
  }, PIECE_MS);
  onTestFinished(() => clearInterval(timer));
}

async function openRig() {
  const [sending, hearing] = [createChildren(), createChildren()];
  const amplifier = { isMuted: false };
  const horn = createVirtualHorn({ host: HOST, port: 0, settleMs: 0 });
  const { port } = await horn.start();
  const relay: Relay = {
    switch: async (on) => horn.setPowered(on && !amplifier.isMuted),
    readBack: async () => "unknown",
    close: async () => horn.setPowered(false),
  };
  const microphonePort = await freeUdpPort(HOST);
  const echo = { share: 0.4, afterMs: 110 };
  const ear = openEar(horn, { host: HOST, port: microphonePort, delayMs: 150, echo, noise: 80 });
  const events: EventDraft[] = [];
  const record = (draft: EventDraft): void => void events.push(draft);
  const microphone = createMicrophone(hearing, { kind: "rtp", host: HOST, port: microphonePort });
  const witness = createMicrophoneWitness({ clock: systemClock, soundLevels: soundFileLevels }, microphone);
  const witnesses = new Map([[SPEAKER.id, witness]]);
  const proof = createHearingDesk({ clock: systemClock, log: silentLogger, record, silent: [], witnesses });
  const voices = createLiveVoices({ clock: systemClock });
  const player = createLivePlayer(sending, { kind: "rtp", host: HOST, port, codec: "PCMA" });
  const text = { prepare: () => Promise.reject(new Error("nothing but a live voice")) };
  const voice = withLiveVoice(text, SPEAKER.id, voices, player);
  const channel = createSpeakerChannel({ clock: systemClock, log: silentLogger }, SPEAKER, relay);
  const outlets = new Map([[SPEAKER.id, { channel, voice }]]);
  const { desk } = createTestDesk(systemClock, outlets, record, { hearing: proof });
  await channel.start();
  onTestFinished(async () => {
    await channel.stop();
    await proof.stop();
    ear.stop();
    await horn.stop();
  });
  return {
    amplifier,
    horn,
    /** Speaks until the last word; resolves with how it ended. */
    async say(words: string): Promise<EventDraft["data"]> {
      const spoken = voiceOf(words);
      const session = voices.open("talk", RATE_HZ);
      session.opened.on(() => talk(session, spoken));
      const source = { kind: "person", name: "li" } as const;
      desk.submit(order("a", { source, priority: "local", content: { kind: "live", session: "talk" } }));
      return until(() => events.find(({ type }) => type.endsWith("broadcast.finished"))?.data, {
        timeoutMs: 40_000,
        what: "the end of the talk",
      });
    },
    faults: () => events.filter(({ type }) => type.includes("speaker.silent")).map(({ type }) => type),
  };
}

describe.skipIf(missing.length > 0)(
  `a live voice and the microphone beside its horn${missing.map((what) => ` (needs ${what})`)}`,
  () => {
    const WORDS = "乡亲们请注意，水库要放水了，请马上离开河边";

    test("is heard where the amplifier lets it through", async () => {
      const { horn, say, faults } = await openRig();
      const ended = await say(WORDS);
      expect(ended).toMatchObject({ result: "played", heard: "heard", heardBy: "microphone" });
      expect(ended["likeness"]).toBeGreaterThan(0.7);
      expect(horn.utterances().length).toBeGreaterThan(0);
      expect(faults()).toEqual([]);
    });

    test("is not heard where the relay clicks and the amplifier is muted, which is a fault", async () => {
      const { amplifier, horn, say, faults } = await openRig();
      amplifier.isMuted = true;
      expect(await say(WORDS)).toMatchObject({
        ...{ result: "played", heard: "not-heard", heardBy: "microphone" },
        heardReason: "hearing.no_sound",
      });
      expect(horn.state().packets).toBeGreaterThan(0);
      expect(faults()).toEqual(["org.cunshao.speaker.silent.raised"]);
    });
  },
);

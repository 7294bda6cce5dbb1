import { describe, expect, test } from "vitest";
import { createLiveVoices } from "../../../src/act/live-voices.ts";
import { openOutlets } from "../../../src/act/outlets.ts";
import { makeOutputsSafe } from "../../../src/act/safe-outputs.ts";
import type {
  Gpio,
  ModbusRelays,
  SerialDevices,
  SpeechModule,
  VoiceModule,
} from "../../../src/core/devices.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { Speaker, VoiceModuleWiring } from "../../../src/core/site.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import {
  createFakePlayer,
  createFakeRelay,
  type FakeRelay,
  type Journal,
  order,
  SPEAKER,
} from "./act-rig.ts";

const WARNING = "闸门放水，请离开河道";
const TRACKS = { [WARNING]: 7 };
const MODULE: VoiceModuleWiring = { bus: "voice", profile: "dfplayer", tracks: TRACKS };

const GPIO_SPEAKER: Speaker = {
  ...SPEAKER,
  power: { gpio: { chip: "pinctrl-bcm2711", line: 17, activeLow: true } },
};
const SERIAL_SPEAKER: Speaker = {
  ...SPEAKER,
  id: "sluice",
  power: { serial: { bus: "relays", profile: "lcus", channel: 2 } },
  audio: { kind: "module", module: MODULE },
};

const MODBUS_SPEAKER: Speaker = {
  ...SPEAKER,
  id: "square",
  power: { modbus: { bus: "rs485", profile: "waveshare-modbus", channel: 3, address: 9 } },
  audio: { kind: "module", module: { bus: "tts", profile: "syn6288" } },
};
const AMPLIFIED_SPEAKER: Speaker = {
  ...SPEAKER,
  id: "hall",
  power: { amplifier: { bus: "amp", profile: "monoprice-6zone", address: 11 } },
};

function missing(code: string): GatewayError {
  return new GatewayError("Not there", { code, kind: "permanent" });
}

function createRig() {
  const clock = createManualClock();
  const journal: Journal = [];
  const relays: FakeRelay[] = [];
  const broken = new Map<string, unknown>();
  async function openRelay(what: string): Promise<FakeRelay> {
    journal.push(`open ${what}`);
    if (broken.has(what)) throw broken.get(what);
    const relay = createFakeRelay(clock, journal);
    relays.push(relay);
    return relay;
  }
  const module: VoiceModule = {
    async setVolume(percent) {
      journal.push(`volume ${percent}`);
    },
    async play(track) {
      journal.push(`track ${track}`);
    },
    async stop() {},
    isSounding: async () => true,
    async close() {},
  };
  const speechModule: SpeechModule = {
    prepare(text) {
      if (text.includes("😀")) throw missing("voice.unspeakable");
      return async ({ volume, onSound }) => {
        onSound();
        journal.push(`read ${text} ${volume}`);
      };
    },
    async stop() {},
    isSounding: async () => false,
    async close() {},
  };
  const gpio: Gpio = {
    openRelay: ({ line }) => openRelay(`line ${line}`),
    openContact: () => Promise.reject(missing("gpio.line_missing")),
  };
  const serial: SerialDevices = {
    openRelay: ({ channel }) => openRelay(`channel ${channel}`),
    async openVoiceModule({ bus }) {
      journal.push(`open module on ${bus}`);
      if (broken.has(bus)) throw broken.get(bus);
      return module;
    },
    openAmplifier: ({ address }) => openRelay(`zone ${address}`),
    async openSpeechModule({ bus }) {
      journal.push(`open module on ${bus}`);
      if (broken.has(bus)) throw broken.get(bus);
      return speechModule;
    },
  };
  const modbus: ModbusRelays = {
    openRelay: ({ address, channel }) => openRelay(`unit ${address} channel ${channel}`),
  };
  const dependencies = {
    gpio,
    serial,
    modbus,
    clock,
    log: silentLogger,
    speech: { render: async (text: string) => ({ path: text, durationMs: 1000 }) },
    playerFor: () => createFakePlayer(clock, journal),
    clipSound: async (sha256: string) => ({ path: `clip ${sha256}`, durationMs: 1000 }),
    livePlayerFor: () => ({
      prepare: () => ({
        play: async () => void journal.push("live"),
        close: async () => void journal.push("let go"),
      }),
    }),
    voices: createLiveVoices({ clock }),
  };
  return { clock, journal, relays, broken, dependencies };
}

async function sayOn(
  { clock }: ReturnType<typeof createRig>,
  outlets: Awaited<ReturnType<typeof openOutlets>>,
  speaker: string,
  text: string,
) {
  const outlet = outlets.get(speaker);
  if (!outlet) throw new Error("no outlet");
  const results: string[] = [];
  outlet.channel.outcomes.on(({ result, reason }) => results.push(`${result}${reason ? ` ${reason}` : ""}`));
  await outlet.channel.start();
  outlet.channel.submit({ order: order("a"), say: await outlet.voice.prepare({ kind: "text", text }) });
  await clock.advance(20_000);
  return results;
}

describe("opening the speakers", () => {
  test("opens every relay before the first voice, so that all amplifiers are off first", async () => {
    const { journal, dependencies } = createRig();
    const outlets = await openOutlets(dependencies, [SERIAL_SPEAKER, GPIO_SPEAKER]);
    expect(journal).toEqual(["open channel 2", "open line 17", "open module on voice"]);
    expect([...outlets.keys()]).toEqual(["sluice", "pond"]);
  });

  test("gives words to speech and player, or the words' track to the module", async () => {
    const rig = createRig();
    const outlets = await openOutlets(rig.dependencies, [GPIO_SPEAKER, SERIAL_SPEAKER]);
    expect(await sayOn(rig, outlets, "pond", "水边危险")).toEqual(["played"]);
    expect(await sayOn(rig, outlets, "sluice", WARNING)).toEqual(["played"]);
    expect(rig.journal).toContain("800 play 水边危险 80");
    expect(rig.journal.filter((line) => /^(volume|track)/.test(line))).toEqual(["volume 80", "track 7"]);
  });

  test("finds relays on every kind of wire, and gives words to a module that reads them", async () => {
    const rig = createRig();
    const outlets = await openOutlets(rig.dependencies, [MODBUS_SPEAKER, AMPLIFIED_SPEAKER]);
    expect(rig.journal).toEqual(["open unit 9 channel 3", "open zone 11", "open module on tts"]);
    expect(await sayOn(rig, outlets, "square", "水边危险")).toEqual(["played"]);
    expect(rig.journal).toContain("read 水边危险 80");
    expect(await sayOn(rig, outlets, "hall", "开会了")).toEqual(["played"]);
  });

  test("says before anything is switched on what a module cannot read", async () => {
    const { dependencies } = createRig();
    const outlets = await openOutlets(dependencies, [MODBUS_SPEAKER]);
    const voice = outlets.get("square")?.voice;
    await expect(voice?.prepare({ kind: "text", text: "好😀" })).rejects.toMatchObject({
      code: "voice.unspeakable",
    });
    await expect(voice?.prepare({ kind: "live", session: "s" })).rejects.toMatchObject({
      code: "speaker.cannot",
    });
  });

  test("gives a recording to the player, and none to a module", async () => {
    const rig = createRig();
    const outlets = await openOutlets(rig.dependencies, [GPIO_SPEAKER, SERIAL_SPEAKER]);
    const clip = { kind: "clip", clip: "a", name: "通知", sha256: "abc" } as const;
    const { channel, voice } = outlets.get("pond") ?? {};
    await channel?.start();
    const say = await voice?.prepare(clip);
    if (say) channel?.submit({ order: order("a"), say });
    await rig.clock.advance(20_000);
    expect(rig.journal).toContain("800 play clip abc 80");
    await expect(outlets.get("sluice")?.voice.prepare(clip)).rejects.toMatchObject({
      code: "speaker.cannot",
    });
  });

  test("gives a live voice to where its words can be played, and refuses it to a module before anything is on", async () => {
    const rig = createRig();
    const outlets = await openOutlets(rig.dependencies, [GPIO_SPEAKER, SERIAL_SPEAKER]);
    const live = { kind: "live", session: "talk" } as const;
    const say = (speaker: string) => outlets.get(speaker)?.voice.prepare(live);
    await expect(say("pond")).rejects.toMatchObject({ code: "live.over" });
    const session = rig.dependencies.voices.open("talk", 16_000);
    await expect(say("sluice")).rejects.toMatchObject({ code: "speaker.cannot" });
    const begin = await say("pond");
    await begin?.({ volume: 80, signal: new AbortController().signal, onSound() {} });
    expect(rig.journal.at(-1)).toBe("live");
    await say("pond");
    session.end();
    expect(rig.journal.at(-1)).toBe("let go");
    expect(rig.journal.join()).not.toContain("relay on");
  });

  test("needs no relay for horns that are always on", async () => {
    const rig = createRig();
    const outlets = await openOutlets(rig.dependencies, [SPEAKER]);
    expect(await sayOn(rig, outlets, "pond", "水边危险")).toEqual(["played"]);
    await outlets.get("pond")?.channel.stop();
    expect(rig.clock.pending()).toBe(0);
  });

  test("goes on past a relay that is missing: its speaker shows why, and fails with it", async () => {
    const rig = createRig();
    rig.broken.set("line 17", missing("gpio.chip_missing"));
    const outlets = await openOutlets(rig.dependencies, [GPIO_SPEAKER, SERIAL_SPEAKER]);
    const channel = outlets.get("pond")?.channel;
    await channel?.start();
    expect(channel?.health?.()).toMatchObject({ status: "degraded", reason: "gpio.chip_missing" });
    expect(await sayOn(rig, outlets, "pond", "水边危险")).toEqual(["failed gpio.chip_missing"]);
    expect(await sayOn(rig, outlets, "sluice", WARNING)).toEqual(["played"]);
    await channel?.stop();
    expect(rig.clock.pending()).toBe(0);
  });

  test("goes on past a voice module that is missing: its words fail with the reason", async () => {
    const rig = createRig();
    rig.broken.set("voice", missing("serial.unknown_bus"));
    const outlets = await openOutlets(rig.dependencies, [SERIAL_SPEAKER]);
    await expect(outlets.get("sluice")?.voice.prepare({ kind: "text", text: WARNING })).rejects.toMatchObject(
      {
        code: "serial.unknown_bus",
      },
    );
  });
});

describe("a module's voice", () => {
  test.each(["没有录音的话", "constructor", "__proto__"])("has no track for %s", async (text) => {
    const { dependencies } = createRig();
    const outlets = await openOutlets(dependencies, [SERIAL_SPEAKER]);
    await expect(outlets.get("sluice")?.voice.prepare({ kind: "text", text })).rejects.toMatchObject({
      code: "speaker.no_track",
      kind: "permanent",
      device: "sluice",
    });
  });

  test("that is told to be silent before it begins does not begin", async () => {
    const { dependencies, journal } = createRig();
    const outlets = await openOutlets(dependencies, [SERIAL_SPEAKER]);
    const say = await outlets.get("sluice")?.voice.prepare({ kind: "text", text: WARNING });
    await say?.({ volume: 80, signal: AbortSignal.abort(), onSound: () => journal.push("sound") });
    expect(journal.filter((line) => /^(volume|track|sound)/.test(line))).toEqual([]);
  });
});

describe("making outputs safe without a gateway", () => {
  test("switches every relay off and gives it back, and names those that did not take it", async () => {
    const { dependencies, journal, relays, broken } = createRig();
    broken.set("line 17", missing("gpio.busy"));
    const unsafe = await makeOutputsSafe(dependencies, {
      speakers: [SPEAKER, GPIO_SPEAKER, SERIAL_SPEAKER, MODBUS_SPEAKER, AMPLIFIED_SPEAKER],
      switches: [],
    });
    expect(unsafe).toEqual(["pond"]);
    expect(journal.filter((line) => line.startsWith("open"))).toEqual([
      "open line 17",
      "open channel 2",
      "open unit 9 channel 3",
      "open zone 11",
    ]);
    expect(relays.map(({ isOn }) => isOn)).toEqual([false, false, false]);
    expect(journal.at(-1)).toBe("0 relay closed");
  });

  test("gives a relay back that does not answer", async () => {
    const { dependencies, journal } = createRig();
    const stubborn = {
      ...dependencies.gpio,
      openRelay: async () => {
        const relay = createFakeRelay(dependencies.clock, journal);
        relay.failing.off = true;
        return relay;
      },
    };
    const gpio = { chip: "pinctrl-bcm2711", line: 22, activeLow: true };
    const siren = { id: "siren", name: "警报器", relay: { gpio }, maxOnSeconds: 30 };
    expect(
      await makeOutputsSafe(
        { ...dependencies, gpio: stubborn },
        { speakers: [GPIO_SPEAKER], switches: [siren] },
      ),
    ).toEqual(["pond", "siren"]);
    expect(journal.at(-1)).toBe("0 relay closed");
  });
});

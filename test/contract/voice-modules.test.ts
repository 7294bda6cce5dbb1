import { afterEach, describe, expect, test } from "vitest";
import { type ByteDevice, onEchoingLine } from "../../hw/virtual/serial/byte-device.ts";
import { createDfplayerModule } from "../../hw/virtual/serial/dfplayer-module.ts";
import { createJq8900Module } from "../../hw/virtual/serial/jq8900-module.ts";
import { createSpeechChip } from "../../hw/virtual/serial/speech-module.ts";
import type { VoiceModuleProfile } from "../../src/core/profiles.ts";
import { serialCables } from "../support/serial-cable.ts";
import { openSerialDevices, quickModule } from "../support/serial-rig.ts";
import { until } from "../support/until.ts";

/** Of our own, so that no other test takes a port between unplugging and replugging. */
const HOST = "127.0.0.81";
const cleanups: (() => Promise<unknown>)[] = [];
const never = new AbortController().signal;

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const TRACKS = new Map([
  [1, 500],
  [2, 60_000],
]);
/** Modules that hold recordings, each with a chip of its own on the other end. */
const RECORDED = [
  {
    profile: "dfplayer",
    create: () => createDfplayerModule({ tracks: TRACKS, finishesTwice: true }),
  },
  { profile: "jq8900", create: () => createJq8900Module(TRACKS) },
];

for (const { line, cable, skip } of serialCables(HOST, cleanups)) {
  describe.skipIf(skip).each(RECORDED)(`a $profile on ${line}`, ({ profile, create }) => {
    async function rig(change: Partial<VoiceModuleProfile> = {}) {
      const module = create();
      cleanups.push(async () => module.powerOff());
      const wire = await cable(module);
      await wire.plug();
      const devices = openSerialDevices(wire.port, cleanups, [quickModule(profile, change)]);
      const player = await devices.openVoiceModule({ bus: "bus", profile, tracks: {} });
      return { module, wire, player };
    }

    test("takes a volume", async () => {
      const { module, player } = await rig();
      await player.setVolume(50);
      await until(() => module.volume === 15);
    });

    test("plays a recording once, to its end, again and again", async () => {
      const { module, player } = await rig();
      const played: (number | undefined)[] = [];
      module.onChange(({ playing }) => played.push(playing));
      await player.play(1, never);
      await player.play(1, never);
      expect(played).toEqual([1, undefined, 1, undefined]);
    });

    test("is silenced by an abort", async () => {
      const { module, player } = await rig();
      const abort = new AbortController();
      const playing = player.play(2, abort.signal);
      await until(() => module.playing === 2);
      abort.abort();
      await playing;
      expect(module.playing).toBeUndefined();
    });

    test("tells whether it plays", async () => {
      const { module, player } = await rig();
      expect(await player.isSounding()).toBe(false);
      const abort = new AbortController();
      const playing = player.play(2, abort.signal);
      await until(() => module.playing === 2);
      expect(await player.isSounding()).toBe(true);
      module.faults.mute = true;
      await expect(player.isSounding()).rejects.toMatchObject({ code: "serial.timeout", kind: "transient" });
      module.faults.mute = false;
      abort.abort();
      await playing.catch(() => {});
      await player.stop();
      expect(await player.isSounding()).toBe(false);
    });

    test("says which recording is missing", async () => {
      const { player } = await rig();
      for (const track of [77, 0, 70_000]) {
        await expect(player.play(track, never)).rejects.toMatchObject({
          code: "voice.track_missing",
          kind: "permanent",
        });
      }
    });

    test("does not wait for ever for an end that never comes", async () => {
      const { module, player } = await rig({ maxTrackSeconds: 0.2 });
      await expect(player.play(2, never)).rejects.toMatchObject({ code: "voice.no_end" });
      expect(module.playing).toBeUndefined();
    });

    test.each(["mute", "garbage"] as const)(
      "with an answer that is %s times out, and answers again later",
      async (fault) => {
        const { module, player } = await rig();
        module.faults[fault] = true;
        await expect(player.setVolume(10)).rejects.toMatchObject({
          code: "serial.timeout",
          kind: "transient",
        });
        module.faults[fault] = false;
        await player.setVolume(20);
        await until(() => module.volume === 6);
      },
    );

    test("fails with a lost port when unplugged while it speaks, and is silenced when the port is back", async () => {
      const { module, wire, player } = await rig();
      const playing = player.play(2, never);
      await until(() => module.playing === 2);
      const failed = expect(playing).rejects.toMatchObject({ code: "serial.port_lost" });
      await wire.unplug();
      await failed;
      expect(module.playing).toBe(2);
      await wire.plug();
      await until(() => module.playing === undefined);
    });
  });

  describe.skipIf(skip)(`a JQ8900 on ${line} that is asked late`, () => {
    async function rig() {
      const module = createJq8900Module(TRACKS);
      cleanups.push(async () => module.powerOff());
      const wire = await cable(module);
      await wire.plug();
      // Longer than the shortest recording.
      const devices = openSerialDevices(wire.port, cleanups, [quickModule("jq8900", { pollMs: 700 })]);
      return { module, player: await devices.openVoiceModule({ bus: "bus", profile: "jq8900", tracks: {} }) };
    }

    test("has played a recording that was over before the next question", async () => {
      const { module, player } = await rig();
      const played: (number | undefined)[] = [];
      module.onChange(({ playing }) => played.push(playing));
      await player.play(1, never);
      expect(played).toEqual([1, undefined]);
    });

    test("still says which recording is missing", async () => {
      const { player } = await rig();
      await expect(player.play(3, never)).rejects.toMatchObject({ code: "voice.track_missing" });
    });
  });

  describe.skipIf(skip)(`a DFPlayer on ${line}`, () => {
    const openPlayer = (port: string, change: Partial<VoiceModuleProfile> = {}) =>
      openSerialDevices(port, cleanups, [quickModule("dfplayer", change)]).openVoiceModule({
        bus: "bus",
        profile: "dfplayer",
        tracks: {},
      });

    test("whose copy of the chip tells nothing of itself is not asked", async () => {
      const module = createDfplayerModule({ tracks: TRACKS });
      const wire = await cable(module);
      await wire.plug();
      module.faults.mute = true;
      const player = await openPlayer(wire.port, { tellsPlaying: false } as Partial<VoiceModuleProfile>);
      expect(await player.isSounding()).toBe("unknown");
    });

    test("is asked again when its first answer is garbled", async () => {
      const module = createDfplayerModule({ tracks: TRACKS });
      const wire = await cable(module);
      await wire.plug();
      const player = await openPlayer(wire.port);
      module.faults.garble = true;
      module.onChange(() => {
        // Heard, acted upon and answered with a broken byte: the repeat gets through.
        setImmediate(() => {
          module.faults.garble = false;
        });
      });
      await player.setVolume(70);
      expect(module.volume).toBe(21);
    });

    test("is understood through noise on the line", async () => {
      const noisy = createDfplayerModule({ tracks: new Map([[1, 300]]) });
      const wire = await cable({
        receive: (bytes, reply) =>
          noisy.receive(bytes, (answer) => {
            reply(Buffer.of(0x00, 0x7e, 0xff, 0xff));
            reply(answer);
          }),
      });
      await wire.plug();
      const player = await openPlayer(wire.port);
      await player.play(1, never);
      expect(noisy.playing).toBeUndefined();
    });
  });

  for (const chip of ["syn6288", "xfs5152"] as const) {
    describe.skipIf(skip)(`a ${chip} on ${line}`, () => {
      async function rig(
        options: {
          readonly change?: Partial<VoiceModuleProfile>;
          readonly wired?: (device: ByteDevice) => ByteDevice;
        } = {},
      ) {
        const module = createSpeechChip({ chip, msPerCharacter: 20 });
        cleanups.push(async () => module.powerOff());
        const wire = await cable(options.wired?.(module) ?? module);
        await wire.plug();
        const devices = openSerialDevices(wire.port, cleanups, [quickModule(chip, options.change)]);
        const reader = await devices.openSpeechModule({ bus: "bus", profile: chip });
        const say = (text: string, { volume = 80, signal = never, onSound = () => {} } = {}) =>
          reader.prepare(text)({ volume, signal, onSound });
        return { module, wire, reader, say };
      }

      test("says the words as they are, at the volume that was ordered, to their end", async () => {
        const { module, say } = await rig();
        let sounded = 0;
        await say("水边危险，请速离开！㙟".slice(0, 10), { volume: 50, onSound: () => sounded++ });
        const loudest = chip === "syn6288" ? 16 : 10;
        expect(module.spoken).toEqual([{ text: "水边危险，请速离开！", volume: loudest / 2 }]);
        expect(module.speaking).toBeUndefined();
        expect(sounded).toBe(1);
      });

      test("says a long text in pieces that end with sentences", async () => {
        const { module, say } = await rig({ change: { maxTextBytes: 40 } });
        const text = "今天下午三点开闸放水。请在河道里的人马上离开！不要下河洗衣服，也不要让孩子到河边去玩。";
        let sounded = 0;
        await say(text, { onSound: () => sounded++ });
        expect(module.spoken.map(({ text: piece }) => piece).join("")).toBe(text);
        expect(module.spoken.length).toBeGreaterThan(2);
        expect(module.spoken[0]?.text).toBe("今天下午三点开闸放水。");
        expect(sounded).toBe(1);
      });

      test("refuses what it cannot read before it says anything", async () => {
        const { module, reader } = await rig();
        expect(() => reader.prepare("好😀")).toThrow(expect.objectContaining({ code: "voice.unspeakable" }));
        expect(() => reader.prepare("响铃\u0007")).toThrow(
          expect.objectContaining({ code: "voice.unspeakable" }),
        );
        expect(() => reader.prepare("  \n ")).not.toThrow();
        expect(() => reader.prepare("")).toThrow(expect.objectContaining({ code: "voice.unspeakable" }));
        expect(() => reader.prepare("水".repeat(10_000))).toThrow(
          expect.objectContaining({ code: "voice.too_long", kind: "permanent" }),
        );
        expect(module.spoken).toEqual([]);
      });

      test("obeys no order that stands in the words", async () => {
        const { module, say } = await rig();
        await say("开会[v0]了", { volume: 100 });
        expect(module.spoken).toEqual([{ text: "开会［v0］了", volume: chip === "syn6288" ? 16 : 10 }]);
      });

      test("is silenced by an abort, and says the next words to their end", async () => {
        const { module, say } = await rig();
        const abort = new AbortController();
        const saying = say("这一句话非常长".repeat(6), { signal: abort.signal });
        await until(() => module.speaking !== undefined);
        abort.abort();
        await saying;
        expect(module.speaking).toBeUndefined();
        await say("请马上离开");
        expect(module.spoken.at(-1)?.text).toBe("请马上离开");
        expect(module.speaking).toBeUndefined();
      });

      test("tells whether it speaks", async () => {
        const { module, reader, say } = await rig();
        expect(await reader.isSounding()).toBe(false);
        const saying = say("这一句话非常长".repeat(3));
        await until(() => module.speaking !== undefined);
        expect(await reader.isSounding()).toBe(true);
        await reader.stop();
        await saying;
        expect(await reader.isSounding()).toBe(false);
      });

      test("whose word of the end was lost is asked, and ends", async () => {
        const { module, say } = await rig();
        module.faults.forgetsEnd = true;
        await say("请马上离开");
        expect(module.speaking).toBeUndefined();
      });

      test("does not wait for ever for an end that never comes", async () => {
        const { module, say } = await rig({ change: { maxSpeechSeconds: 0.2 } });
        module.faults.endless = true;
        await expect(say("请马上离开")).rejects.toMatchObject({ code: "voice.no_end" });
        expect(module.speaking).toBeUndefined();
      });

      test.each(["mute", "garbage"] as const)(
        "with answers that are %s times out, and speaks again later",
        async (fault) => {
          const { module, say } = await rig();
          module.faults[fault] = true;
          await expect(say("一")).rejects.toMatchObject({ code: "serial.timeout", kind: "transient" });
          module.faults[fault] = false;
          await say("请马上离开");
          expect(module.spoken.at(-1)?.text).toBe("请马上离开");
        },
      );

      test("is understood on a line that echoes", async () => {
        const { module, say } = await rig({ wired: onEchoingLine });
        await say("AENO");
        expect(module.spoken.map(({ text }) => text)).toEqual(["AENO"]);
      });

      test("fails with a lost port when unplugged while it speaks, and is silenced when the port is back", async () => {
        const { module, wire, say } = await rig();
        module.faults.endless = true;
        const saying = say("请马上离开");
        await until(() => module.speaking !== undefined);
        const failed = expect(saying).rejects.toMatchObject({ code: "serial.port_lost" });
        await wire.unplug();
        await failed;
        expect(module.speaking).toBe("请马上离开");
        await wire.plug();
        await until(() => module.speaking === undefined);
      });
    });
  }
}

describe("voice modules", () => {
  test("that hold recordings read nothing, and the other way round", async () => {
    const wiring = { bus: "bus" };
    const recorded = openSerialDevices("/dev/null", cleanups, [quickModule("jq8900")]);
    await expect(recorded.openSpeechModule({ ...wiring, profile: "jq8900" })).rejects.toMatchObject({
      code: "profile.missing",
    });
    const reading = openSerialDevices("/dev/null", cleanups, [quickModule("syn6288")]);
    await expect(reading.openVoiceModule({ ...wiring, profile: "syn6288" })).rejects.toMatchObject({
      code: "profile.missing",
    });
  });
});

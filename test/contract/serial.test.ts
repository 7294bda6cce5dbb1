import { afterEach, describe, expect, test } from "vitest";
import { createDfplayerModule } from "../../hw/virtual/serial/dfplayer-module.ts";
import { createLcusRelayBoard } from "../../hw/virtual/serial/lcus-relay-board.ts";
import { loadProfiles } from "../../src/config/profiles.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { DfplayerProfile } from "../../src/core/profiles.ts";
import { systemClock } from "../../src/core/time.ts";
import { createSerialDevices } from "../../src/drivers/serial/serial-devices.ts";
import { serialCables } from "../support/serial-cable.ts";
import { until } from "../support/until.ts";

const loaded = await loadProfiles();
if (!loaded.ok) throw new Error("the profiles do not load");
const { profiles } = loaded;
const dfplayer = profiles.voiceModules.get("dfplayer");
if (!dfplayer) throw new Error("there is no dfplayer profile");

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Of our own, so that no other test takes a port between unplugging and replugging. */
const HOST = "127.0.0.77";

function openDevices(port: string, voiceModule: Partial<DfplayerProfile> = {}) {
  const quick = { ...dfplayer, acknowledgeMs: 250, ...voiceModule } as DfplayerProfile;
  const devices = createSerialDevices({
    buses: [{ id: "bus", port, baudRate: 9600, parity: "none", stopBits: 1, framing: "rtu" }],
    profiles: { ...profiles, voiceModules: new Map([["dfplayer", quick]]) },
    clock: systemClock,
    random: () => 1,
    log: silentLogger,
  });
  cleanups.push(() => devices.stop());
  return devices;
}

const lines = serialCables(HOST, cleanups);

for (const { line, cable, skip } of lines) {
  describe.skipIf(skip)(`an LCUS relay on ${line}`, () => {
    async function rig() {
      const board = createLcusRelayBoard(4);
      const wire = await cable(board);
      const devices = openDevices(wire.port);
      const open = (channel: number) => devices.openRelay({ bus: "bus", profile: "lcus", channel });
      return { board, wire, open };
    }

    test("switches its own channel and no other", async () => {
      const { board, wire, open } = await rig();
      await wire.plug();
      const relay = await open(2);
      await relay.switch(true);
      await until(() => board.channels[1] === true);
      expect(board.channels).toEqual([false, true, false, false]);
      await relay.switch(false);
      await until(() => board.channels[1] === false);
    });

    test("is never energised by being opened, closed, unplugged or plugged in again", async () => {
      const { board, wire, open } = await rig();
      const moved: number[] = [];
      board.onChange(({ channel }) => moved.push(channel));
      await wire.plug();
      const relay = await open(1);
      await wire.unplug();
      await wire.plug();
      await until(() => relay.switch(false).then(() => true));
      await relay.close();
      expect(moved).toEqual([]);
    });

    test("cannot tell its state", async () => {
      const { wire, open } = await rig();
      await wire.plug();
      expect(await (await open(1)).readBack()).toBe("unknown");
    });

    test("is switched off by opening it, as a crash may have left it on", async () => {
      const { board, wire, open } = await rig();
      board.receive(Buffer.of(0xa0, 3, 1, 0xa4), () => {});
      expect(board.channels[2]).toBe(true);
      await wire.plug();
      await open(3);
      await until(() => board.channels[2] === false);
    });

    test("is switched off by closing it", async () => {
      const { board, wire, open } = await rig();
      await wire.plug();
      const relay = await open(1);
      await relay.switch(true);
      await until(() => board.channels[0] === true);
      await relay.close();
      await until(() => board.channels[0] === false);
    });

    test("fails at once while unplugged, and works again by itself after replugging", async () => {
      const { board, wire, open } = await rig();
      await wire.plug();
      const relay = await open(1);
      await relay.switch(true);
      await until(() => board.channels[0] === true);
      await wire.unplug();
      await until(() =>
        relay.switch(false).then(
          () => false,
          (error) => error.code === "serial.port_lost",
        ),
      );
      expect(board.channels[0]).toBe(true);
      // Nobody could switch it off meanwhile: the driver does when the port is back.
      await wire.plug();
      await until(() => board.channels[0] === false);
      await until(() => relay.switch(true).then(() => true));
      await until(() => board.channels[0] === true);
    });

    test("may be absent at the start", async () => {
      const { board, wire, open } = await rig();
      await wire.plug();
      await wire.unplug();
      const relay = await open(1);
      await expect(relay.switch(true)).rejects.toMatchObject({ code: "serial.port_lost" });
      await wire.plug();
      await until(() => relay.switch(true).then(() => true));
      await until(() => board.channels[0] === true);
    });
  });

  describe.skipIf(skip)(`a DFPlayer on ${line}`, () => {
    const never = new AbortController().signal;

    async function rig(voiceModule: Partial<DfplayerProfile> = {}) {
      const module = createDfplayerModule({
        tracks: new Map([
          [1, 300],
          [2, 60_000],
        ]),
        finishesTwice: true,
      });
      const wire = await cable(module);
      await wire.plug();
      const devices = openDevices(wire.port, voiceModule);
      const player = await devices.openVoiceModule({ bus: "bus", profile: "dfplayer", tracks: {} });
      return { module, wire, player };
    }

    test("takes a volume", async () => {
      const { module, player } = await rig();
      await player.setVolume(50);
      expect(module.volume).toBe(15);
    });

    test("plays to the end of the recording, again and again", async () => {
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

    test("says which recording is missing", async () => {
      const { player } = await rig();
      await expect(player.play(77, never)).rejects.toMatchObject({
        code: "voice.track_missing",
        kind: "permanent",
      });
    });

    test("does not wait for ever for an end that never comes", async () => {
      const { module, player } = await rig({ maxTrackSeconds: 0.2 });
      await expect(player.play(2, never)).rejects.toMatchObject({ code: "voice.no_end" });
      expect(module.playing).toBeUndefined();
    });

    test("that is mute times out, and answers again later", async () => {
      const { module, player } = await rig();
      module.faults.mute = true;
      await expect(player.setVolume(10)).rejects.toMatchObject({ code: "serial.timeout", kind: "transient" });
      module.faults.mute = false;
      await player.setVolume(20);
      expect(module.volume).toBe(6);
    });

    test("is asked again when its first answer is garbled", async () => {
      const { module, player } = await rig();
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
      const player = await openDevices(wire.port).openVoiceModule({
        bus: "bus",
        profile: "dfplayer",
        tracks: {},
      });
      await player.play(1, never);
      expect(noisy.playing).toBeUndefined();
    });
  });
}

describe("serial devices", () => {
  test("refuse a bus, a profile or a channel that is not there", async () => {
    const devices = openDevices("/dev/null");
    const relay = { bus: "bus", profile: "lcus", channel: 1 };
    await expect(devices.openRelay({ ...relay, bus: "no" })).rejects.toMatchObject({
      code: "serial.unknown_bus",
    });
    await expect(devices.openRelay({ ...relay, profile: "no" })).rejects.toMatchObject({
      code: "profile.missing",
    });
    await expect(devices.openRelay({ ...relay, channel: 9 })).rejects.toMatchObject({
      code: "serial.no_channel",
    });
  });
});

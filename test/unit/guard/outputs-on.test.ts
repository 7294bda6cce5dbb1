import { expect, test } from "vitest";
import type { ModbusRelays, Relay, SerialDevices } from "../../../src/core/devices.ts";
import { createOutputsOn } from "../../../src/guard/outputs-on.ts";

const POND = { modbus: { bus: "relays", profile: "waveshare-modbus", channel: 1 } };
const HALL = { amplifier: { bus: "amp", profile: "monoprice-6zone", address: 11 } };

/** Horns that are always powered. */
const GATE = { bus: "gate", profile: "dfplayer", tracks: {} };
/** Behind the relay of the pond. */
const BEHIND = { bus: "pond-voice", profile: "dfplayer", tracks: {} };

function rig() {
  const track = { end: (): void => {}, lose: (_error: unknown): void => {} };
  const orders: string[] = [];
  const relay = (name: string): Relay => ({
    switch: async (on) => void orders.push(`${name} ${on}`),
    switchOnFor: async (forMs) => void orders.push(`${name} for ${forMs}`),
    readBack: async () => "unknown",
    close: async () => void orders.push(`${name} closed`),
  });
  const player = {
    setVolume: async () => {},
    play: () =>
      new Promise<void>((resolve, reject) => {
        track.end = resolve;
        track.lose = reject;
      }),
    stop: async () => {},
    isSounding: async () => "unknown" as const,
    close: async () => {},
  };
  const absent = () => Promise.reject(new Error("none"));
  const modbus: ModbusRelays = { openRelay: async () => relay("pond") };
  const serial: SerialDevices = {
    openRelay: absent,
    openAmplifier: async () => {
      const { switchOnFor: _, ...untimed } = relay("hall");
      return untimed;
    },
    openVoiceModule: async () => player,
    openSpeechModule: absent,
  };
  const outputs = createOutputsOn(
    {
      speakers: [
        { id: "pond", power: POND },
        { id: "hall", power: HALL },
        { id: "gate", module: GATE },
      ],
      switches: [],
    },
    () => {},
  );
  const gpio = { openRelay: absent, openContact: absent };
  return { orders, outputs, track, devices: outputs.watching({ gpio, serial, modbus }) };
}

test("a relay that is on by its board's own timer is on, from the first order through all renewals", async () => {
  const { orders, outputs, devices } = rig();
  const pond = await devices.modbus.openRelay(POND.modbus);
  await pond.switchOnFor?.(10_000);
  const first = outputs.on();
  expect(Object.keys(first)).toEqual(["pond"]);
  await pond.switchOnFor?.(10_000);
  expect(outputs.on()).toEqual(first);
  await pond.switch(false);
  expect(outputs.on()).toEqual({});
  await pond.switchOnFor?.(10_000);
  expect(outputs.on()["pond"]).toBeGreaterThan(first["pond"] ?? 0);
  expect(orders).toEqual(["pond for 10000", "pond for 10000", "pond false", "pond for 10000"]);
});

test("an amplifier over its serial line is watched, and has no timer that its device has not", async () => {
  const { outputs, devices } = rig();
  const hall = await devices.serial.openAmplifier(HALL.amplifier);
  expect(hall.switchOnFor).toBeUndefined();
  await hall.switch(true);
  expect(Object.keys(outputs.on())).toEqual(["hall"]);
  await hall.close();
  expect(outputs.on()).toEqual({});
});

test("a horn without a relay is on while its module plays; one whose module is lost may still be", async () => {
  const { outputs, devices, track } = rig();
  const never = new AbortController().signal;
  const gate = await devices.serial.openVoiceModule(GATE);
  const first = gate.play(1, never);
  expect(Object.keys(outputs.on())).toEqual(["gate"]);
  track.end();
  await first;
  expect([outputs.on(), outputs.unsure()]).toEqual([{}, []]);
  const second = gate.play(1, never);
  track.lose(new Error("unplugged"));
  await expect(second).rejects.toThrow("unplugged");
  expect([outputs.on(), outputs.unsure()]).toEqual([{}, ["gate"]]);
  const third = gate.play(1, never);
  track.end();
  await third;
  expect(outputs.unsure()).toEqual([]);
});

test("of a horn with a relay the relay alone counts", async () => {
  const { outputs, devices, track } = rig();
  const module = await devices.serial.openVoiceModule(BEHIND);
  const playing = module.play(1, new AbortController().signal);
  expect(outputs.on()).toEqual({});
  track.end();
  await playing;
});

import { afterEach, expect, test } from "vitest";
import { createWaveshareRelayBoard } from "../../hw/virtual/modbus/relay-board.ts";
import { createRtuLine } from "../../hw/virtual/modbus/rtu-line.ts";
import { createSpeechChip } from "../../hw/virtual/serial/speech-module.ts";
import { createLiveVoices } from "../../src/act/live-voices.ts";
import { openOutlets } from "../../src/act/outlets.ts";
import { makeOutputsSafe } from "../../src/act/safe-outputs.ts";
import { loadProfiles } from "../../src/config/profiles.ts";
import type { BroadcastOrder, BroadcastOutcome } from "../../src/core/broadcast.ts";
import { GatewayError } from "../../src/core/errors.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Speaker } from "../../src/core/site.ts";
import { systemClock } from "../../src/core/time.ts";
import { createModbusBuses } from "../../src/drivers/modbus/modbus-buses.ts";
import { createSerialDevices } from "../../src/drivers/serial/serial-devices.ts";
import { serialCables } from "../support/serial-cable.ts";
import { until } from "../support/until.ts";

const loaded = await loadProfiles();
if (!loaded.ok) throw new Error("the profiles do not load");
const { profiles } = loaded;

/** Of our own, so that no other test takes a port between unplugging and replugging. */
const HOST = "127.0.0.83";
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const SPEAKER: Speaker = {
  id: "pond",
  name: "东塘喇叭",
  power: { modbus: { bus: "relays", profile: "waveshare-modbus", channel: 2 } },
  audio: { kind: "module", module: { bus: "voice", profile: "syn6288" } },
  settleMs: 50,
  holdMs: 50,
  maxOnSeconds: 60,
};

const order = (id: string, text: string): BroadcastOrder => ({
  id,
  source: { kind: "rule", name: "pond-bank" },
  priority: "rule",
  speakers: ["pond"],
  content: { kind: "text", text },
  repeat: 1,
  volume: 80,
});

const nobody = (): Promise<never> =>
  Promise.reject(new GatewayError("not there", { code: "gpio.chip_missing", kind: "permanent" }));

/** A speaker behind a Waveshare board and a SYN6288, each on a serial server of its own. */
async function rig() {
  const [, tcp] = serialCables(HOST, cleanups);
  if (!tcp) throw new Error("there is no TCP cable");
  const board = createWaveshareRelayBoard();
  const chip = createSpeechChip({ chip: "syn6288", msPerCharacter: 20 });
  cleanups.push(async () => {
    board.powerOff();
    chip.powerOff();
  });
  const relays = await tcp.cable(createRtuLine([board]));
  const voice = await tcp.cable(chip);
  const line = { baudRate: 9600, parity: "none", stopBits: 1, framing: "rtu" } as const;
  const wire = {
    buses: [
      { id: "relays", port: relays.port, ...line },
      { id: "voice", port: voice.port, ...line },
    ],
    profiles,
    clock: systemClock,
    random: () => 0,
    log: silentLogger,
  };
  const serial = createSerialDevices(wire);
  const modbus = createModbusBuses(wire);
  cleanups.push(
    () => serial.stop(),
    () => modbus.stop(),
  );
  const gpio = { openRelay: nobody, openContact: nobody };
  const devices = { gpio, serial, modbus, clock: systemClock, log: silentLogger };
  const speech = { render: nobody };
  const playerFor = () => ({ play: nobody });
  const live = {
    voices: createLiveVoices(devices),
    livePlayerFor: () => ({ prepare: () => ({ play: nobody, close: nobody }) }),
  };
  const outlets = await openOutlets({ ...devices, ...live, speech, playerFor, clipSound: nobody }, [SPEAKER]);
  const outlet = outlets.get("pond");
  if (!outlet) throw new Error("there is no outlet");
  const { channel } = outlet;
  const outcomes: BroadcastOutcome[] = [];
  channel.outcomes.on((outcome) => outcomes.push(outcome));
  await channel.start();
  cleanups.push(() => channel.stop());
  async function say(id: string, text: string): Promise<void> {
    const utterance = await outlet?.voice.prepare({ kind: "text", text });
    if (utterance) channel.submit({ order: order(id, text), say: utterance });
  }
  return { board, chip, relays, voice, devices, channel, outcomes, say };
}

test("a speaker speaks while its relay is on, and its relay is off before and after", async () => {
  const { board, chip, outcomes, say } = await rig();
  expect(board.channels).not.toContain(true);
  const wasOn: (boolean | undefined)[] = [];
  chip.onChange(() => wasOn.push(board.channels[1]));
  await say("a", "水边危险，请速离开！");
  await until(() => outcomes.length === 1 && board.channels[1] === false);
  expect(outcomes).toMatchObject([{ broadcast: "a", result: "played" }]);
  expect(outcomes[0]?.soundedAt).toBeDefined();
  expect(chip.spoken.map(({ text }) => text)).toEqual(["水边危险，请速离开！"]);
  expect(wasOn).toEqual([true, true]);
  expect(board.moves[1]).toBe(2);
});

test("a speaker whose board does not obey says nothing, tells why, and speaks again later", async () => {
  const { board, chip, channel, outcomes, say } = await rig();
  board.relayFaults.stuck = true;
  await say("a", "水边危险");
  await until(() => outcomes.length === 1);
  expect(outcomes).toMatchObject([{ result: "failed", reason: "relay.contradicts" }]);
  expect(channel.health?.()).toMatchObject({ status: "degraded", reason: "relay.contradicts" });
  expect(chip.spoken).toEqual([]);
  board.relayFaults.stuck = false;
  await say("b", "水边危险");
  await until(() => outcomes.length === 2);
  expect(outcomes[1]).toMatchObject({ broadcast: "b", result: "played" });
  expect(channel.health?.()).toMatchObject({ status: "ok" });
});

test("a speaker that is stopped in the middle of a word is silent and off", async () => {
  const { board, chip, channel, say } = await rig();
  chip.faults.endless = true;
  await say("a", "水边危险");
  await until(() => chip.speaking !== undefined);
  await channel.stop();
  await until(() => board.channels[1] === false && chip.speaking === undefined);
});

test("without a gateway a module whose horn has no relay is stopped, and one that nobody answers for is named", async () => {
  const { chip, voice, devices, say } = await rig();
  chip.faults.endless = true;
  await say("a", "水边危险");
  await until(() => chip.speaking !== undefined);
  const outputs = {
    speakers: [{ id: "gate", module: { bus: "voice", profile: "syn6288" } }],
    switches: [],
  };
  expect(await makeOutputsSafe(devices, outputs)).toEqual([]);
  expect(chip.speaking).toBeUndefined();
  await voice.unplug();
  expect(await makeOutputsSafe(devices, outputs)).toEqual(["gate"]);
});

test("without a gateway the relay is made safe, and one that nobody answers for is named", async () => {
  const { board, relays, devices } = await rig();
  const outputs = { speakers: [SPEAKER], switches: [] };
  // As a gateway that was killed leaves it.
  board.answer(Buffer.of(5, 0, 1, 0xff, 0));
  expect(board.channels[1]).toBe(true);
  expect(await makeOutputsSafe(devices, outputs)).toEqual([]);
  expect(board.channels[1]).toBe(false);
  await relays.unplug();
  expect(await makeOutputsSafe(devices, outputs)).toEqual(["pond"]);
});

import { afterEach, expect, test } from "vitest";
import { createSpeechChip } from "../../hw/virtual/serial/speech-module.ts";
import { createZoneAmplifier } from "../../hw/virtual/serial/zone-amplifier.ts";
import { createHearingDesk } from "../../src/act/hearing-desk.ts";
import { createLiveVoices } from "../../src/act/live-voices.ts";
import { openOutlets } from "../../src/act/outlets.ts";
import { createWitnesses } from "../../src/act/witnesses.ts";
import type { EventDraft } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Speaker } from "../../src/core/site.ts";
import { systemClock } from "../../src/core/time.ts";
import { createSerialDevices } from "../../src/drivers/serial/serial-devices.ts";
import { createTestDesk } from "../support/desk-rig.ts";
import { serialCables } from "../support/serial-cable.ts";
import { profiles } from "../support/serial-rig.ts";
import { until } from "../support/until.ts";
import { order } from "../unit/act/act-rig.ts";

// What an amplifier and a voice module say of themselves, as the proof of a whole broadcast over their real lines.

/** Of our own, so that no other test takes a port between unplugging and replugging. */
const HOST = "127.0.0.85";
/** Long enough to be asked several times. */
const WORDS = "水边危险，请大家马上离开，不要靠近";
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const SPEAKER: Speaker = {
  id: "pond",
  name: "祠堂喇叭",
  power: { amplifier: { bus: "amplifier", profile: "monoprice-6zone", address: 11, input: 2, volume: 60 } },
  audio: { kind: "module", module: { bus: "voice", profile: "syn6288" } },
  settleMs: 50,
  holdMs: 50,
  maxOnSeconds: 60,
  proof: { device: true },
};

const nobody = (): Promise<never> => Promise.reject(new Error("not there"));

async function rig() {
  const [, tcp] = serialCables(HOST, cleanups);
  if (!tcp) throw new Error("there is no TCP cable");
  const amplifier = createZoneAmplifier();
  const chip = createSpeechChip({ chip: "syn6288", msPerCharacter: 120 });
  cleanups.push(async () => chip.powerOff());
  const line = { baudRate: 9600, parity: "none", stopBits: 1, framing: "rtu" } as const;
  const [amplifierWire, voiceWire] = [await tcp.cable(amplifier), await tcp.cable(chip)];
  const serial = createSerialDevices({
    buses: [
      { id: "amplifier", port: amplifierWire.port, ...line },
      { id: "voice", port: voiceWire.port, ...line },
    ],
    profiles,
    clock: systemClock,
    random: () => 0,
    log: silentLogger,
  });
  cleanups.push(() => serial.stop());
  const outlets = await openOutlets(
    {
      gpio: { openRelay: nobody, openContact: nobody },
      modbus: { openRelay: nobody },
      serial,
      speech: { render: nobody },
      playerFor: () => ({ play: nobody }),
      livePlayerFor: () => ({ prepare: () => ({ play: nobody, close: nobody }) }),
      voices: createLiveVoices({ clock: systemClock }),
      clipSound: nobody,
      clock: systemClock,
      log: silentLogger,
    },
    [SPEAKER],
  );
  const events: EventDraft[] = [];
  const record = (draft: EventDraft): void => void events.push(draft);
  const hearing = createHearingDesk({
    clock: systemClock,
    log: silentLogger,
    record,
    silent: [],
    witnesses: createWitnesses(
      {
        microphoneFor: () => ({ open: () => ({ close: async () => {} }) }),
        soundLevels: {
          levelsOf: nobody,
          meter: () => ({ push: () => ({ levels: new Float32Array(), clipped: 0 }) }),
        },
        sensorFor: () => undefined,
        deviceProbeOf: (id) => outlets.get(id)?.probe,
        clock: systemClock,
        log: silentLogger,
      },
      [SPEAKER],
    ),
  });
  const { desk } = createTestDesk(systemClock, outlets, record, { hearing });
  const channel = outlets.get("pond")?.channel;
  await channel?.start();
  cleanups.push(
    () => hearing.stop(),
    async () => channel?.stop(),
  );
  async function say(id: string): Promise<EventDraft["data"]> {
    const by = { source: { kind: "person", name: "li" }, priority: "local" } as const;
    desk.submit(order(id, { ...by, content: { kind: "text", text: WORDS } }));
    return until(
      () =>
        events.find(({ type, data }) => type.endsWith("broadcast.finished") && data["broadcast"] === id)
          ?.data,
      { timeoutMs: 20_000, what: `the end of ${id}` },
    );
  }
  const faults = () => events.filter(({ type }) => type.includes("speaker.silent")).map(({ type }) => type);
  return { amplifier, chip, say, faults };
}

test("a module that speaks through an amplifier that is on was heard, by what they say themselves", async () => {
  const { say, faults } = await rig();
  expect(await say("a")).toMatchObject({ result: "played", heard: "heard", heardBy: "device" });
  expect(faults()).toEqual([]);
});

test("an amplifier that somebody muted at its front is a fault, until it is heard again", async () => {
  const { amplifier, chip, say, faults } = await rig();
  const stop = chip.onChange((speaking) => speaking !== undefined && amplifier.turn(11, { mute: true }));
  expect(await say("a")).toMatchObject({
    result: "played",
    heard: "not-heard",
    heardBy: "device",
    heardReason: "hearing.no_sound",
  });
  stop();
  expect(await say("b")).toMatchObject({ heard: "heard" });
  expect(faults()).toEqual(["org.cunshao.speaker.silent.raised", "org.cunshao.speaker.silent.cleared"]);
});

test.each(["mute", "garbage"] as const)("an amplifier whose answers are %s proves nothing", async (fault) => {
  const { amplifier, chip, say } = await rig();
  chip.onChange((speaking) => {
    amplifier.faults[fault] = speaking !== undefined;
  });
  expect(await say("a")).toMatchObject({
    heard: "unknown",
    heardBy: "device",
    heardReason: "serial.timeout",
  });
});

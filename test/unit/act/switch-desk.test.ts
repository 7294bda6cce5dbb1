import { describe, expect, test } from "vitest";
import { createSecondKeys } from "../../../src/act/second-keys.ts";
import { createSwitchDesk, openSwitchRelays } from "../../../src/act/switch-desk.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { Switch } from "../../../src/core/site.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createFakeRelay, type Journal, noAnswer } from "./act-rig.ts";

const SIREN: Switch = {
  id: "siren",
  name: "警报器",
  relay: { gpio: { chip: "pinctrl-bcm2711", line: 22, activeLow: true } },
  maxOnSeconds: 30,
};

async function createRig(change: Partial<Switch> = { keys: 1 }) {
  const clock = createManualClock();
  const journal: Journal = [];
  const events: EventDraft[] = [];
  const relay = createFakeRelay(clock, journal);
  const keys = createSecondKeys(clock, 60_000);
  const record = (draft: EventDraft): void => void events.push(draft);
  const desk = createSwitchDesk({ clock, log: silentLogger, record, keys }, [
    [{ ...SIREN, ...change }, relay],
  ]);
  for (const part of desk.parts) await part.start();
  const on = (alarm: string, forSeconds: number): void =>
    desk.order({ kind: "switch-on", rule: "pond-bank", alarm, switches: ["siren"], forSeconds });
  const off = (alarm: string): void => desk.order({ kind: "switch-off", alarm });
  if (change.keys === 1) keys.turn("camera pond");
  return { clock, journal, events, relay, desk, keys, on, off };
}

describe("a siren", () => {
  test("is on for as long as it was ordered, and both ends are told", async () => {
    const { clock, relay, on, events } = await createRig();
    on("a", 20);
    await clock.advance(19_999);
    expect(relay.isOn).toBe(true);
    await clock.advance(1);
    expect(relay.isOn).toBe(false);
    expect(events.map(({ data }) => data)).toEqual([
      { switch: "siren", name: "警报器", on: true },
      { switch: "siren", name: "警报器", on: false },
    ]);
  });

  test("is told as on while it is, for the page", async () => {
    const { clock, desk, on, relay } = await createRig();
    expect(desk.states()).toEqual([{ id: "siren", name: "警报器", on: false }]);
    on("a", 20);
    await clock.advance(1);
    expect([desk.states()[0]?.on, relay.isOn]).toEqual([true, true]);
    await clock.advance(20_000);
    expect([desk.states()[0]?.on, relay.isOn]).toEqual([false, false]);
  });

  test("goes off at once when its alarm is seen to", async () => {
    const { clock, relay, on, off } = await createRig();
    on("a", 20);
    await clock.advance(3000);
    off("a");
    await clock.advance(0);
    expect(relay.isOn).toBe(false);
  });

  test("stays on for as long as another alarm wants it", async () => {
    const { clock, relay, on, off } = await createRig();
    on("a", 20);
    await clock.advance(1000);
    on("b", 10);
    off("a");
    await clock.advance(9999);
    expect(relay.isOn).toBe(true);
    await clock.advance(1);
    expect(relay.isOn).toBe(false);
  });

  test("is never on for longer than its longest time, whoever wants it", async () => {
    const { clock, relay, on, events } = await createRig();
    on("a", 30);
    await clock.advance(20_000);
    on("b", 30);
    await clock.advance(60_000);
    expect(relay.longestOnMs()).toBeLessThanOrEqual(30_000);
    expect(relay.isOn).toBe(false);
    expect(events.at(-1)?.data).toEqual({
      switch: "siren",
      name: "警报器",
      on: false,
      reason: "switch.max_on",
    });
  });

  test("that does not answer is a fault that health tells, and the next order tries again", async () => {
    const { clock, relay, on, desk, events } = await createRig();
    relay.failing.on = true;
    relay.failing.off = true;
    on("a", 20);
    await clock.advance(0);
    expect(desk.parts[0]?.health?.()).toEqual({
      name: "switch siren",
      status: "degraded",
      reason: "serial.timeout",
    });
    expect(events.at(-1)?.data).toEqual({
      switch: "siren",
      name: "警报器",
      on: false,
      reason: "serial.timeout",
    });
    relay.failing.on = false;
    relay.failing.off = false;
    await clock.advance(1000);
    on("b", 5);
    await clock.advance(0);
    expect(relay.isOn).toBe(true);
  });

  test("is off after a stop, and stays off", async () => {
    const { clock, relay, on, desk } = await createRig();
    on("a", 20);
    await clock.advance(0);
    for (const part of desk.parts) await part.stop();
    on("b", 20);
    await clock.advance(1000);
    expect(relay.isOn).toBe(false);
  });

  test("whose relay is missing does not keep the others from being opened", async () => {
    const clock = createManualClock();
    const light = { ...SIREN, id: "light" };
    let opened = 0;
    const gpio = {
      openRelay: async () => {
        if (opened++ === 0) throw noAnswer();
        return createFakeRelay(clock, []);
      },
      openContact: () => Promise.reject(noAnswer()),
    };
    const fail = () => Promise.reject(noAnswer());
    const serial = { openRelay: fail, openAmplifier: fail, openVoiceModule: fail, openSpeechModule: fail };
    const relays = await openSwitchRelays(
      { gpio, serial, modbus: { openRelay: fail }, clock, log: silentLogger },
      [SIREN, light],
    );
    expect(relays.map(([{ id }]) => id)).toEqual(["siren", "light"]);
    await expect(relays[0]?.[1].switch(true)).rejects.toMatchObject({ code: "serial.timeout" });
  });
});

describe("a siren that rules alone would wake the village with", () => {
  test("waits for a second, different observation, and is on as soon as it comes", async () => {
    const { clock, keys, relay, on, events } = await createRig({});
    keys.turn("camera pond");
    on("a", 20);
    keys.turn("camera pond");
    await clock.advance(30_000);
    expect(relay.isOn).toBe(false);
    keys.turn("sensor pond-level");
    await clock.advance(1);
    expect(relay.isOn).toBe(true);
    await clock.advance(60_000);
    expect(events.map(({ data }) => data["on"])).toEqual([true, false]);
  });

  test("stays off when none comes in time, and says why", async () => {
    const { clock, keys, relay, on, journal, events } = await createRig({});
    keys.turn("camera pond");
    on("a", 20);
    await clock.advance(120_000);
    keys.turn("sensor pond-level");
    await clock.advance(10_000);
    expect([relay.isOn, journal.filter((line) => line.endsWith("relay on"))]).toEqual([false, []]);
    expect(events).toMatchObject([
      {
        type: "org.cunshao.switch.refused",
        data: { switch: "siren", alarm: "a", reason: "guard.second_key" },
      },
    ]);
    expect(clock.pending()).toBe(0);
  });

  test("stays off when somebody saw to the alarm meanwhile", async () => {
    const { clock, keys, relay, on, off } = await createRig({});
    keys.turn("camera pond");
    on("a", 20);
    off("a");
    keys.turn("sensor pond-level");
    await clock.advance(200_000);
    expect(relay.isOn).toBe(false);
    expect(clock.pending()).toBe(0);
  });

  test("a light needs one observation only", async () => {
    const { clock, keys, relay, on } = await createRig({ kind: "light" });
    keys.turn("camera pond");
    on("a", 20);
    await clock.advance(1);
    expect(relay.isOn).toBe(true);
  });
});

describe("the kill switch", () => {
  test("ends a siren at once and keeps it off while closed; a light shines on", async () => {
    const { clock, desk, relay, on, events } = await createRig();
    on("a", 20);
    await clock.advance(1);
    desk.kill(true);
    await clock.advance(1);
    expect(relay.isOn).toBe(false);
    on("b", 20);
    await clock.advance(1);
    expect(relay.isOn).toBe(false);
    expect(events.filter(({ type }) => type.endsWith("refused")).map(({ data }) => data["alarm"])).toEqual([
      "a",
      "b",
    ]);
    desk.kill(false);
    on("c", 20);
    await clock.advance(1);
    expect(relay.isOn).toBe(true);

    const light = await createRig({ kind: "light", keys: 1 });
    light.on("a", 20);
    light.desk.kill(true);
    await light.clock.advance(1);
    expect(light.relay.isOn).toBe(true);
  });
});

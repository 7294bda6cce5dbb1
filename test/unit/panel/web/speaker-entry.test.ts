import { describe, expect, test } from "vitest";
import type { WrittenEntry } from "../../../../src/core/set-up.ts";
import {
  anotherLike,
  boardOf,
  powerKind,
  type SpeakerDraft,
  speakerFault,
  speakerWays,
} from "../../../../src/panel/web/words/speaker-entry.ts";
import { viewOf } from "./entry-samples.ts";

const modbus = { bus: "relays", profile: "waveshare", channel: 2 };
const pond = {
  ...{ id: "pond", name: "东塘喇叭", audio: "rtp://192.168.1.40:5004", maxOnSeconds: 120 },
  ...{ power: { relay: { modbus } }, proof: { microphone: "alsa:hw:1" } },
};
const square = {
  ...{ id: "square", name: "广场喇叭", audio: "alsa:hw:0", settleMs: 500 },
  power: { relay: { gpio: { chip: "pinctrl-bcm2711", line: 18 } } },
};
const sluice = {
  ...{
    id: "sluice",
    name: "水闸喇叭",
    audio: { module: { bus: "voice", profile: "dfplayer", tracks: { 放水: 7 } } },
  },
  power: { relay: { serial: { bus: "board", profile: "lcus", channel: 1 } } },
};
const column = { id: "gate", name: "村口音柱", audio: "rtp://[fd00::7]:5006?codec=PCMA" };
const hall = {
  id: "hall",
  name: "村部",
  audio: "alsa:hw:2",
  power: { amplifier: { bus: "amp", profile: "pusg-6x4" } },
};
const ALL: readonly WrittenEntry[] = [pond, square, sluice, column, hall];
const view = viewOf({ speakers: ALL });
const { draftOf, entryOf } = speakerWays;

describe("a speaker in its form", () => {
  test.each(ALL)("is left as the file has it while nothing is changed: $id", (entry) => {
    expect(entryOf(entry, draftOf(entry))).toEqual(entry);
  });

  test("shows what is meant where the file says nothing: of one that is always powered no wait", () => {
    expect(draftOf(pond)).toMatchObject({ settleSeconds: 0.8, holdSeconds: 0.3, maxOnSeconds: 120 });
    expect(draftOf(column)).toMatchObject({ settleSeconds: 0, holdSeconds: 0, maxOnSeconds: 180 });
    expect(draftOf(square)).toMatchObject({ settleSeconds: 0.5, relay: { line: 18, activeLow: false } });
  });

  test("is told with what is changed, and the rest of it untouched", () => {
    const relay = { kind: "modbus", channel: 5, address: 3 } as const;
    const draft = { ...draftOf(pond), name: "塘喇叭", settleSeconds: 1.2, relay, sound: " alsa:hw:3 " };
    expect(entryOf(pond, draft)).toEqual({
      ...pond,
      ...{ name: "塘喇叭", settleMs: 1200, audio: "alsa:hw:3" },
      power: { relay: { modbus: { ...modbus, channel: 5, address: 3 } } },
    });
    const low = { kind: "gpio", line: 18, activeLow: true } as const;
    expect(entryOf(square, { ...draftOf(square), relay: low })).toMatchObject({
      power: { relay: { gpio: { chip: "pinctrl-bcm2711", line: 18, activeLow: true } } },
    });
  });

  test("tells of its board by model, port and channels, of one that is not known by what the file says", () => {
    expect(boardOf(view, pond)).toEqual({
      kind: "modbus",
      name: "Waveshare",
      channels: 8,
      port: "tcp://192.168.1.30:502",
    });
    expect(boardOf(view, sluice)).toEqual({ kind: "serial", name: "lcus", channels: 64, port: "board" });
    expect(boardOf(view, square)).toBeUndefined();
    expect(ALL.map(powerKind)).toEqual(["relay", "relay", "relay", "none", "amplifier"]);
  });

  test("is made another like, whose name and relay have yet to be told; with a voice module or a serial amplifier it is not", () => {
    const { bus, profile } = modbus;
    expect(anotherLike(pond)).toEqual({
      ...{ name: "", audio: pond.audio, maxOnSeconds: 120, proof: pond.proof },
      power: { relay: { modbus: { bus, profile } } },
    });
    expect(anotherLike(square)).toMatchObject({ power: { relay: { gpio: { chip: "pinctrl-bcm2711" } } } });
    expect(anotherLike(column)).toEqual({ name: "", audio: column.audio });
    expect([sluice, hall].map(anotherLike)).toEqual([undefined, undefined]);
  });

  const relayOf = (channel: number, address = Number.NaN) => ({ kind: "modbus", channel, address }) as const;
  test.each<[string, Partial<SpeakerDraft>]>([
    ["device.fault.name", { name: " " }],
    ["device.fault.channel", { relay: relayOf(0) }],
    ["device.fault.channel", { relay: relayOf(9) }],
    ["device.fault.channel", { relay: relayOf(Number.NaN) }],
    ["device.fault.address", { relay: relayOf(2, 300) }],
    ["device.fault.settle", { settleSeconds: 11 }],
    ["device.fault.hold", { holdSeconds: Number.NaN }],
    ["device.fault.most", { maxOnSeconds: 3601 }],
    ["device.fault.most", { maxOnSeconds: 2.5 }],
    ["device.fault.mostTooShort", { maxOnSeconds: 2, settleSeconds: 2 }],
    ["device.fault.sound", { sound: "hw:1" }],
    ["device.fault.sound", { sound: "rtp://192.168.1.40" }],
  ])("says %s of %o", (key, change) => {
    expect(speakerFault(view, "pond", pond, { ...draftOf(pond), ...change })?.key).toBe(key);
  });

  test.each(ALL)("finds nothing wrong with what the file has: $id", (entry) => {
    expect(speakerFault(view, String(entry["id"]), entry, draftOf(entry))).toBeUndefined();
  });

  test("says whose relay it already is", () => {
    const like = anotherLike(pond) ?? {};
    const draft = { ...draftOf(like), name: "西塘喇叭" };
    const taken = speakerFault(view, undefined, like, { ...draft, relay: relayOf(2) });
    expect(taken).toEqual({ key: "device.fault.taken", params: { name: "东塘喇叭" } });
    expect(speakerFault(view, undefined, like, { ...draft, relay: relayOf(3) })).toBeUndefined();
    const line = { kind: "gpio", line: 18, activeLow: true } as const;
    const second = anotherLike(square) ?? {};
    const same = { ...draftOf(second), name: "二号", relay: line };
    expect(speakerFault(view, undefined, second, same)?.params).toEqual({ name: "广场喇叭" });
  });
});

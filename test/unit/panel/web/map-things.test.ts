import { describe, expect, test } from "vitest";
import type { DeskBox } from "../../../../src/core/township-desk.ts";
import type { AlarmView } from "../../../../src/core/village.ts";
import { deskItems, mercator } from "../../../../src/panel/web/words/desk-map.ts";
import { mapAlarms, unplaced, villageItems } from "../../../../src/panel/web/words/map-things.ts";
import { alarm, times, village } from "./word-samples.ts";

const NOW = "2026-07-01T06:00:00.000Z";
const items = (change: Partial<typeof village> = {}) =>
  villageItems({ ...village, ...change }, NOW, times, ({ key }) => key);

describe("what stands on the map of a village", () => {
  test("is every camera, horn, sensor and contact, as it is now", () => {
    expect(items().map(({ kind, name, tone, value }) => [kind, name, tone, value])).toEqual([
      ["camera", "东塘", "calm", undefined],
      ["speaker", "东塘喇叭", "calm", undefined],
      ["sensor", "东塘水位", "calm", "2.31 m"],
      ["input", "塘边求助按钮", "calm", undefined],
    ]);
  });

  test("of a gauge is what came in the last hour, not its total", () => {
    const gauge = {
      ...{ id: "rain", name: "雨量", unit: "mm", value: 812.6, quality: "good" as const, at: NOW },
      accumulates: { since: "power-up" as const },
      sums: { 1: 4.2, 3: 5, 6: 5, 12: 5, 24: 5 },
    };
    expect(items({ sensors: [gauge] })[2]).toMatchObject({ tone: "calm", value: "rain.hourIs" });
    const lost = { ...gauge, value: null, quality: "lost" as const, sums: undefined };
    expect(items({ sensors: [lost] })[2]).toMatchObject({ tone: "care", value: undefined });
  });

  test.each([
    [
      "a blind camera",
      { cameras: village.cameras.map((one) => ({ ...one, state: "lost" as const })) },
      0,
      "camera.blind",
    ],
    [
      "somebody before a camera",
      { cameras: village.cameras.map((one) => ({ ...one, occupied: ["bank"] })) },
      0,
      "camera.occupied",
    ],
    [
      "a horn that fails",
      { speakers: village.speakers.map((one) => ({ ...one, fault: "relay.lost" })) },
      1,
      "map.speakerFault",
    ],
    [
      "a sensor that is silent",
      { sensors: village.sensors.map((one) => ({ ...one, value: null, quality: "lost" as const })) },
      2,
      "sensor.lost",
    ],
  ])("%s asks for care, and is no alarm", (_what, change, index, key) => {
    expect(items(change)[index]).toMatchObject({ tone: "care", phrase: { key } });
  });

  test("what nobody has placed waits", () => {
    const places = [{ kind: "camera", id: "pond-east", x: 0, y: 0 }] as const;
    expect(unplaced(items(), places).map(({ id }) => id)).toEqual(["pond", "pond-level", "sos"]);
  });
});

describe("an alarm on the map", () => {
  const at = (change: Partial<AlarmView>) => mapAlarms([{ ...alarm, ...change }], village.rules)[0]?.at;

  test.each<[string, Partial<AlarmView>, unknown]>([
    ["of a camera", { camera: "pond-east" }, { kind: "camera", id: "pond-east" }],
    ["of a level", { rule: "pond-high" }, { kind: "sensor", id: "pond-level" }],
    ["of a button", { rule: "sos" }, { kind: "input", id: "sos" }],
    ["of a rule that is gone", { rule: "gone" }, undefined],
  ])("%s is where it was seen", (_what, change, thing) => {
    expect(at(change)).toEqual(thing);
  });

  test("is the gravest that nobody has seen to, and says how many there are", () => {
    const camera = { camera: "pond-east" };
    const alarms: AlarmView[] = [
      { ...alarm, ...camera, id: "seen", status: "acknowledged", severity: "danger" },
      { ...alarm, ...camera, id: "notice", severity: "notice" },
      { ...alarm, ...camera, id: "danger", severity: "danger" },
      { ...alarm, ...camera, id: "over", status: "cleared" },
    ];
    expect(mapAlarms(alarms, village.rules)).toMatchObject([{ alarm: { id: "danger" }, count: 3 }]);
  });
});

describe("the villages of a township", () => {
  const box: DeskBox = {
    ...{ id: "longwan", name: "龙湾村", reach: "direct", status: "here", since: NOW, waitingEvents: 0 },
    ...{
      openAlarms: 0,
      waitingAlarms: 0,
      files: { bytes: 0, mostBytes: 1, letGo: 0, tooLarge: 0, denied: 0 },
      events: { bytes: 0, mostBytes: 1 },
      keptActs: 0,
    },
  };
  const item = (change: Partial<DeskBox>) =>
    deskItems(
      [{ ...box, ...change }],
      NOW,
      ({ key }) => key,
      (code) => code,
    )[0];

  test.each<[string, Partial<DeskBox>, string, string]>([
    ["is heard", {}, "calm", "desk.status.here"],
    ["has an alarm", { openAlarms: 1, waitingAlarms: 1, worst: "danger" }, "alarm", "desk.alarmCount"],
    ["has events waiting", { waitingEvents: 7 }, "calm", "desk.waiting"],
    ["is away", { status: "away", lastHeardAt: NOW, waitingEvents: 7 }, "care", "desk.status.away"],
  ])("one that %s says so", (_what, change, tone, key) => {
    expect(item(change)).toMatchObject({ kind: "village", name: "龙湾村", tone, phrase: { key } });
  });

  test.each([
    [
      [0, 0],
      [0.5, 0.5],
    ],
    [
      [-180, 85.0511287798],
      [0, 0],
    ],
    [
      [113.52, 27.61],
      [0.815333, 0.42005],
    ],
  ] as const)("%j stands at %j of the earth", (location, [x, y]) => {
    const [left, top] = mercator(location);
    expect(left).toBeCloseTo(x, 5);
    expect(top).toBeCloseTo(y, 3);
  });
});

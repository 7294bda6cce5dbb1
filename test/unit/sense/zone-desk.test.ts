import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import { contains, type Polygon } from "../../../src/core/geometry.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { ReadingObservation } from "../../../src/core/observation.ts";
import { createSignal } from "../../../src/core/signals.ts";
import type { Zone } from "../../../src/core/site.ts";
import type { DrawnZone } from "../../../src/core/zones.ts";
import { createZoneDesk } from "../../../src/sense/zone-desk.ts";
import { BANK, HIGH, LOW } from "../core/banks.ts";

const WATERLINE = { sensor: "pond-level", margin: 0.1, lines: [LOW, HIGH] };
const STILL: Zone = { id: "gate", name: "塘口", polygon: BANK };
const MOVING: Zone = { id: "bank", name: "塘埂", polygon: BANK, waterline: WATERLINE };
const BY = { kind: "person", name: "安装员" } as const;
const SMALLER: Polygon = BANK.map(([x, y]) => [x, Math.min(0.9, y)]);

async function createRig(options: { drawn?: readonly DrawnZone[]; ledger?: () => Promise<unknown> } = {}) {
  const observations = createSignal<ReadingObservation>();
  let latest: ReadingObservation | undefined;
  const events: EventDraft[] = [];
  const take = (draft: EventDraft) => void events.push(draft);
  const desk = createZoneDesk(
    {
      ledger: {
        async append(draft) {
          await options.ledger?.();
          take(draft);
          return { time: "2026-07-01T06:00:00.000Z" } as never;
        },
      },
      record: take,
      sensors: [{ sensor: { id: "pond-level" }, observations, latest: () => latest }],
      log: silentLogger,
    },
    [
      { id: "pond", zones: [MOVING, STILL] },
      { id: "road", zones: [] },
    ],
    options.drawn ?? [],
  );
  const changed: string[] = [];
  desk.changes.on((camera) => changed.push(camera));
  await desk.start();
  let nowMs = 0;
  const read = (value: number | null, quality: ReadingObservation["quality"] = "good") => {
    nowMs += 5000;
    const at = { wallMs: 0, monotonicMs: nowMs };
    latest = { kind: "reading", sensor: "pond-level", unit: "m", value, quality, at };
    observations.emit(latest);
  };
  const bank = () => {
    const [zone] = desk.zonesOf("pond");
    if (!zone) throw new Error("no zone");
    return zone;
  };
  /** Half-way up between the two lines. */
  const isDangerous = () => contains(bank().polygon, [0.5, 0.62]);
  return { desk, events, changed, read, bank, isDangerous };
}

describe("a zone with a waterline", () => {
  test("is that of the highest line before the first reading, and says that it waits", async () => {
    const { bank, isDangerous, changed, events } = await createRig();
    expect(isDangerous()).toBe(true);
    expect(bank().water).toMatchObject({
      state: "waiting",
      level: 3,
      line: [
        [0.05, 0.6],
        [0.95, 0.6],
      ],
    });
    expect(bank().whole).toEqual(BANK);
    expect(changed).toEqual(["pond"]);
    expect(events).toEqual([]);
  });

  test("follows the level, and is told only when it moves", async () => {
    const { bank, isDangerous, changed, read } = await createRig();
    read(2);
    expect(isDangerous()).toBe(false);
    expect(bank().water).toMatchObject({
      state: "following",
      level: 2,
      line: [
        [0.05, 0.8],
        [0.95, 0.8],
      ],
    });
    for (const ripple of [2.004, 1.99, 2.008, 2]) read(ripple);
    expect(changed).toHaveLength(2);
    read(3);
    expect(isDangerous()).toBe(true);
    expect(changed).toHaveLength(3);
  });

  test("holds a higher line while the sensor is lost, tells the fault once, and tells when it is over", async () => {
    const { desk, bank, isDangerous, events, read } = await createRig();
    read(2.1);
    expect(desk.health?.()).toEqual({ name: "zones", status: "ok" });
    for (let i = 0; i < 3; i++) read(null, "lost");
    expect(isDangerous()).toBe(true);
    expect(bank().water).toMatchObject({ state: "lost", fault: "waterline.sensor_lost", level: 3 });
    expect(desk.health?.()).toEqual({ name: "zones", status: "degraded", reason: "waterline.sensor_lost" });
    const data = { camera: "pond", zone: "bank", sensor: "pond-level", fault: "waterline.sensor_lost" };
    expect(events).toEqual([
      { type: "org.cunshao.waterline.fault.raised", class: "state", subject: "pond", data },
    ]);
    for (let i = 0; i < 3; i++) read(2.1);
    expect(events.slice(1)).toEqual([
      { type: "org.cunshao.waterline.fault.cleared", class: "state", subject: "pond", data },
    ]);
    expect(bank().water).toMatchObject({ state: "following", level: 2.1 });
    expect(bank().water?.fault).toBeUndefined();
  });

  test("says of a sensor that has no value that it has none", async () => {
    const { events, read } = await createRig();
    read(null, "invalid");
    expect(events[0]?.data).toMatchObject({ fault: "waterline.sensor_invalid" });
  });

  test("leaves the zone beside it alone", async () => {
    const { desk, read } = await createRig();
    read(2);
    expect(desk.zonesOf("pond")[1]).toEqual({ id: "gate", name: "塘口", polygon: BANK });
    expect(desk.zonesOf("road")).toEqual([]);
    expect(desk.zonesOf("nowhere")).toEqual([]);
  });
});

describe("drawing a zone", () => {
  test("holds at once, is in the audit with who, and is put back", async () => {
    const { desk, events, changed } = await createRig();
    const view = await desk.draw("pond", "gate", { polygon: SMALLER }, BY);
    expect(view).toEqual({
      id: "gate",
      name: "塘口",
      polygon: SMALLER,
      drawn: { by: "安装员", at: "2026-07-01T06:00:00.000Z" },
    });
    expect(desk.zonesOf("pond")[1]).toEqual(view);
    expect(changed).toEqual(["pond", "pond"]);
    expect(events).toEqual([
      {
        type: "org.cunshao.zone.drawn",
        class: "audit",
        subject: "pond",
        data: { camera: "pond", zone: "gate", polygon: SMALLER, by: BY },
      },
    ]);
    expect(await desk.restore("pond", "gate", BY)).toEqual({ id: "gate", name: "塘口", polygon: BANK });
    expect(events[1]).toMatchObject({ type: "org.cunshao.zone.restored", class: "audit", data: { by: BY } });
  });

  test("put back twice is in the audit once", async () => {
    const { desk, events } = await createRig();
    await desk.restore("pond", "gate", BY);
    expect(events).toEqual([]);
  });

  test("of a waterline takes one line, holds the whole zone, and follows from the second line on", async () => {
    const { desk, read } = await createRig();
    read(2);
    const drawing = { polygon: BANK, waterline: { ...WATERLINE, lines: [LOW] } };
    const first = await desk.draw("pond", "gate", drawing, BY);
    expect(first).toMatchObject({ polygon: BANK, water: { state: "uncalibrated" } });
    const second = await desk.draw("pond", "gate", { polygon: BANK, waterline: WATERLINE }, BY);
    expect(second.water).toMatchObject({ state: "following", level: 2 });
    expect(contains(second.polygon, [0.5, 0.62])).toBe(false);
  });

  test("away of a waterline ends its fault", async () => {
    const { desk, events, read } = await createRig();
    read(null, "lost");
    await desk.draw("pond", "bank", { polygon: BANK }, BY);
    expect(events.map(({ type }) => type)).toEqual([
      "org.cunshao.waterline.fault.raised",
      "org.cunshao.zone.drawn",
      "org.cunshao.waterline.fault.cleared",
    ]);
  });

  test.each([
    ["of no corners", { polygon: [] }, "outline.corners"],
    ["with a corner outside", { polygon: [...BANK, [0, 1.5] as const] }, "outline.outside"],
    ["that crosses itself", { polygon: [BANK[0], BANK[2], BANK[1], BANK[3]] as Polygon }, "outline.crosses"],
    ["of nothing", { polygon: BANK.map(([x, y]) => [x / 99, y / 99] as const) }, "outline.empty"],
    [
      "by an unknown sensor",
      { polygon: BANK, waterline: { ...WATERLINE, sensor: "x" } },
      "waterline.unknown_sensor",
    ],
    ["by no line", { polygon: BANK, waterline: { ...WATERLINE, lines: [] } }, "waterline.levels"],
    [
      "by one line that leads nowhere",
      { polygon: BANK, waterline: { ...WATERLINE, lines: [{ level: 1, line: [] }] } },
      "waterline.short",
    ],
    [
      "by one level twice",
      { polygon: BANK, waterline: { ...WATERLINE, lines: [LOW, { ...HIGH, level: 2 }] } },
      "waterline.same_level",
    ],
    [
      "by lines that cross",
      {
        polygon: BANK,
        waterline: {
          ...WATERLINE,
          lines: [
            LOW,
            {
              ...HIGH,
              line: [
                [0.05, 0.5],
                [0.95, 0.9],
              ] as const,
            },
          ],
        },
      },
      "waterline.order",
    ],
  ])("an outline %s is refused, and what was holds", async (_what, drawing, code) => {
    const { desk, events, bank } = await createRig();
    const before = bank();
    await expect(desk.draw("pond", "bank", drawing, BY)).rejects.toMatchObject({ code, kind: "permanent" });
    expect(bank()).toEqual(before);
    expect(events).toEqual([]);
  });

  test.each([
    ["nowhere", "bank", "camera.unknown"],
    ["pond", "nowhere", "zone.unknown"],
    ["__proto__", "constructor", "camera.unknown"],
  ])("of camera %s and zone %s is refused", async (camera, zone, code) => {
    const { desk } = await createRig();
    await expect(desk.draw(camera, zone, { polygon: BANK }, BY)).rejects.toMatchObject({ code });
    await expect(desk.restore(camera, zone, BY)).rejects.toMatchObject({ code });
  });

  test("that the disk does not take does not hold", async () => {
    const ledger = async () => {
      throw new GatewayError("full", { code: "ledger.full", kind: "transient" });
    };
    const { desk, bank } = await createRig({ ledger });
    const before = bank();
    await expect(desk.draw("pond", "bank", { polygon: SMALLER }, BY)).rejects.toMatchObject({
      code: "ledger.full",
    });
    expect(bank()).toEqual(before);
  });

  test("twice at a time holds the later", async () => {
    const { desk } = await createRig();
    const [, last] = await Promise.all([
      desk.draw("pond", "gate", { polygon: SMALLER }, BY),
      desk.draw("pond", "gate", { polygon: BANK }, BY),
    ]);
    expect(desk.zonesOf("pond")[1]).toEqual(last);
    expect(last?.polygon).toEqual(BANK);
  });
});

describe("what was drawn in an earlier run", () => {
  const drawn: DrawnZone = {
    camera: "pond",
    zone: "gate",
    at: "2026-06-01T00:00:00.000Z",
    by: BY,
    polygon: SMALLER,
  };

  test("holds", async () => {
    const { desk } = await createRig({ drawn: [drawn] });
    expect(desk.zonesOf("pond")[1]).toMatchObject({ polygon: SMALLER, drawn: { at: drawn.at } });
  });

  test.each<[string, DrawnZone]>([
    [
      "crosses itself",
      {
        ...drawn,
        polygon: [
          [0, 0],
          [1, 1],
          [1, 0],
          [0, 1],
        ],
      },
    ],
    ["follows a sensor that is gone", { ...drawn, waterline: { ...WATERLINE, sensor: "gone" } }],
    ["is of a zone that is gone", { ...drawn, zone: "gone" }],
  ])("is left out when it %s", async (_what, one) => {
    const { desk } = await createRig({ drawn: [one] });
    expect(desk.zonesOf("pond").map(({ id, drawn: by }) => [id, by])).toEqual([
      ["bank", undefined],
      ["gate", undefined],
    ]);
  });
});

describe("a zone that is only tried", () => {
  test("is shown as it would be at the present level, among the others, and holds nowhere", async () => {
    const { desk, read, bank, changed, events } = await createRig();
    read(2);
    const before = [bank(), changed.length, events.length];
    const [tried, other] = desk.preview("pond", "bank", { polygon: BANK, waterline: WATERLINE });
    expect(tried).toMatchObject({
      id: "bank",
      polygon: bank().polygon,
      water: { state: "following", level: 2 },
    });
    expect(other).toMatchObject({ id: "gate", polygon: BANK });
    expect(desk.preview("pond", "gate", { polygon: SMALLER })[1]?.polygon).toEqual(SMALLER);
    expect([bank(), changed.length, events.length]).toEqual(before);
  });

  test.each([
    ["pond", "nowhere", BANK, "zone.unknown"],
    ["nowhere", "bank", BANK, "camera.unknown"],
    ["pond", "bank", BANK.slice(2), "outline.corners"],
  ])("is refused as a drawing would be: %s %s", async (camera, zone, polygon, code) => {
    const { desk } = await createRig();
    expect(() => desk.preview(camera, zone, { polygon })).toThrow(expect.objectContaining({ code }));
  });
});

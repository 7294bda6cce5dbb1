import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/core/event.ts";
import type { MapPlace, MapTiles } from "../../../src/core/village-map.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { createTestMap, type MapSetting, simpleMapMaker } from "../../support/map-double.ts";
import { createLedgerDouble } from "../../support/stores-double.ts";

const WANG = { kind: "person", name: "王主任" } as const;
const LI = { kind: "person", name: "李主任" } as const;
const POND: MapPlace = { kind: "camera", id: "pond", x: 0.2, y: 0.4, headingDegrees: 90 };
const HORN: MapPlace = { kind: "speaker", id: "horn", x: 0.5, y: 0.5, reach: 0.1 };
const TILES: MapTiles = {
  ...{ folder: "/srv/tiles", fromZoom: 12, toZoom: 17 },
  ...{ left: 0.8, right: 0.81, top: 0.4, bottom: 0.41 },
};

let clock: ManualClock;
let ledger: Ledger & { failing: boolean };
let folder = "";
beforeEach(() => {
  clock = createManualClock();
  ledger = createLedgerDouble(clock);
  folder = mkdtempSync(join(tmpdir(), "cunshao-map-"));
  return () => rmSync(folder, { recursive: true, force: true });
});

const things = [
  { kind: "camera", id: "pond" },
  { kind: "speaker", id: "horn" },
] as const;
const open = (more: Partial<MapSetting> = {}) => createTestMap({ ledger, things, folder, ...more });
const file = async function* (text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
};
const told = async (): Promise<string[]> =>
  (await ledger.read({ after: 0, limit: 100 })).map(({ type }) => type.replace("org.cunshao.map.", ""));

describe("placing things", () => {
  test("waits for something on which they can stand", async () => {
    const map = open();
    expect(map.view()).toMatchObject({ places: [] });
    expect(map.view().ground).toBeUndefined();
    await expect(map.place([POND], null, WANG)).rejects.toMatchObject({ code: "map.no_ground" });
  });

  test("holds at once, is told with who did it, and makes another version", async () => {
    const map = open();
    await map.bring(file("picture"), WANG);
    const before = map.version();
    const view = await map.place([POND, HORN], null, WANG);
    expect(view).toMatchObject({ ground: "picture", places: [POND, HORN], placed: { by: WANG } });
    expect(map.version()).not.toBe(before);
    expect(await told()).toEqual(["pictured", "placed"]);
  });

  test("of two who saw the same map the second is told, and what the first placed stays", async () => {
    const map = open();
    await map.bring(file("picture"), WANG);
    const [first, second] = await Promise.allSettled([
      map.place([POND], null, WANG),
      map.place([HORN], null, LI),
    ]);
    expect([first.status, second.status]).toEqual(["fulfilled", "rejected"]);
    expect(second).toMatchObject({ reason: { code: "map.changed", kind: "permanent" } });
    expect(map.view().places).toEqual([POND]);
    const over = map.view().placed?.at ?? null;
    await clock.advance(1000);
    await map.place([POND, HORN], over, LI);
    expect(map.view().placed?.by).toEqual(LI);
  });

  test("the same once more by the same person changes nothing: the answer got lost", async () => {
    const map = open();
    await map.bring(file("picture"), WANG);
    await map.place([POND], null, WANG);
    await map.place([POND], null, WANG);
    expect(await told()).toEqual(["pictured", "placed"]);
  });

  test("what the configuration no longer has stands nowhere", async () => {
    const kept = { placed: { tiles: { places: [POND, HORN], by: WANG, at: "2026-07-01T06:00:00.000Z" } } };
    const map = open({ kept, tiles: TILES, things: [things[0]] });
    expect(map.view().places).toEqual([POND]);
    const gone = map.place([HORN], "2026-07-01T06:00:00.000Z", WANG);
    await expect(gone).rejects.toMatchObject({ code: "map.unknown_thing" });
  });

  test("nothing changes where the disk does not take it", async () => {
    const map = open();
    await map.bring(file("picture"), WANG);
    ledger.failing = true;
    await expect(map.place([POND], null, WANG)).rejects.toMatchObject({ code: "ledger.full" });
    expect(map.view().places).toEqual([]);
  });
});

describe("tiles on the box", () => {
  test("are the ground whatever picture there is, with places of their own, and no path of the box", async () => {
    const map = open({ tiles: TILES });
    await map.bring(file("picture"), WANG);
    const { folder: _folder, ...shown } = TILES;
    expect(map.view()).toMatchObject({ ground: "tiles", tiles: shown });
    expect(JSON.stringify(map.view())).not.toContain("/srv");
    await map.place([POND], null, WANG);
    const [, placed] = await ledger.read({ after: 0, limit: 9 });
    expect(placed?.data).toMatchObject({ ground: "tiles" });
  });

  test.each([
    [17, 107_000, 55_000, "/srv/tiles/17/107000/55000.png"],
    [0, 0, 0, "/srv/tiles/0/0/0.png"],
  ])("zoom %i, column %i, row %i is one file", (zoom, x, y, path) => {
    expect(open({ tiles: TILES }).tileOf(zoom, x, y)).toBe(path);
  });

  test.each([
    [1, 2, 0],
    [1, 0, -1],
    [2, 0.5, 0],
    [Number.NaN, 0, 0],
  ])("zoom %d, column %d, row %d is none", (zoom, x, y) => {
    expect(() => open({ tiles: TILES }).tileOf(zoom, x, y)).toThrow(
      expect.objectContaining({ code: "map.no_tile" }),
    );
    expect(() => open().tileOf(0, 0, 0)).toThrow(expect.objectContaining({ code: "map.no_tile" }));
  });
});

describe("the picture of the village", () => {
  test("is exchanged and put back; only it and the one before are kept", async () => {
    const map = open();
    for (const content of ["one", "two", "three"]) await map.bring(file(content), WANG);
    const { picture, former } = map.view();
    expect(readdirSync(folder).sort()).toEqual([`${picture?.sha256}.jpg`, `${former?.sha256}.jpg`].sort());
    const back = await map.putBack(former?.sha256 ?? "", LI);
    expect(back).toMatchObject({
      picture: { sha256: former?.sha256, by: LI },
      former: { sha256: picture?.sha256 },
    });
    // A second tap on the same button.
    expect(await map.putBack(former?.sha256 ?? "", LI)).toEqual(back);
    expect(await told()).toEqual(["pictured", "pictured", "pictured", "picture_restored"]);
  });

  test("that is there already is no other one", async () => {
    const map = open();
    await map.bring(file("one"), WANG);
    const view = await map.bring(file("one"), LI);
    expect([view.picture?.by, view.former]).toEqual([WANG, undefined]);
  });

  test("is put back only where it is still the former one", async () => {
    const map = open();
    for (const content of ["one", "two"]) await map.bring(file(content), WANG);
    const seen = map.view().former?.sha256 ?? "";
    await map.bring(file("three"), LI);
    await expect(map.putBack(seen, WANG)).rejects.toMatchObject({ code: "map.changed" });
  });

  test("places stay where they are when it is exchanged", async () => {
    const map = open();
    await map.bring(file("one"), WANG);
    await map.place([POND], null, WANG);
    expect((await map.bring(file("two"), WANG)).places).toEqual([POND]);
  });

  test.each([
    ["what is no picture", "bad", {}, false, "map.not_picture"],
    ["one for which there is no room", "one", { keepFreeBytes: Number.MAX_SAFE_INTEGER }, false, "map.full"],
    ["one of which the ledger cannot tell", "one", {}, true, "ledger.full"],
  ])("%s leaves nothing behind", async (_what, content, setting, isFailing, code) => {
    const map = open(setting);
    ledger.failing = isFailing;
    await expect(map.bring(file(content), WANG)).rejects.toMatchObject({ code });
    expect(map.view().picture).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("one at a time comes in", async () => {
    let go = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (go = resolve));
    const map = open({
      maker: {
        async make(...files) {
          await waiting;
          return simpleMapMaker.make(...files);
        },
      },
    });
    const first = map.bring(file("one"), WANG);
    await expect(map.bring(file("two"), LI)).rejects.toMatchObject({ code: "map.busy", kind: "transient" });
    go();
    expect((await first).picture).toMatchObject({ width: 800, height: 600, by: WANG });
  });

  test("drafts that a crash left go at the start, and no file of another name is told of", async () => {
    const map = open();
    await map.bring(file("one"), WANG);
    await map.start();
    const { sha256 = "", sizeBytes } = map.view().picture ?? {};
    expect(map.fileOf(sha256)).toEqual({ path: join(folder, `${sha256}.jpg`), sizeBytes });
    expect(() => map.fileOf("0".repeat(64))).toThrow(expect.objectContaining({ code: "map.no_picture" }));
  });
});

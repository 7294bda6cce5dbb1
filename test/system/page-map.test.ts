import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import type { MapPlace } from "../../src/core/village-map.ts";
import { createChildRegister } from "../../src/drivers/ffmpeg/child-register.ts";
import { createMapPictureMaker } from "../../src/drivers/ffmpeg/map-picture-maker.ts";
import { drawVillage, layTiles } from "../support/drawn-maps.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { fillPast, raiseAlarm } from "../support/sample-village.ts";

const WANG = { kind: "person", name: "王主任" } as const;
const PLACES: readonly MapPlace[] = [
  { kind: "camera", id: "pond-east", x: 0.28, y: 0.42, headingDegrees: 120 },
  { kind: "camera", id: "gate", x: 0.78, y: 0.72, headingDegrees: 300 },
  { kind: "speaker", id: "pond", x: 0.42, y: 0.64, reach: 0.14 },
  { kind: "sensor", id: "pond-level", x: 0.16, y: 0.66 },
  { kind: "input", id: "sos", x: 0.56, y: 0.34 },
];

describePages("the map of the village", () => {
  let folder = "";
  let village = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "page-map-"));
    village = join(folder, "village.png");
    drawVillage(village);
    writeFileSync(join(folder, "notes.png"), "not a picture");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const children = {
    clock: systemClock,
    log: silentLogger,
    register: createChildRegister(join(tmpdir(), "page-map-children")),
  };
  const rig = setUpPages({ site: { mapMaker: createMapPictureMaker(children) }, prepare: fillPast });
  const { button, shows } = rig;
  const mark = (name: string) => rig.page.locator(`.map-mark[aria-label^="${name}"]`);
  const placed = (id: string) => rig.dependencies.map.view().places.find((place) => place.id === id);

  async function openMap(width: number, username?: string): Promise<void> {
    await rig.openPage({ viewport: { width, height: width === 360 ? 740 : 900 } }, username);
    await rig.goTo("look");
    await rig.page.getByRole("link", { name: "地图" }).click();
    await rig.page.getByRole("heading", { name: "地图" }).waitFor();
  }

  async function drawn(places: readonly MapPlace[] = PLACES): Promise<void> {
    const { map } = rig.dependencies;
    await map.bring(Readable.from([readFileSync(village)]), WANG);
    await map.place(places, null, WANG);
  }

  /** Where a mark stands on the page. */
  async function middleOf(name: string): Promise<{ x: number; y: number }> {
    const box = await mark(name).boundingBox();
    if (!box) throw new Error(`${name} is not to be seen`);
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }

  async function drag(from: { x: number; y: number }, dx: number, dy: number): Promise<void> {
    const { mouse } = rig.page;
    await mouse.move(from.x, from.y);
    await mouse.down();
    await mouse.move(from.x + dx / 2, from.y + dy / 2, { steps: 4 });
    await mouse.move(from.x + dx, from.y + dy, { steps: 4 });
    await mouse.up();
  }

  test.each(WIDTHS)("begins with a picture that a technician brings, %i wide", async (width) => {
    await openMap(width);
    await shows("还没有地图");
    await rig.keep(`map-none-${width}`);
    const file = rig.page.locator("input[type=file]");
    await file.setInputFiles(join(folder, "notes.png"));
    await shows("这不是能用的图片，请用完整的 JPG 或 PNG");
    await file.setInputFiles(village);
    await button("摆位置").click();
    await button("摄像机 东塘").click();
    await shows("有 1 处还没有保存");
    await rig.keep(`map-first-${width}`);
    await rig.fitsThePage();
    await button("保存").click();
    await shows("已保存");
    expect(placed("pond-east")).toMatchObject({ kind: "camera", headingDegrees: 0 });
    expect(placed("pond-east")?.x).toBeCloseTo(0.5, 1);
    expect(rig.complaints).toEqual([]);
  });

  test.each(WIDTHS)("shows what is where, and opens it, %i wide", async (width) => {
    await drawn();
    await openMap(width);
    await mark("摄像机 东塘").waitFor();
    expect(await mark("传感器 东塘水位").getAttribute("aria-label")).toContain("2.31 m");
    await rig.keep(`map-${width}`);
    await rig.fitsThePage();
    await mark("摄像机 东塘").click();
    await rig.page.getByRole("dialog", { name: "东塘" }).waitFor();
    await rig.page.keyboard.press("Escape");
    await mark("传感器 东塘水位").click();
    await rig.page.getByRole("dialog").getByRole("group").first().waitFor();
    await rig.page.keyboard.press("Escape");
    await rig.page.getByText("列成文字看").click();
    await shows("还没有摆到地图上");
    await rig.keep(`map-list-${width}`);
    await mark("喇叭 东塘喇叭").press("Enter");
    await rig.page.locator("#speak-text").waitFor();
    expect(await rig.page.locator(".chip[aria-pressed=true], [aria-pressed=true]").allInnerTexts()).toContain(
      "东塘喇叭",
    );
    expect(rig.complaints).toEqual([]);
  });

  test.each(WIDTHS)("an alarm stands where it was seen, and a tap opens it, %i wide", async (width) => {
    await drawn();
    await openMap(width);
    await raiseAlarm(rig.dependencies, undefined);
    await rig.page.locator(".takeover").waitFor();
    await rig.putAlarmOff();
    await mark("报警 东塘有人靠近").waitFor();
    await rig.keep(`map-alarm-${width}`);
    await mark("报警 东塘有人靠近").click();
    await rig.page.locator(".takeover").waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test.each(WIDTHS)(
    "things are dragged, turned, and given a reach; or put there by a tap and keys, %i wide",
    async (width) => {
      await drawn();
      await openMap(width);
      await mark("摄像机 村口").waitFor();
      await button("摆位置").click();
      const from = await middleOf("摄像机 村口");
      await drag(from, -40, -30);
      const to = await middleOf("摄像机 村口");
      expect([Math.round(to.x - from.x), Math.round(to.y - from.y)]).toEqual([-40, -30]);
      const handle = rig.page.locator(".map-handle");
      const at = await handle.boundingBox();
      await drag(
        { x: (at?.x ?? 0) + 22, y: (at?.y ?? 0) + 22 },
        to.x + 60 - (at?.x ?? 0) - 22,
        to.y - (at?.y ?? 0) - 22,
      );
      await button("往右转").click();
      await rig.keep(`map-edit-${width}`);
      // By the keyboard alone, and by a tap alone.
      await mark("传感器 东塘水位").focus();
      for (let step = 0; step < 3; step++) await rig.page.keyboard.press("ArrowRight");
      await mark("喇叭 东塘喇叭").click();
      await button("范围大一点").click();
      const stage = rig.page.locator(".stage__frame");
      const { width: wide = 0, height: high = 0 } = (await stage.boundingBox()) ?? {};
      await stage.click({ position: { x: 0.5 * wide, y: 0.88 * high } });
      await shows("有 3 处还没有保存");
      await rig.keep(`map-edit-horn-${width}`);
      await rig.fitsThePage();
      await button("保存").click();
      await shows("已保存");
      const gate = placed("gate");
      expect(Math.abs((gate?.headingDegrees ?? 0) - 105)).toBeLessThanOrEqual(3);
      expect(gate?.x).toBeLessThan(0.78);
      expect(placed("pond-level")?.x).toBeGreaterThan(0.16);
      expect(placed("pond-level")?.y).toBe(0.66);
      expect(placed("pond")?.reach).toBeCloseTo(0.161, 3);
      expect(placed("pond")?.x).toBeCloseTo(0.5, 1);
      expect(rig.complaints).toEqual([]);
    },
  );

  test("of two who place things the second is told, sees what the first did, and loses nothing", async () => {
    await drawn();
    await openMap(360);
    await button("摆位置").click();
    await mark("摄像机 村口").focus();
    await rig.page.keyboard.press("ArrowUp");
    const { map } = rig.dependencies;
    const theirs = PLACES.map((place) =>
      place.kind === "input" ? { ...place, x: 0.1 } : { ...place, x: 0.6 },
    );
    await map.place(theirs, map.view().placed?.at ?? null, { ...WANG, name: "李主任" });
    await shows("李主任");
    await shows("村口你们都动过。您摆的还在。");
    await rig.keep("map-rival-360");
    expect(await button("保存").isDisabled()).toBe(true);
    await button("接着摆，用我的").click();
    await button("保存").click();
    await shows("已保存");
    expect([placed("gate")?.x, placed("sos")?.x]).toEqual([0.78, 0.1]);
  });

  test("a picture is exchanged and put back", async () => {
    await drawn();
    await openMap(1366);
    await button("摆位置").click();
    const other = join(folder, "other.png");
    execFileSync("ffmpeg", ["-v", "error", "-y", "-i", village, "-vf", "negate", other]);
    const before = rig.dependencies.map.view().picture?.sha256;
    await rig.page.locator("input[type=file]").setInputFiles(other);
    await shows("图片已换。摆好的东西没有动");
    expect(rig.dependencies.map.view()).toMatchObject({ former: { sha256: before }, places: PLACES });
    await button("改回上一张图片").click();
    await shows("已改回上一张图片");
    expect(rig.dependencies.map.view().picture?.sha256).toBe(before);
    expect(rig.complaints).toEqual([]);
  });

  test("who only looks is offered nothing else, and is told whom to ask", async () => {
    await openMap(360, "guest");
    await shows("请安装人员或管理员传一张村里的图");
    expect(await rig.page.locator("input[type=file]").count()).toBe(0);
    await drawn();
    await mark("摄像机 东塘").waitFor();
    expect(await button("摆位置").count()).toBe(0);
    // A horn by which one may not speak is a picture, no button.
    expect(await mark("喇叭 东塘喇叭").getAttribute("role")).toBe("img");
  });
});

describePages("a map of tiles that lie on the box", () => {
  const folder = mkdtempSync(join(tmpdir(), "page-tiles-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const zoom = 15;
  const edges = layTiles(folder, [zoom, 26_717, 13_768]);
  const rig = setUpPages({ site: { mapTiles: { folder, fromZoom: zoom, toZoom: zoom, ...edges } } });

  test.each(WIDTHS)("carries things as a picture does, %i wide", async (width) => {
    await rig.openPage(width);
    await rig.goTo("look");
    await rig.page.getByRole("link", { name: "地图" }).click();
    await rig.page.locator(".leaflet-tile-loaded").first().waitFor();
    await rig.button("摆位置").click();
    await rig.button("摄像机 东塘").click();
    await rig.button("喇叭 东塘喇叭").click();
    await rig.keep(`map-tiles-${width}`);
    await rig.button("保存").click();
    await rig.shows("已保存");
    const [camera, horn] = rig.dependencies.map.view().places;
    expect(camera?.x).toBeCloseTo((edges.left + edges.right) / 2, 6);
    expect(horn?.reach).toBeGreaterThan(0);
    expect(horn?.reach).toBeLessThan(edges.right - edges.left);
    expect(rig.complaints).toEqual([]);
  });
});

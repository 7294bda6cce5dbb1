import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeFindings } from "../support/axe-findings.ts";
import { keepPicture } from "../support/browser.ts";
import { type DeskOfOne, type DeskSite, raise, startDeskOfOne } from "../support/desk-of-one.ts";
import { setUpDeskPages } from "../support/desk-page.ts";
import { drawVillage, layTiles } from "../support/drawn-maps.ts";
import { describePages, fits, WIDTHS } from "../support/page-rig.ts";

/** Of which nobody has heard anything, with places on the picture. */
const SILENT = [
  { id: "taohua", name: "桃花村", x: 0.18, y: 0.2 },
  { id: "shiqiao", name: "石桥村", x: 0.44, y: 0.16 },
  { id: "chayuan", name: "茶园村", x: 0.82, y: 0.22 },
  { id: "shuangjiang", name: "双江口村", x: 0.86, y: 0.5 },
  { id: "xintang", name: "新塘村", x: 0.64, y: 0.8 },
  { id: "huangniao", name: "黄泥坳社区", x: 0.2, y: 0.78 },
] as const;
const PLACES = [{ id: "test", x: 0.42, y: 0.5 }, ...SILENT].map(({ id, x, y }) => ({
  ...{ kind: "village", id, x, y },
}));
const LIGHTS = ["day", "night"] as const;

describePages("the map of a township's desk", () => {
  const folder = mkdtempSync(join(tmpdir(), "page-desk-map-"));
  const picture = join(folder, "township.png");
  beforeAll(() => drawVillage(picture));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const openDesk = setUpDeskPages();

  const mark = (page: Page, name: string) => page.locator(`.map-mark[aria-label^="${name}"]`);
  const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
  const seen = (display: object, width: number) => ({
    viewport: { width, height: width === 360 ? 740 : 900 },
    before: `localStorage.setItem("display", ${JSON.stringify(JSON.stringify(display))})`,
  });

  async function startTownship(more: DeskSite = {}): Promise<DeskOfOne> {
    const desk = await startDeskOfOne("reverse", { silent: SILENT, ...more });
    await desk.here();
    return desk;
  }
  /** All of the ground is in sight, and nothing of the page lies over what stands there. */
  const isWhole = (page: Page, ground: string) =>
    page.evaluate<boolean>(`(() => {
      const frame = document.querySelector(".stage__frame").getBoundingClientRect();
      const isWithin = ({ left, right, top, bottom }) =>
        left >= frame.left - 1 && right <= frame.right + 1 && top >= frame.top - 1 && bottom <= frame.bottom + 1;
      const rest = document.querySelector(".leaflet-control-zoom").getBoundingClientRect();
      return [...document.querySelectorAll("${ground}")].every((one) => isWithin(one.getBoundingClientRect())) &&
        rest.top >= frame.bottom - 1;
    })()`);
  const place = (desk: DeskOfOne) => desk.ask("PUT", "/desk/map/places", { places: PLACES, over: null });

  test.each(WIDTHS)(
    "begins with a picture that an administrator brings, and the villages are put on it, %i wide",
    async (width) => {
      const desk = await startTownship();
      const { page, complaints } = await openDesk(desk, seen({ light: "day" }, width));
      await page.getByText("传一张全乡镇的图").waitFor();
      await keepPicture(page, `desk-map-none-${width}`);
      await page.locator("input[type=file]").setInputFiles(picture);
      await button(page, "摆位置").click();
      await button(page, "龙湾村").click();
      await mark(page, "龙湾村").waitFor();
      for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowRight");
      await page.getByText("有 1 处还没有保存").waitFor();
      await fits(page);
      await keepPicture(page, `desk-map-edit-${width}`);
      expect(await axeFindings(page)).toEqual([]);
      await button(page, "保存").click();
      await page.getByText("已保存").waitFor();
      const { places } = (await desk.ask("GET", "/desk/map")).body;
      expect(places).toEqual([expect.objectContaining({ kind: "village", id: "test" })]);
      expect(places[0].x).toBeGreaterThan(0.52);
      expect(places[0].y).toBeCloseTo(0.5, 1);
      expect(complaints).toEqual([]);
    },
  );

  test.each(WIDTHS.flatMap((width) => LIGHTS.map((light) => [light, width] as const)))(
    "shows where each village is and the gravest thing of it, and opens one that is heard, by %s, %i wide",
    async (light, width) => {
      const desk = await startTownship();
      const { page, complaints } = await openDesk(desk, seen({ light }, width));
      await page.locator("input[type=file]").setInputFiles(picture);
      await button(page, "摆位置").waitFor();
      expect((await place(desk)).status).toBe(200);
      await mark(page, "桃花村、还没有联系上过").waitFor();
      await mark(page, "龙湾村、联系得上").waitFor();
      expect(await isWhole(page, ".leaflet-image-layer")).toBe(true);
      await fits(page);
      expect(await axeFindings(page)).toEqual([]);
      await keepPicture(page, `desk-map-${light}-${width}`);
      expect(await mark(page, "桃花村").getAttribute("role")).toBe("img");
      await raise(desk.box);
      await mark(page, "龙湾村、1 个报警还没人管").waitFor();
      await desk.alarm();
      expect(await axeFindings(page)).toEqual([]);
      await keepPicture(page, `desk-map-alarm-${light}-${width}`);
      await mark(page, "龙湾村").click();
      await page.locator(".back").waitFor();
      expect(new URL(page.url()).search).toBe("?village=test");
      expect(complaints).toEqual([]);
    },
  );

  test.each(WIDTHS)("says the same in English, %i wide", async (width) => {
    const desk = await startTownship();
    const { page, complaints } = await openDesk(desk, seen({ light: "day", language: "en" }, width));
    await page.getByText("Bring a picture of the township").waitFor();
    await keepPicture(page, `desk-map-en-none-${width}`);
    await page.locator("input[type=file]").setInputFiles(picture);
    await button(page, "Place things").waitFor();
    await place(desk);
    await mark(page, "桃花村, Never heard yet").waitFor();
    await fits(page);
    await keepPicture(page, `desk-map-en-${width}`);
    await button(page, "Place things").click();
    await mark(page, "龙湾村").click();
    await page.getByText("Take it off the map").waitFor();
    await fits(page);
    await keepPicture(page, `desk-map-en-edit-${width}`);
    expect(complaints).toEqual([]);
  });

  test.each(WIDTHS)("has villages of tiles where the desk's file says, %i wide", async (width) => {
    const tiles = join(folder, "tiles");
    layTiles(tiles, [12, 3339, 1720]);
    const locations = [
      [113.5, 27.64],
      [113.56, 27.6],
    ] as const;
    const silent = SILENT.slice(0, 2).map((one, at) => ({ ...one, location: locations[at] }));
    const desk = await startTownship({ tiles, silent, location: [113.52, 27.61] });
    const { page, complaints } = await openDesk(desk, seen({ light: "day" }, width));
    await page.locator(".leaflet-tile-loaded").first().waitFor();
    for (const name of ["龙湾村", "桃花村", "石桥村"]) await mark(page, name).waitFor();
    expect(await isWhole(page, ".leaflet-tile")).toBe(true);
    await fits(page);
    await keepPicture(page, `desk-map-tiles-${width}`);
    expect(complaints).toEqual([]);
  });
});

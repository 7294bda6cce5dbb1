import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import type { ZoneView } from "../../src/core/zones.ts";
import { ensureAdministrator } from "../../src/panel/administrator.ts";
import { createPanel, type Panel } from "../../src/panel/panel.ts";
import { hashPassword } from "../../src/panel/passwords.ts";
import { createLiveView } from "../../src/video/live-view.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, logInOn } from "../support/browser.ts";
import { createLiveDouble, type LiveDouble, TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { type Dependencies, sampleState } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { makeDependencies, PASSWORD } from "../unit/panel/panel-fixture.ts";

const missing = [
  ...(existsSync(CHROMIUM) ? [] : [CHROMIUM]),
  ...(spawnSync("ffmpeg", ["-version"]).status === 0 ? [] : ["ffmpeg"]),
];
const pictures = process.env["CUNSHAO_TEST_PICTURES"];
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 800 };

describe.skipIf(missing.length > 0)(`zones on the page${missing.map((what) => ` (needs ${what})`)}`, () => {
  const webFolder = mkdtempSync(join(tmpdir(), "page-"));
  let browser: Browser;
  let live: LiveDouble;
  let dependencies: Dependencies;
  let panel: Panel;
  let complaints: string[];
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    await build({ configFile: "vite.config.ts", logLevel: "error", build: { outDir: webFolder } });
    live = await createLiveDouble(TEST_PICTURE);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  });
  afterAll(async () => {
    live?.stop();
    await browser?.close();
  });

  beforeEach(async () => {
    complaints = [];
    dependencies = makeDependencies(systemClock, { webFolder });
    const { accounts, random, village, zones } = dependencies;
    await ensureAdministrator({ accounts, password: PASSWORD, random });
    const passwordHash = await hashPassword(PASSWORD, random);
    await accounts.add({ username: "installer", passwordHash, role: "technician" });
    await accounts.add({ username: "guest", passwordHash, role: "viewer" });
    village.update(sampleState(dependencies));
    await zones.start();
    const picture = takePicture(TEST_PICTURE);
    village.snapshotOf = async () => picture;
    dependencies.live = createLiveView(
      { mpeg1: dependencies.mpeg1, clock: systemClock, log: silentLogger },
      village.state().cameras.map(({ id }) => ({ id, sub: live })),
    );
    panel = createPanel(dependencies);
    await panel.start();
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    await panel.stop();
  });

  async function openCamera(username: string, viewport: { width: number; height: number }): Promise<Page> {
    const context = await browser.newContext({ viewport, locale: "zh-CN", hasTouch: viewport === PHONE });
    contexts.push(context);
    const page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !text.startsWith("Failed to load resource")) complaints.push(text);
    });
    await page.goto(panel.url() ?? "");
    await logInOn(page, PASSWORD, username);
    await page.getByRole("button", { name: "放大看东塘" }).click();
    return page;
  }

  async function openDrawing(viewport: { width: number; height: number }): Promise<Page> {
    const page = await openCamera("installer", viewport);
    await page.getByRole("button", { name: "画区域" }).click();
    await page.getByRole("button", { name: "第 1 个角" }).waitFor();
    // Where a corner is depends on the picture's size: until it plays, the frame may still change.
    await page.locator(".stage video").waitFor();
    return page;
  }

  const bank = (): ZoneView => dependencies.zones.zonesOf("pond-east")[0] as ZoneView;
  const layer = (page: Page) => page.locator(".stage__layer");

  async function inPixels(page: Page, x: number, y: number): Promise<{ x: number; y: number }> {
    const frame = await layer(page).boundingBox();
    if (!frame) throw new Error("no picture");
    return { x: frame.x + x * frame.width, y: frame.y + y * frame.height };
  }

  async function tap(page: Page, x: number, y: number): Promise<void> {
    const at = await inPixels(page, x, y);
    if (page.viewportSize()?.width === PHONE.width) await page.touchscreen.tap(at.x, at.y);
    else await page.mouse.click(at.x, at.y);
  }

  async function drag(
    page: Page,
    from: readonly [number, number],
    to: readonly [number, number],
  ): Promise<void> {
    const [start, end] = [await inPixels(page, ...from), await inPixels(page, ...to)];
    await page.mouse.move(start.x, start.y);
    await page.mouse.down();
    await page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2);
    await page.mouse.move(end.x, end.y);
    await page.mouse.up();
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (!pictures) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`) });
  }

  const save = (page: Page) => page.getByRole("button", { name: "保存", exact: true });

  test("are drawn with a finger, refused while their sides cross, taken back, saved, and put back", async () => {
    const page = await openDrawing(PHONE);
    const before = bank().polygon;
    expect(await save(page).isDisabled()).toBe(true);
    const [first, second] = before as [readonly [number, number], readonly [number, number]];
    // Its second corner goes below the lower side.
    await drag(page, second, [0.9, 0.99]);
    await page.getByText("区域的边互相交叉了").waitFor();
    expect(await save(page).isDisabled()).toBe(true);
    await picture(page, "zone-crosses-360");
    await page.getByRole("button", { name: "退一步" }).click();
    await page.getByText("区域的边互相交叉了").waitFor({ state: "detached" });

    await drag(page, first, [0.2, 0.3]);
    await tap(page, 0.5, 0.98);
    await page.getByRole("button", { name: "第 5 个角" }).waitFor();
    await picture(page, "zone-drawn-360");
    await save(page).click();
    await page.getByText("已保存，现在就按这个看。").waitFor();
    expect(bank().polygon).toHaveLength(5);
    expect(bank().polygon[0]?.[0]).toBeCloseTo(0.2, 1);
    expect(bank().drawn?.by).toBe("installer");

    await page.getByRole("button", { name: "改回原来的" }).click();
    await page.getByRole("button", { name: "真的改回？再点一次" }).click();
    await page.getByText("已改回安装时的区域。").waitFor();
    expect(bank().polygon).toHaveLength(4);
    const audit = await dependencies.ledger.read({ after: 0, limit: 100, class: "audit" });
    const drawings = audit.filter(({ type }) => type.startsWith("org.cunshao.zone."));
    expect(drawings.map(({ type }) => type)).toEqual(["org.cunshao.zone.drawn", "org.cunshao.zone.restored"]);
    expect(drawings[0]?.data["by"]).toEqual({ kind: "person", name: "installer" });
    expect(complaints).toEqual([]);
  });

  test("lose a corner that is tapped, and say why two corners are none", async () => {
    const page = await openDrawing(DESK);
    await page.getByRole("button", { name: "第 3 个角" }).click();
    await picture(page, "zone-selected-1280");
    await page.getByRole("button", { name: "删掉这个角" }).click();
    await page.getByRole("button", { name: "第 4 个角" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "第 1 个角" }).press("ArrowUp");
    await page.getByRole("button", { name: "关闭" }).click();
    await page.getByRole("button", { name: "放大看东塘" }).click();
    await page.getByRole("button", { name: "画区域" }).click();
    await page.getByText("还没有保存").waitFor();
    await page.getByRole("button", { name: "退一步" }).click();
    await page.getByRole("button", { name: "重新画" }).click();
    await page.getByText("区域至少要三个角").waitFor();
    for (const [x, y] of [
      [0.2, 0.5],
      [0.8, 0.5],
      [0.8, 0.9],
    ] as const)
      await tap(page, x, y);
    await page.getByText("区域至少要三个角").waitFor({ state: "detached" });
    await save(page).click();
    await page.getByText("已保存，现在就按这个看。").waitFor();
    expect(bank().polygon).toHaveLength(3);
    expect(complaints).toEqual([]);
  });

  test("follow the water once its line was tapped at two levels", async () => {
    const page = await openDrawing(PHONE);
    const { village, levels } = dependencies;
    await page.getByRole("button", { name: "水位线", exact: true }).click();
    await page.getByText("现在水位 2.31 m").waitFor();
    for (const x of [0.1, 0.5, 0.9]) await tap(page, x, 0.85);
    await picture(page, "water-tapped-360");
    await page.getByRole("button", { name: "记下这条线（水位 2.31 m）" }).click();
    await page.getByText("还差一条").waitFor();
    await save(page).click();
    await page.getByText("已保存，现在就按这个看。").waitFor();
    expect(bank()).toMatchObject({
      water: { state: "uncalibrated" },
      waterline: { lines: [{ level: 2.31 }] },
    });

    // The next flood.
    const sensors = village
      .state()
      .sensors.map((one) => (one.id === "pond-level" ? { ...one, value: 3.1 } : one));
    village.update({ sensors });
    await page.getByText("现在水位 3.1 m").waitFor();
    for (const x of [0.9, 0.6, 0.1]) await tap(page, x, 0.6);
    await page.getByRole("button", { name: "记下这条线（水位 3.1 m）" }).click();
    await page.getByText("离水边多远也算危险").waitFor();
    await save(page).scrollIntoViewIfNeeded();
    await picture(page, "water-two-lines-360");
    await save(page).click();
    await until(() => bank().waterline?.lines.length === 2);

    const at = { wallMs: 0, monotonicMs: 1 };
    levels.emit({ kind: "reading", sensor: "pond-level", value: 2.7, unit: "m", quality: "good", at });
    await page.getByRole("button", { name: "看画面", exact: true }).click();
    await page.getByText("塘埂：水位 2.7 m，区域跟着水走").waitFor();
    await page.locator(".large .picture__water").waitFor({ state: "attached" });
    await picture(page, "water-follows-360");
    levels.emit({ kind: "reading", sensor: "pond-level", value: null, unit: "m", quality: "lost", at });
    await page.getByText("塘埂：读不到水位，先按较高的水位线（3.1 m）看").waitFor();
    await page.getByRole("button", { name: "关闭" }).click();
    await page.getByText("东塘塘埂读不到水位，先按较高的水位线看").first().waitFor();
    await picture(page, "water-lost-360");
    expect(complaints).toEqual([]);
  });

  test("say in plain words what the box refuses", async () => {
    const page = await openDrawing(DESK);
    await page.getByRole("button", { name: "水位线", exact: true }).click();
    // The rain gauge is none of the sensors that this box can follow.
    await page.getByRole("button", { name: "雨量" }).click();
    for (const x of [0.1, 0.9]) await tap(page, x, 0.85);
    await page.getByRole("button", { name: /^记下这条线/ }).click();
    await save(page).click();
    await page.getByText("没有保存：没有这个水位传感器").waitFor();
    await picture(page, "water-refused-1280");
    expect(bank().drawn).toBeUndefined();
    const crossing = [
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
    ];
    const url = `${panel.url()}/api/v1/cameras/pond-east/zones/bank`;
    const answer = await page.request.put(url, {
      data: { polygon: crossing },
      headers: { origin: panel.url() ?? "" },
    });
    expect(await answer.json()).toMatchObject({
      status: 422,
      code: "outline.crosses",
      title: "区域的边互相交叉了",
    });
    expect(complaints).toEqual([]);
  });

  test("are not drawn by who only looks", async () => {
    const page = await openCamera("guest", DESK);
    await page.getByRole("button", { name: "关闭" }).waitFor();
    expect(await page.getByRole("button", { name: "画区域" }).count()).toBe(0);
  });
});

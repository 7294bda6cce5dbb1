import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import type { CameraView } from "../../src/core/village.ts";
import { createChildRegister } from "../../src/drivers/ffmpeg/child-register.ts";
import { createMpeg1Tools } from "../../src/drivers/ffmpeg/mpeg1-tools.ts";
import type { Panel } from "../../src/panel/front.ts";
import { createPanel } from "../../src/panel/panel.ts";
import { createLiveView, type LiveCamera } from "../../src/video/live-view.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, goTo, logInOn } from "../support/browser.ts";
import {
  createLiveDouble,
  createStreamDouble,
  type LiveDouble,
  TEST_PICTURE,
  takePicture,
} from "../support/live-double.ts";
import { BUILT_PAGE } from "../support/project.ts";
import { until } from "../support/until.ts";
import { ADMIN, makeDependencies, PASSWORD } from "../unit/panel/panel-fixture.ts";

const missing = [
  ...(existsSync(CHROMIUM) ? [] : [CHROMIUM]),
  ...(spawnSync("ffmpeg", ["-version"]).status === 0 ? [] : ["ffmpeg"]),
];
const NO_MSE = "delete window.MediaSource; delete window.ManagedMediaSource;";
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1366, height: 768 };

describe.skipIf(missing.length > 0)(`the live picture${missing.map((what) => ` (needs ${what})`)}`, () => {
  const childFolder = mkdtempSync(join(tmpdir(), "children-"));
  const mpeg1 = createMpeg1Tools({
    clock: systemClock,
    log: silentLogger,
    register: createChildRegister(childFolder),
  });
  const doubles: LiveDouble[] = [];
  let browser: Browser;
  let sub: LiveDouble;
  let main: LiveDouble;
  let picture: Buffer;
  let live: ReturnType<typeof createLiveView>;
  let panel: Panel | undefined;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    picture = takePicture(TEST_PICTURE);
    sub = await startCamera();
    main = await startCamera({ size: "960:540" });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  });
  afterAll(async () => {
    for (const double of doubles) double.stop();
    await browser?.close();
  });
  beforeEach(() => {
    panel = undefined;
  });
  afterEach(async () => {
    await page?.context().close();
    await panel?.stop();
    await live?.stop();
  });

  async function startCamera(options: Parameters<typeof createLiveDouble>[1] = {}): Promise<LiveDouble> {
    const double = await createLiveDouble(TEST_PICTURE, options);
    doubles.push(double);
    return double;
  }

  /** A village with these cameras, and its page in a browser. */
  async function openVillage(cameras: readonly LiveCamera[], viewport = DESK, prepare = ""): Promise<void> {
    const dependencies = makeDependencies(systemClock, { webFolder: BUILT_PAGE });
    const { accounts, village } = dependencies;
    await accounts.save(ADMIN);
    const [pond] = village.state().cameras;
    village.update({
      cameras: cameras.map(({ id }) => ({ ...(pond as CameraView), id, name: `${id}号`, zones: [] })),
    });
    village.snapshotOf = async () => picture;
    live = createLiveView({ mpeg1, clock: systemClock, log: silentLogger }, cameras);
    panel = createPanel({ ...dependencies, live });
    await panel.start();
    const context = await browser.newContext({ viewport, locale: "zh-CN" });
    page = await context.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !text.startsWith("Failed to load resource")) complaints.push(text);
    });
    if (prepare) await page.addInitScript(prepare);
    await page.goto(panel.url() ?? "");
    await logInOn(page, PASSWORD);
    await goTo(page, "look");
  }

  const inPage = async (condition: string): Promise<void> => {
    await until(() => page.evaluate<boolean>(condition), { timeoutMs: 20_000, what: condition });
  };
  const shows = (text: string): Promise<void> => page.getByText(text, { exact: false }).first().waitFor();
  /** The pixels of a canvas, as one number that differs where they do. */
  const drawn = (): Promise<number> =>
    page.evaluate(`(() => {
      const canvas = document.querySelector(".picture__drawn");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let sum = 0;
      for (let at = 0; at < data.length; at += 4) sum = (sum * 31 + data[at]) >>> 0;
      return sum;
    })()`);

  async function pictureMoves(): Promise<void> {
    const before = await drawn();
    await until(async () => (await drawn()) !== before);
  }

  test("is MPEG-1 on a canvas, and moves, where the browser has no Media Source Extensions", async () => {
    await openVillage([{ id: "pond", sub }], DESK, NO_MSE);
    await shows("直播（转换）");
    await inPage(`document.querySelector(".picture__drawn").width === 480`);
    await pictureMoves();
    expect(live.figures()).toMatchObject({ viewers: { mpeg1: 1 }, transcoders: 1 });
    expect(complaints).toEqual([]);
  });

  test("of a camera with H.265 is MPEG-1 where the browser cannot play that", async () => {
    const h265 = await startCamera({ codec: "libx265" });
    expect(h265.hub.init?.mediaType).toMatch(/codecs="h(vc|ev)1/);
    await openVillage([{ id: "pond", sub: h265 }]);
    const plays = await page.evaluate(
      `MediaSource.isTypeSupported(${JSON.stringify(h265.hub.init?.mediaType)})`,
    );
    await shows(plays === true ? "直播" : "直播（转换）");
    if (plays === false) await pictureMoves();
    expect(complaints).toEqual([]);
  });

  test("is a picture a second, and says so, where the box transcodes for as many as it can", async () => {
    const cameras = ["1", "2", "3", "4", "5"].map((id) => ({ id, sub }));
    await openVillage(cameras, DESK, NO_MSE);
    await shows("看的太多，每秒一张");
    await inPage(
      `[...document.querySelectorAll(".picture img")].filter((image) => image.naturalWidth === 480).length === 1`,
    );
    await until(() => live.figures().viewers.mpeg1 === 4);
    expect(complaints).toEqual([]);
  });

  test("goes on by itself when the camera begins anew, with another picture size", async () => {
    const hub = createStreamDouble();
    const show = (source: LiveDouble): (() => void) =>
      source.hub.attach({
        onInit: (init) => hub.hub.begin(init),
        onFragment: (each) => hub.hub.push(each),
        onEnd: () => {},
      });
    const hide = show(sub);
    await openVillage([{ id: "pond", sub: hub }]);
    await inPage(`document.querySelector("video").videoWidth === 480`);
    hide();
    hub.hub.end();
    const leave = show(main);
    await inPage(`document.querySelector("video").videoWidth === 960`);
    await inPage(`document.querySelector("video").currentTime > 0`);
    leave();
    expect(live.figures().viewers.mp4).toBe(1);
    expect(complaints).toEqual([]);
  });

  test("enlarged comes from the main stream once there is one, and the grid behind it rests", async () => {
    const late = createStreamDouble();
    await openVillage([{ id: "pond", sub, main: late }]);
    await inPage(`document.querySelector("video").videoWidth === 480`);
    expect(late.leases()).toBe(0);
    await page.locator("button.tile__open").click();
    await inPage(`document.querySelector("dialog video").videoWidth === 480`);
    expect(late.leases()).toBe(1);
    const leave = main.hub.attach({
      onInit: (init) => late.hub.begin(init),
      onFragment: (each) => late.hub.push(each),
      onEnd: () => {},
    });
    await inPage(`document.querySelector("dialog video").videoWidth === 960`);
    await until(() => live.figures().viewers.mp4 === 1);
    await page.locator("dialog button", { hasText: "关闭" }).click();
    await inPage(`document.querySelector("video").videoWidth === 480`);
    await until(() => late.leases() === 0);
    leave();
    expect(complaints).toEqual([]);
  });

  test.each([
    ["a desk", DESK],
    ["a phone", PHONE],
  ])(
    "of nine cameras stands three by three on %s, and only what is in view plays",
    async (_where, viewport) => {
      const cameras = Array.from({ length: 9 }, (_, index) => ({ id: String(index + 1), sub }));
      await openVillage(cameras, viewport);
      const columns = await page
        .locator("button.tile__open")
        .evaluateAll(
          (tiles) => new Set(tiles.map((tile) => Math.round(tile.getBoundingClientRect().left))).size,
        );
      expect(columns).toBe(3);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(viewport.width);
      await inPage(`[...document.querySelectorAll("video")].some((video) => video.currentTime > 0)`);
      await page.evaluate("scrollTo(0, 0)");
      await page.locator("button.tile__open").first().scrollIntoViewIfNeeded();
      await until(() => live.figures().viewers.mp4 >= 3);
      await page.evaluate(`scrollTo(0, document.body.scrollHeight)`);
      const far = await page.evaluate<boolean>(
        `document.querySelectorAll("button.tile__open")[8].getBoundingClientRect().bottom < -150`,
      );
      if (far) await until(() => live.figures().viewers.mp4 === 0);
      expect(complaints).toEqual([]);
    },
  );

  test("moves on, over the gaps, on a line too slow for it", async () => {
    const hub = createStreamDouble();
    let isThinned = false;
    let isThinnedKey = false;
    const leave = sub.hub.attach({
      onInit: (init) => hub.hub.begin(init),
      onFragment: (each) => {
        // What a slow viewer is given: each second key frame, as far apart as those of a camera are.
        isThinnedKey = each.keyFrame ? !isThinnedKey : isThinnedKey;
        if (!isThinned || (each.keyFrame && isThinnedKey)) hub.hub.push(each);
      },
      onEnd: () => {},
    });
    await openVillage([{ id: "pond", sub: hub }]);
    await inPage(`document.querySelector("video").currentTime > 0`);
    isThinned = true;
    const shown = (): Promise<{ seconds: number; frames: number }> =>
      page.evaluate(`(() => {
        const video = document.querySelector("video");
        return { seconds: video.currentTime, frames: video.getVideoPlaybackQuality().totalVideoFrames };
      })()`);
    // What came before may still be played.
    const start = await shown();
    await until(async () => (await shown()).seconds > start.seconds + 3, { timeoutMs: 20_000 });
    const before = await shown();
    await until(async () => (await shown()).seconds > before.seconds + 3, { timeoutMs: 20_000 });
    expect((await shown()).frames - before.frames).toBeGreaterThanOrEqual(2);
    leave();
    expect(complaints).toEqual([]);
  });
});

import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/time.ts";
import { formatWave } from "../../src/drivers/audio/wav-file.ts";
import { ensureAdministrator } from "../../src/panel/administrator.ts";
import { createPanel, type Panel } from "../../src/panel/panel.ts";
import { hashPassword } from "../../src/panel/passwords.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, logInOn } from "../support/browser.ts";
import { type Dependencies, sampleState } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { makeDependencies, PASSWORD } from "../unit/panel/panel-fixture.ts";

const pictures = process.env["CUNSHAO_TEST_PICTURES"];
const TONE = formatWave({
  sampleRate: 8000,
  samples: Int16Array.from({ length: 4000 }, (_, at) => 9000 * Math.sin(at / 3)),
});

describe.skipIf(!existsSync(CHROMIUM))(`录音 on the page (needs ${CHROMIUM})`, () => {
  const webFolder = mkdtempSync(join(tmpdir(), "page-"));
  let browser: Browser;
  let dependencies: Dependencies;
  let panel: Panel;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    await build({ configFile: "vite.config.ts", logLevel: "error", build: { outDir: webFolder } });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    dependencies = makeDependencies(systemClock, { webFolder });
    const { accounts, random, village } = dependencies;
    await ensureAdministrator({ accounts, password: PASSWORD, random });
    const passwordHash = await hashPassword(PASSWORD, random);
    await accounts.add({ username: "guest", passwordHash, role: "viewer" });
    village.update(sampleState(dependencies));
    panel = createPanel(dependencies);
    await panel.start();
  });
  afterEach(async () => {
    await page?.context().close();
    await panel.stop();
  });

  async function openPage(width: number, username = "admin"): Promise<void> {
    const context = await browser.newContext({ viewport: { width, height: 800 }, locale: "zh-CN" });
    page = await context.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(panel.url() ?? "");
    await logInOn(page, PASSWORD, username);
  }

  const shelf = () => page.getByRole("region", { name: "录音" });
  const shows = (text: string): Promise<void> => shelf().getByText(text, { exact: false }).first().waitFor();
  const button = (name: string) => shelf().getByRole("button", { name, exact: true });
  const bring = (name: string, buffer: Buffer) =>
    shelf().locator("input[type=file]").setInputFiles({ name, mimeType: "audio/wav", buffer });

  async function keep(name: string): Promise<void> {
    if (!pictures) return;
    mkdirSync(pictures, { recursive: true });
    await shelf().scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  }

  async function fitsThePage(): Promise<void> {
    expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const heights = await shelf()
      .locator("button:visible, label.button:visible")
      .evaluateAll((buttons) => buttons.map((one) => one.getBoundingClientRect().height));
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(40);
  }

  test.each([360, 1280])(
    "is brought in, heard, played, changed, deleted and put back, %i wide",
    async (width) => {
      const { clips, village } = dependencies;
      await openPage(width);
      await shows("还没有录音");
      await bring("防汛通知.wav", TONE);
      await shows("《防汛通知》传好了");
      await keep(`clips-${width}`);
      await fitsThePage();

      await button("在这台设备上听《防汛通知》").click();
      const player = shelf().locator("audio");
      await until(() =>
        player.evaluate((audio: { readonly duration?: number }) => (audio.duration ?? 0) > 0.4),
      );
      await button("在这台设备上听《防汛通知》").click();

      await button("用喇叭播放《防汛通知》").click();
      await shows("播放，音量");
      await keep(`clips-play-${width}`);
      await fitsThePage();
      await button("开始播放").click();
      await shows("已交给喇叭");
      const [clip] = clips.list();
      expect(village.said).toMatchObject([{ content: { kind: "clip", clip: clip?.id, name: "防汛通知" } }]);
      expect(village.said[0]?.speakers).toEqual(village.state().speakers.map(({ speaker }) => speaker));

      await button("改《防汛通知》").click();
      await shelf().getByLabel("名字").fill("方言提醒");
      await shelf().getByLabel("代替哪句提醒").selectOption("水边危险，请速离开");
      await keep(`clips-change-${width}`);
      await fitsThePage();
      await button("保存").click();
      await shows("代替“水边危险，请速离开”");
      expect(clips.replacing("水边危险，请速离开")).toBeDefined();

      await button("改《方言提醒》").click();
      await button("删除").click();
      await shows("这段录音正在用");
      await shelf().getByLabel("代替哪句提醒").selectOption("");
      await button("保存").click();
      await shelf().getByText("代替“").waitFor({ state: "detached" });
      await button("改《方言提醒》").click();
      await button("删除").click();
      await shows("已删除《方言提醒》");
      await shelf().getByText("删除的录音").click();
      await button("把《方言提醒》放回来").click();
      await button("用喇叭播放《方言提醒》").waitFor();
      expect(clips.list().map(({ name }) => name)).toEqual(["方言提醒"]);
      expect(complaints).toEqual([]);
    },
  );

  test("says in plain words why one was refused", async () => {
    await openPage(360);
    await bring("a.mp3", Buffer.from("bad"));
    await shows("没有成功：这个文件不是声音");
    await bring("b.mp3", Buffer.alloc(10_001, 1));
    await shows("没有成功：文件太大");
    await bring("c.mp3", TONE);
    await shows("《c》传好了");
    await bring("d.mp3", TONE);
    await shows("没有成功：已经有一模一样的录音");
    expect(await shelf().getByRole("alert").count()).toBe(1);
  });

  test("can be heard by a viewer, who changes and plays nothing", async () => {
    const by = { kind: "person", name: "admin" } as const;
    const content = (async function* () {
      yield TONE;
    })();
    await dependencies.clips.add(content, "村歌", by);
    await openPage(360, "guest");
    await button("在这台设备上听《村歌》").waitFor();
    expect(await shelf().getByRole("button").count()).toBe(1);
    expect(await shelf().locator("input[type=file]").count()).toBe(0);
  });
});

import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/time.ts";
import { ensureAdministrator } from "../../src/panel/administrator.ts";
import { createPanel, type Panel } from "../../src/panel/panel.ts";
import { hashPassword } from "../../src/panel/passwords.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, logInOn } from "../support/browser.ts";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { type Dependencies, raiseAlarm, sampleState } from "../support/sample-village.ts";
import { makeDependencies, PASSWORD } from "../unit/panel/panel-fixture.ts";
import { moving } from "../unit/rules/lesson-samples.ts";

const pictures = process.env["CUNSHAO_TEST_PICTURES"];
const DUCK = { x: 0.18, y: 0.84, width: 0.04, height: 0.05 };

describe.skipIf(!existsSync(CHROMIUM))(`误报 on the page (needs ${CHROMIUM})`, () => {
  const webFolder = mkdtempSync(join(tmpdir(), "page-"));
  let browser: Browser;
  let dependencies: Dependencies;
  let panel: Panel;
  let page: Page;
  let picture: Buffer;
  let complaints: string[];

  beforeAll(async () => {
    await build({ configFile: "vite.config.ts", logLevel: "error", build: { outDir: webFolder } });
    picture = takePicture(TEST_PICTURE);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    dependencies = makeDependencies(systemClock, { webFolder });
    const { accounts, random, village } = dependencies;
    await ensureAdministrator({ accounts, password: PASSWORD, random });
    await accounts.add({
      username: "guest",
      passwordHash: await hashPassword(PASSWORD, random),
      role: "viewer",
    });
    village.update(sampleState(dependencies));
    village.snapshotOf = async () => picture;
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
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !text.startsWith("Failed to load resource")) complaints.push(text);
    });
    await page.goto(panel.url() ?? "");
    await logInOn(page, PASSWORD, username);
  }

  const shows = (text: string): Promise<void> => page.getByText(text, { exact: false }).first().waitFor();
  const button = (name: string) => page.getByRole("button", { name, exact: true });

  async function keep(name: string): Promise<void> {
    if (!pictures) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  }

  test.each([360, 1280])(
    "is tapped, says what it teaches, counts, and is taken back, %i wide",
    async (width) => {
      const { lessons, ledger } = dependencies;
      await openPage(width);
      await raiseAlarm(dependencies, picture, true, {}, [DUCK]);
      await button("误报").click();
      await shows("从现在起不报警：东塘 塘埂画面左下角，很小的东西（像鸭子，或很远的人），一直待在原地的。");
      await shows("走开的、从别处走来的，照样报警");
      await keep(`lesson-asked-${width}`);
      await button("不是误报").click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      expect(lessons.list()).toEqual([]);

      await button("误报").click();
      await button("是误报").click();
      await shows("刚学会不报警：东塘 塘埂画面左下角");
      await shows("admin 标为误报");
      await shows("admin 已知道");
      await shows("还没有遇到过");
      lessons.sift(moving(0, [DUCK]));
      await shows("近 7 天有 1 次没有报警（今天 1 次）");
      const last = page.getByRole("img", { name: "最近一次没有报警时的画面" });
      await last.waitFor();
      await page.getByRole("button", { name: "放大", exact: true }).last().click();
      await page.locator(".lesson__picture--large").waitFor();
      await keep(`lesson-taught-${width}`);
      expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      const heights = await page
        .locator("main button:visible")
        .evaluateAll((buttons) => buttons.map((one) => one.getBoundingClientRect().height));
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(40);

      await page.getByRole("button", { name: "撤销 东塘 塘埂左下角" }).first().click();
      await button("误报").waitFor();
      await page.getByText("刚学会不报警").waitFor({ state: "detached" });
      expect(lessons.list()).toEqual([]);
      const types = (await ledger.read({ after: 0, limit: 1000 })).map(({ type }) => type);
      expect(types.filter((type) => /lesson\.(taught|ended)|alarm\.false/.test(type))).toEqual([
        "org.cunshao.lesson.taught",
        "org.cunshao.alarm.false",
        "org.cunshao.lesson.ended",
        "org.cunshao.alarm.false_withdrawn",
      ]);
      expect(complaints).toEqual([]);
    },
  );

  test("says plainly when nothing can be learnt, marks it all the same, and takes that back on the card", async () => {
    await openPage(360);
    await raiseAlarm(dependencies, picture);
    await button("误报").click();
    await shows("只记为误报，以后照样报警：没有记下它在画面里的位置");
    await button("是误报").click();
    await shows("admin 标为误报");
    await page.locator(".false--marked").getByRole("button", { name: "撤销" }).click();
    await button("误报").waitFor();
    expect(complaints).toEqual([]);
  });

  test("is nothing that a viewer can tap or take back, and everything that a viewer can see", async () => {
    await openPage(1280, "guest");
    await raiseAlarm(dependencies, picture, true, {}, [DUCK]);
    await page.locator("article.alarm").waitFor();
    expect(await button("误报").count()).toBe(0);
    await dependencies.lessons.mark("alarm-1", { kind: "person", name: "王干部" });
    await shows("王干部 标为误报");
    await shows("误报后不再理会的");
    expect(await page.getByRole("button", { name: /撤销/ }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

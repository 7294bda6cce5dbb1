import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/time.ts";
import { ensureAdministrator } from "../../src/panel/administrator.ts";
import { createPanel, type Panel } from "../../src/panel/panel.ts";
import { hashPassword } from "../../src/panel/passwords.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS } from "../support/browser.ts";
import { type Dependencies, raiseAlarm, sampleState } from "../support/sample-village.ts";
import { makeDependencies, PASSWORD } from "../unit/panel/panel-fixture.ts";

const pictures = process.env["CUNSHAO_TEST_PICTURES"];

describe.skipIf(!existsSync(CHROMIUM))(`accounts on the page (needs ${CHROMIUM})`, () => {
  const webFolder = mkdtempSync(join(tmpdir(), "page-"));
  let browser: Browser;
  let dependencies: Dependencies;
  let panel: Panel;
  let complaints: string[];
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    await build({ configFile: "vite.config.ts", logLevel: "error", build: { outDir: webFolder } });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    complaints = [];
    dependencies = makeDependencies(systemClock, {
      webFolder,
      tls: { kind: "auto" },
      tlsFolder: mkdtempSync(join(tmpdir(), "tls-")),
    });
    const { accounts, random, village } = dependencies;
    await ensureAdministrator({ accounts, password: PASSWORD, random });
    const passwordHash = await hashPassword(PASSWORD, random);
    await accounts.add({ username: "guest", passwordHash, role: "viewer" });
    village.update(sampleState(dependencies));
    panel = createPanel(dependencies);
    await panel.start();
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    await panel.stop();
  });

  /** By TLS, as people come. */
  async function openAs(username: string, password = PASSWORD, viewport = { width: 1366, height: 900 }) {
    const context = await browser.newContext({ viewport, locale: "zh-CN", ignoreHTTPSErrors: true });
    contexts.push(context);
    const page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      const text = message.text();
      // The browser's own lines for refusals: a picture that tries again between two cookies is refused once.
      const isRefusal = /^Failed to load resource|HTTP Authentication failed/.test(text);
      if (message.type() === "error" && !isRefusal) complaints.push(text);
    });
    await page.goto((panel.url() ?? "").replace("http:", "https:"));
    await page.locator("input[name=username]").fill(username);
    await page.locator("input[name=password]").fill(password);
    await page.locator("button.login__submit").click();
    return page;
  }

  async function openAccess(page: Page): Promise<void> {
    await page.getByTitle("当前用户").click();
    await page.getByRole("heading", { name: "我的账号" }).waitFor();
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (!pictures) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`) });
  }

  test("are made, given a role, shut and deleted", async () => {
    const page = await openAs("admin");
    await openAccess(page);
    await picture(page, "access");
    await page.locator("input[name=new-username]").fill("王小明");
    await page.locator("input[name=initial-password]").fill("short");
    await page.getByRole("button", { name: "建账号" }).click();
    await page.getByText("密码太短，至少 10 个字").waitFor();
    await page.locator("input[name=initial-password]").fill("塘边有三棵大柳树呀呀");
    await page.getByRole("button", { name: "建账号" }).click();
    const card = page.locator("details.account", { hasText: "王小明" });
    await card.getByText("值班员").first().waitFor();
    await card.locator("summary").click();
    await card.locator("select[name=role]").selectOption("technician");
    await card.locator("summary").getByText("安装人员").waitFor();
    await card.getByRole("button", { name: "停用" }).click();
    await card.locator("summary").getByText("已停用").waitFor();
    await picture(page, "access-account");
    await card.getByRole("button", { name: "删除账号" }).click();
    await card.getByRole("button", { name: "再点一次" }).click();
    await card.waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  test("tell the last administrator's role from what was wished for", async () => {
    const page = await openAs("admin");
    await openAccess(page);
    const card = page.locator("details.account", { hasText: "admin" });
    await card.locator("summary").click();
    await card.locator("select[name=role]").selectOption("viewer");
    await page.getByText("至少要留一个能登录的管理员").waitFor();
    expect(await card.locator("select[name=role]").inputValue()).toBe("administrator");
  });

  test("make a token that is shown once, and take it back", async () => {
    const page = await openAs("admin");
    await openAccess(page);
    await page.locator("input[name=token-name]").fill("township");
    await page.locator("input[name=token-days]").fill("30");
    await page.getByRole("button", { name: "做一个口令" }).click();
    const token = await page.locator(".made code").textContent();
    expect(token).toMatch(/^cunshao_[\w-]{43}$/);
    await page.locator(".made").scrollIntoViewIfNeeded();
    await picture(page, "access-token");
    await page.getByRole("button", { name: "收回" }).click();
    await page.getByText("还没有口令").waitFor();
    expect(complaints).toEqual([]);
  });

  test("change one's own password and go on", async () => {
    const page = await openAs("guest");
    await openAccess(page);
    await page.locator("input[name=old-password]").fill("wrong");
    await page.locator("input[name=new-password]").fill("塘边有三棵大柳树呀呀");
    await page.getByRole("button", { name: "改密码" }).click();
    await page.getByText("旧密码不对").waitFor();
    await page.locator("input[name=old-password]").fill(PASSWORD);
    await page.getByRole("button", { name: "改密码" }).click();
    await page.getByText("密码改好了").waitFor();
    await page.getByRole("button", { name: "关闭" }).click();
    await page.locator("#cameras").waitFor();
    expect(await page.locator("button.login__submit").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("offer a viewer nothing that a viewer may not do", async () => {
    const page = await openAs("guest");
    await raiseAlarm(dependencies, undefined);
    await page.locator("article.alarm").waitFor();
    for (const name of ["知道了", "解除", "喊话"]) {
      expect(await page.getByRole("button", { name }).count()).toBe(0);
    }
    await openAccess(page);
    expect(await page.getByRole("heading", { name: "所有账号" }).count()).toBe(0);
    await picture(page, "access-viewer");
    expect(complaints).toEqual([]);
  });

  test("fit a phone of 360 pixels, and so does the page that explains the certificate", async () => {
    const page = await openAs("admin", PASSWORD, { width: 360, height: 740 });
    await openAccess(page);
    await picture(page, "access-phone");
    const overflow = `Math.max(document.documentElement.scrollWidth, document.querySelector("dialog")?.scrollWidth ?? 0)`;
    expect(await page.evaluate(overflow)).toBeLessThanOrEqual(360);
    await page.goto(`${panel.url()}/trust`);
    await page.getByRole("heading", { name: "安卓手机" }).waitFor();
    await picture(page, "trust-phone");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    expect(complaints).toEqual([]);
  });
});

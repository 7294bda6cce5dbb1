import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, logInOn } from "./browser.ts";
import type { DeskOfOne } from "./desk-of-one.ts";
import { listenTo, type Visit } from "./page-rig.ts";

export interface OpenDesk {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page's own code complained of. */
  readonly complaints: readonly string[];
}

/**
 * The page of a desk in one browser, for the tests of one `describe`; it adds the hooks.
 * @param more of what the browser is started with. @returns who logs in there.
 */
export function setUpDeskPages(
  more: () => readonly string[] = () => [],
): (desk: Pick<DeskOfOne, "url">, visit: Visit) => Promise<OpenDesk> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGUMENTS, ...more()] });
  });
  afterAll(() => browser?.close());

  return async ({ url }, visit) => {
    const { before = "", ...setting } =
      typeof visit === "number" ? { viewport: { width: visit, height: 800 } } : visit;
    const context = await browser.newContext({ locale: "zh-CN", ...setting });
    onTestFinished(() => context.close());
    await context.addInitScript(before);
    const page = await context.newPage();
    const complaints: string[] = [];
    listenTo(page, complaints);
    await page.goto(url);
    await logInOn(page, PASSWORD, "admin", ".desk__main");
    return { page, context, complaints };
  };
}

/** Another page of the same browser, of who is logged in already. */
export async function openBeside(context: BrowserContext, url: string, ready: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.locator(ready).first().waitFor();
  return page;
}

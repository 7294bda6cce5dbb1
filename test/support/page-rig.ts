import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "vitest";
import { systemClock } from "../../src/core/time.ts";
import { ensureAdministrator } from "../../src/panel/administrator.ts";
import { createPanel, type Panel } from "../../src/panel/panel.ts";
import { hashPassword } from "../../src/panel/passwords.ts";
import { makeDependencies, PASSWORD, type SiteOfPanel } from "../unit/panel/panel-fixture.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, logInOn } from "./browser.ts";
import { type Dependencies, sampleState } from "./sample-village.ts";

/** Pictures of what the page shows go here, when somebody wants to look at them. */
const PICTURES = process.env["CUNSHAO_TEST_PICTURES"];

/** Tests that need a browser; skipped, with the reason, where there is none. */
export function describePages(title: string, tests: () => void): void {
  const isThere = existsSync(CHROMIUM);
  describe.skipIf(!isThere)(isThere ? title : `${title} (needs ${CHROMIUM})`, tests);
}

/** The widths at which a page has to fit: the narrowest phone, and the PC of a village office. */
export const WIDTHS = [360, 1366] as const;

export interface PageSetting {
  /** Of the village, beyond the sample one. */
  readonly site?: SiteOfPanel;
  /** Before the panel starts, at each test. */
  readonly prepare?: (dependencies: Dependencies) => Promise<void> | void;
  /** More of what the browser is started with. @param folder of this file's own. */
  readonly browserArguments?: (folder: string) => readonly string[];
}

export interface PageRig {
  /** Everything behind the panel, in memory, new at each test. */
  readonly dependencies: Dependencies;
  readonly page: Page;
  /** What the page's own code complained of. */
  readonly complaints: readonly string[];
  /** Logs in on a new page; `admin` and, as a viewer, `guest` have accounts. */
  openPage(options: number | BrowserContextOptions, username?: string): Promise<void>;
  /** Waits until this text is there. */
  shows(text: string): Promise<void>;
  /** By its whole name. */
  button(name: string, within?: Locator): Locator;
  /** Takes a picture, where somebody wants any. */
  keep(name: string): Promise<void>;
  /** Nothing is cut off at the side, and a finger hits every button within. */
  fitsThePage(within?: Locator): Promise<void>;
}

/** The built page of a village in memory, for the tests of one `describe`; it adds the hooks. */
export function setUpPages({ site, prepare, browserArguments }: PageSetting = {}): PageRig {
  let folder = "";
  let browser: Browser;
  let dependencies: Dependencies;
  let panel: Panel;
  let page: Page | undefined;
  let complaints: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "page-"));
    await build({ configFile: "vite.config.ts", logLevel: "error", build: { outDir: folder } });
    const more = browserArguments?.(folder) ?? [];
    browser = await chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGUMENTS, ...more] });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    complaints = [];
    dependencies = makeDependencies(systemClock, { webFolder: folder }, site);
    const { accounts, random, village } = dependencies;
    await ensureAdministrator({ accounts, password: PASSWORD, random });
    const passwordHash = await hashPassword(PASSWORD, random);
    await accounts.add({ username: "guest", passwordHash, role: "viewer" });
    village.update(sampleState(dependencies));
    await prepare?.(dependencies);
    panel = createPanel(dependencies);
    await panel.start();
  });
  afterEach(async () => {
    await page?.context().close();
    page = undefined;
    await panel.stop();
  });

  function opened(): Page {
    if (page) return page;
    throw new Error("no page is open");
  }

  return {
    get dependencies() {
      return dependencies;
    },
    get page() {
      return opened();
    },
    get complaints() {
      return complaints;
    },
    async openPage(options, username = "admin") {
      const size = typeof options === "number" ? { viewport: { width: options, height: 800 } } : options;
      const context = await browser.newContext({ ...size, locale: "zh-CN" });
      page = await context.newPage();
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        const text = message.text();
        if (message.type() === "error" && !text.startsWith("Failed to load resource")) complaints.push(text);
      });
      await page.goto(panel.url() ?? "");
      await logInOn(page, PASSWORD, username);
    },
    shows: (text) => opened().getByText(text, { exact: false }).first().waitFor(),
    button: (name, within) => (within ?? opened()).getByRole("button", { name, exact: true }),
    async keep(name) {
      if (!PICTURES) return;
      mkdirSync(PICTURES, { recursive: true });
      await opened().screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
    },
    async fitsThePage(within) {
      const isWithin = "document.documentElement.scrollWidth <= innerWidth";
      expect(await opened().evaluate<boolean>(isWithin)).toBe(true);
      const heights = await (within ?? opened().locator("main"))
        .locator("button:visible, label.button:visible")
        .evaluateAll((buttons) => buttons.map((one) => one.getBoundingClientRect().height));
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(40);
    },
  };
}

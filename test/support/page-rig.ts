import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "vitest";
import { systemClock } from "../../src/core/time.ts";
import type { PanelConfig } from "../../src/panel/context.ts";
import type { Panel } from "../../src/panel/front.ts";
import { createPanel } from "../../src/panel/panel.ts";
import {
  ADMIN,
  makeDependencies,
  PASSWORD,
  PASSWORD_HASH,
  type SiteOfPanel,
} from "../unit/panel/panel-fixture.ts";
import { axeFindings } from "./axe-findings.ts";
import {
  CHROMIUM,
  CHROMIUM_ARGUMENTS,
  goTo,
  keepPicture,
  logInOn,
  openFirstAlarm,
  type Place,
  putAlarmOff,
} from "./browser.ts";
import { BUILT_PAGE } from "./project.ts";
import { freePort } from "./rtsp-cameras.ts";
import { type Dependencies, sampleState } from "./sample-village.ts";
import { until } from "./until.ts";

/** Tests of the page: they need a browser, and ffmpeg for its pictures; skipped, with the reason, where one is missing. */
export function describePages(title: string, tests: () => void): void {
  const missing = [CHROMIUM, "ffmpeg"].filter((command) => spawnSync("which", [command]).status !== 0);
  describe.skipIf(missing.length > 0)(`${title}${missing.map((what) => ` (needs ${what})`)}`, tests);
}

/** The widths at which a page has to fit: the narrowest phone, and the PC of a village office. */
export const WIDTHS = [360, 1366] as const;

export interface PageSetting {
  /** Where to go after the log-in, if not home. */
  readonly place?: Place;
  /** Of the village, beyond the sample one. */
  readonly site?: SiteOfPanel;
  /** Of the panel, beyond the usual one; asked at each test. */
  readonly config?: (folder: string) => Partial<PanelConfig>;
  /** Before the panel starts, at each test. */
  readonly prepare?: (dependencies: Dependencies) => Promise<void> | void;
  /** More of what the browser is started with. @param folder of this file's own, as above. */
  readonly browserArguments?: (folder: string) => readonly string[];
}

/** A width, or what the browser is like, and a script that runs before the page's own. */
export type Visit = number | (BrowserContextOptions & { readonly before?: string });

export interface PageRig {
  /** Everything behind the panel, in memory, new at each test. */
  readonly dependencies: Dependencies;
  readonly page: Page;
  /** Of the panel, as the page is opened. */
  readonly url: string;
  /** What the page's own code complained of. */
  readonly complaints: readonly string[];
  /** A new page, where nobody has logged in. */
  visit(options: Visit): Promise<void>;
  /** Logs in on a new page; `admin` and, as a viewer, `guest` have accounts. */
  openPage(options: Visit, username?: string): Promise<void>;
  goTo(place: Place): Promise<void>;
  putAlarmOff(): Promise<void>;
  openFirstAlarm(): Promise<void>;
  /** The panel goes, and comes back where it was. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** Waits until this text is there. */
  shows(text: string): Promise<void>;
  /** By its whole name. */
  button(name: string, within?: Locator): Locator;
  /** Takes a picture, where somebody wants any. */
  keep(name: string): Promise<void>;
  /** Nothing is cut off at the side, a finger hits every button within, and axe finds nothing against WCAG 2.2 AA. */
  fitsThePage(within?: Locator): Promise<void>;
}

/** The built page of a village in memory, for the tests of one `describe`; it adds the hooks. */
export function setUpPages({ place, site, config, prepare, browserArguments }: PageSetting = {}): PageRig {
  let folder = "";
  let browser: Browser;
  let dependencies: Dependencies;
  let panel: Panel;
  let url = "";
  let page: Page | undefined;
  let complaints: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "page-"));
    const more = browserArguments?.(folder) ?? [];
    browser = await chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGUMENTS, ...more] });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    complaints = [];
    dependencies = makeDependencies(systemClock, { webFolder: BUILT_PAGE, ...config?.(folder) }, site);
    const { accounts, village } = dependencies;
    await accounts.save(ADMIN);
    await accounts.add({ username: "guest", passwordHash: PASSWORD_HASH, role: "viewer" });
    village.update(sampleState(dependencies));
    await prepare?.(dependencies);
    await startPanel(await freePort());
  });
  afterEach(async () => {
    await page?.context().close();
    page = undefined;
    await panel.stop();
  });

  async function startPanel(port: number): Promise<void> {
    panel = createPanel({ ...dependencies, config: { ...dependencies.config, port } });
    await panel.start();
    const address = panel.url() ?? "";
    // The browser stands on the box itself, which may come either way: as people come.
    url = dependencies.config.tls ? address.replace("http:", "https:") : address;
  }

  function opened(): Page {
    if (page) return page;
    throw new Error("no page is open");
  }

  async function visit(options: Visit): Promise<Page> {
    const { before, ...setting } =
      typeof options === "number" ? { viewport: { width: options, height: 800 } } : options;
    const context = await browser.newContext({ locale: "zh-CN", ...setting });
    if (before) await context.addInitScript(before);
    const opening = await context.newPage();
    page = opening;
    listenTo(opening, complaints);
    await opening.goto(url);
    return opening;
  }

  return {
    get dependencies() {
      return dependencies;
    },
    get page() {
      return opened();
    },
    get url() {
      return url;
    },
    get complaints() {
      return complaints;
    },
    async visit(options) {
      await visit(options);
    },
    async openPage(options, username = "admin") {
      const opening = await visit(options);
      await logInOn(opening, PASSWORD, username);
      if (place) await goTo(opening, place);
    },
    goTo: (to) => goTo(opened(), to),
    putAlarmOff: () => putAlarmOff(opened()),
    openFirstAlarm: () => openFirstAlarm(opened()),
    goAway: () => panel.stop(),
    comeBack: () => startPanel(Number(new URL(url).port)),
    shows: (text) => opened().getByText(text, { exact: false }).first().waitFor(),
    button: (name, within) => (within ?? opened()).getByRole("button", { name, exact: true }),
    keep: (name) => keepPicture(opened(), name),
    fitsThePage: (within) => fits(opened(), within),
  };
}

/**
 * What the browser writes by itself of what it could not load, as where the line, the panel or the log-in has ended. A page asks at any time:
 * a picture that ended begins anew before the page knows. And a browser that does not believe the certificate keeps no page.
 */
const COULD_NOT_LOAD = [
  /^Failed to load resource/,
  /^WebSocket connection to .* failed: (HTTP Authentication failed|Error .*: net::ERR_|Connection closed before)/,
  /error occurred when fetching the script/,
];

/** Gathers what a page's own code complains of. */
export function listenTo(page: Page, complaints: string[]): void {
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const text = message.text();
    const isOwn = COULD_NOT_LOAD.some((line) => line.test(text));
    if (message.type() === "error" && !isOwn) complaints.push(text);
  });
}

/** Nothing is cut off at the side, a finger hits every button within, and axe finds nothing against WCAG 2.2 AA. */
export async function fits(page: Page, within: Locator = page.locator("main")): Promise<void> {
  const isWithin = "document.documentElement.scrollWidth <= innerWidth";
  expect(await page.evaluate<boolean>(isWithin)).toBe(true);
  const buttons = within.locator("button:visible, label.button:visible");
  // A button that is drawn anew between being found and being measured has no height.
  await until(
    async () => {
      const heights = await buttons.evaluateAll((all) =>
        all.map((one) => one.getBoundingClientRect().height),
      );
      return Math.min(...heights) >= 40;
    },
    { what: "buttons that are all high enough for a finger" },
  );
  expect(await axeFindings(page)).toEqual([]);
}

// npm run bench -- pages --json: what the page costs whoever opens it (bytes, time until it can be used on a slow machine), how
// soon an alarm is on it, and what thirty open pages cost the box in ten minutes (CUNSHAO_BENCH_PAGES, CUNSHAO_BENCH_MINUTES):
// its memory, and from a press to the sound. Where people have thirty machines, here is one: all pages but the one that is
// watched get only what time the others leave. That one draws on the processors of the box; so the sound is measured without
// a page, with that one, with all, and with all but that one.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { slopePerHour } from "../soak/slope.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, logInOn } from "../support/browser.ts";
import { type GatewayRig, PASSWORD, startRig, untilArmed } from "../support/gateway-rig.ts";
import { alarmToSound, BUTTON, BUTTON_HORN } from "./button-village.ts";
import { MissingPart } from "./missing-part.ts";
import { percentiles } from "./percentiles.ts";
import { pssMiB } from "./process-tree.ts";

const PAGES = Number(process.env["CUNSHAO_BENCH_PAGES"] ?? 30);
const MINUTES = Number(process.env["CUNSHAO_BENCH_MINUTES"] ?? 10);
/** Of a ten-year-old PC, by the browser's own throttle. */
const SLOWER = 4;
const LOADS = 10;
const ALARMS = 20;
const WARM_UP = 3;
/** Alarms while the pages are open come so far apart. */
const ALARM_EVERY_MS = 10_000;
const PHONE = { width: 360, height: 800 };

export async function measurePages(): Promise<object> {
  if (!existsSync(CHROMIUM)) throw new MissingPart("bench pages: needs chromium (Debian package chromium)");
  const rig = await startRig({ cameras: [], ...BUTTON_HORN, more: BUTTON });
  const folder = mkdtempSync(join(tmpdir(), "cunshao-bench-pages-"));
  const last = join(folder, "chromium-last");
  // SCHED_IDLE: what is ready to run at any other priority does not wait for it.
  writeFileSync(last, `#!/bin/sh\nexec chrt --idle 0 ${CHROMIUM} "$@"\n`, { mode: 0o755 });
  const [browser, crowd] = await Promise.all(
    [CHROMIUM, last].map((executablePath) =>
      chromium.launch({ executablePath, args: [...CHROMIUM_ARGUMENTS] }),
    ),
  );
  if (!browser || !crowd) throw new Error("no browser");
  try {
    rig.startGateway();
    await untilArmed(rig);
    const alarmed = createButton(rig);
    for (let index = 0; index < WARM_UP; index += 1) await alarmed();
    const before: number[] = [];
    for (let index = 0; index < ALARMS; index += 1) before.push(await alarmed());
    say(`without a page: ${JSON.stringify(percentiles(before))}`);
    const firstLoad = await measureFirstLoad(browser, rig.url);
    const interactive = await measureInteractive(browser, rig.url);
    const watched = await openWatched(browser, rig.url);
    const alone = await watchAlarms(watched, rig, alarmed, { alarms: ALARMS });
    say(`on one page: ${JSON.stringify(percentiles(alone.toPageMs))}`);
    await openCrowd(crowd, watched, rig.url);
    say(`${PAGES} pages are open`);
    const open = await watchAlarms(watched, rig, alarmed, { minutes: MINUTES });
    await watched.context.close();
    const crowded: number[] = [];
    for (let index = 0; index < ALARMS; index += 1) crowded.push(await alarmed());
    const toSound = {
      without: percentiles(before),
      withOne: percentiles(alone.toSoundMs),
      withAll: percentiles(open.toSoundMs),
      withAllButTheWatched: percentiles(crowded),
    };
    const ratio = ({ p50, p95 }: typeof toSound.without, to: typeof toSound.without) => ({
      p50: round(p50 / to.p50, 3),
      p95: round(p95 / to.p95, 3),
    });
    return {
      firstLoad,
      interactiveMs: { slowedDownBy: SLOWER, ...interactive },
      alarmToPageMs: { alone: percentiles(alone.toPageMs), among: percentiles(open.toPageMs) },
      alarmToSoundMs: toSound,
      ratio: {
        allToOne: ratio(toSound.withAll, toSound.withOne),
        allButTheWatchedToNone: ratio(toSound.withAllButTheWatched, toSound.without),
      },
      ...{ pages: PAGES, minutes: MINUTES, alarms: open.toSoundMs.length },
      gatewayMiB: open.gatewayMiB,
      pageHeapMiB: open.pageHeapMiB,
    };
  } finally {
    await Promise.all([browser.close(), crowd.close()]);
    await rig.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes as they came over the line, until the page is home. */
async function measureFirstLoad(browser: Browser, url: string): Promise<object> {
  const context = await browser.newContext({ locale: "zh-CN", viewport: PHONE });
  try {
    const page = await context.newPage();
    const network = await context.newCDPSession(page);
    await network.send("Network.enable");
    const types = new Map<string, string>();
    const bytes = new Map<string, number>();
    network.on("Network.responseReceived", ({ requestId, type }) => types.set(requestId, type));
    network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      const type = types.get(requestId) ?? "Other";
      bytes.set(type, (bytes.get(type) ?? 0) + encodedDataLength);
    });
    await page.goto(url);
    await logInOn(page, PASSWORD);
    await page.waitForLoadState("load");
    const kB = (type: string): number => round((bytes.get(type) ?? 0) / 1000, 1);
    return { scriptKB: kB("Script"), styleKB: kB("Stylesheet"), documentKB: kB("Document") };
  } finally {
    await context.close();
  }
}

/** From the start of loading until the last long task is over: what a tap does is then done at once. */
async function measureInteractive(browser: Browser, url: string): Promise<object> {
  const context = await browser.newContext({ locale: "zh-CN", viewport: PHONE });
  try {
    const page = await context.newPage();
    const speed = await context.newCDPSession(page);
    await page.goto(url);
    await speed.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    const logIn = await loads(page, "input[name=password]");
    await speed.send("Emulation.setCPUThrottlingRate", { rate: 1 });
    await logInOn(page, PASSWORD);
    await speed.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    const home = await loads(page, "nav.places");
    return { logIn: percentiles(logIn), home: percentiles(home) };
  } finally {
    await context.close();
  }
}

/** A task above 50 ms is one in which a tap waits (W3C Long Tasks). After so long without any the page is at rest. */
const AT_REST_MS = 1000;

async function loads(page: Page, ready: string): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < LOADS; index += 1) {
    await page.reload({ waitUntil: "commit" });
    await page.locator(ready).first().waitFor();
    taken.push(
      await page.evaluate<number>(`new Promise((resolve) => {
        const shown = performance.now();
        let last = shown;
        const watch = new PerformanceObserver((list) => {
          for (const { startTime, duration } of list.getEntries()) last = Math.max(last, startTime + duration);
        });
        watch.observe({ type: "longtask", buffered: true });
        const look = () => performance.now() - last > ${AT_REST_MS} ? resolve(last) : setTimeout(look, 50);
        look();
      })`),
    );
  }
  return taken;
}

interface Watched {
  readonly context: BrowserContext;
  readonly page: Page;
}

interface Seen {
  readonly toSoundMs: readonly number[];
  readonly toPageMs: readonly number[];
  readonly gatewayMiB: object;
  readonly pageHeapMiB: object;
}

/** Presses the button again and again, and sees when the alarm is on the page. */
async function watchAlarms(
  { context, page }: Watched,
  rig: GatewayRig,
  alarmed: Button,
  { alarms = Infinity, minutes = Infinity }: { alarms?: number; minutes?: number },
): Promise<Seen> {
  const toSoundMs: number[] = [];
  const toPageMs: number[] = [];
  const memory: { atSeconds: number; value: number }[] = [];
  const heap: { atSeconds: number; value: number }[] = [];
  const beganMs = performance.now();
  const endMs = beganMs + minutes * 60_000;
  while (performance.now() < endMs && toSoundMs.length < alarms) {
    const roundMs = performance.now();
    await page.locator(".takeover").waitFor({ state: "detached" });
    toSoundMs.push(
      await alarmed(async (pressedAtMs) => {
        // The clock of one machine, in the browser as here.
        const shownAtMs = await page.evaluate<number>(`new Promise((resolve) => {
          const look = () => document.querySelector(".takeover") ? resolve(Date.now()) : requestAnimationFrame(look);
          look();
        })`);
        toPageMs.push(shownAtMs - pressedAtMs);
        await page.locator(".takeover__head button").last().click();
      }),
    );
    const atSeconds = (performance.now() - beganMs) / 1000;
    memory.push({ atSeconds, value: pssMiB(rig.pid ?? 0) });
    heap.push({ atSeconds, value: await heapMiB(context, page) });
    if (minutes === Infinity) continue;
    await new Promise((resolve) => setTimeout(resolve, ALARM_EVERY_MS - (performance.now() - roundMs)));
  }
  return { toSoundMs, toPageMs, gatewayMiB: growth(memory), pageHeapMiB: growth(heap) };
}

async function openWatched(browser: Browser, url: string): Promise<Watched> {
  const context = await browser.newContext({ locale: "zh-CN", viewport: PHONE });
  const page = await context.newPage();
  await page.goto(url);
  await logInOn(page, PASSWORD);
  return { context, page };
}

/** In the log-in of the first, as the tabs of one browser; each is drawn as if it were in front. */
async function openCrowd(crowd: Browser, { context }: Watched, url: string): Promise<void> {
  const storageState = await context.storageState();
  for (let index = 1; index < PAGES; index += 1) {
    const one = await crowd.newContext({ locale: "zh-CN", viewport: PHONE, storageState });
    const page = await one.newPage();
    await page.goto(url);
    await page.locator("nav.places").waitFor();
  }
}

async function heapMiB(context: BrowserContext, page: Page): Promise<number> {
  const session = await context.newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize / 2 ** 20;
}

function growth(samples: readonly { atSeconds: number; value: number }[]): object {
  const [first, last] = [samples[0], samples.at(-1)];
  return {
    first: round(first?.value ?? Number.NaN, 1),
    last: round(last?.value ?? Number.NaN, 1),
    // What was new in the first third is no growth.
    perHour: round(slopePerHour(samples.slice(Math.floor(samples.length / 3))), 1),
  };
}

type Button = (seen?: (pressedAtMs: number) => Promise<unknown>) => Promise<number>;

function createButton(rig: GatewayRig): Button {
  let last: string | undefined;
  return async (seen) => {
    const { tookMs, alarm } = await alarmToSound(rig, last, seen);
    last = alarm;
    return tookMs;
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

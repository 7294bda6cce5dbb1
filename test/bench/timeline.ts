// npm run bench -- timeline --json: how soon thirty days of one camera stand on its bar of time, in a browser, where something moved a
// million times; beside it how long SQLite takes to read those rows at all.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import {
  ledgerPath,
  openBuffer,
  recordingsFolder,
  type Buffer as VillageBuffer,
} from "../../src/buffer/buffer.ts";
import { openDatabase } from "../../src/buffer/database.ts";
import { silentLogger } from "../../src/core/log.ts";
import { addCell, cellAt, noCells } from "../../src/core/movement-cells.ts";
import { systemClock } from "../../src/core/time.ts";
import { createPanel } from "../../src/panel/panel.ts";
import { createPlaybackDesk } from "../../src/video/playback-desk.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, goTo, logInOn } from "../support/browser.ts";
import { createFootageDouble } from "../support/footage-double.ts";
import { BUILT_PAGE } from "../support/project.ts";
import { ADMIN, makeDependencies, PASSWORD } from "../unit/panel/panel-fixture.ts";
import { MissingPart } from "./missing-part.ts";
import { percentiles } from "./percentiles.ts";

/** Of one camera, five times as many as it keeps. */
const SPANS = Number(process.env["CUNSHAO_BENCH_SPANS"] ?? 1_000_000);
const CAMERA = "pond-east";
const DAYS = 30;
const DAY_MS = 86_400_000;
const SEGMENT_MS = 300_000;
const ROUNDS = 20;
const BATCH = 10_000;

export async function measureTimeline(): Promise<object> {
  if (!existsSync(CHROMIUM))
    throw new MissingPart("bench timeline: needs chromium (Debian package chromium)");
  const dataFolder = await mkdtemp(join(tmpdir(), "cunshao-timeline-"));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  try {
    const buffer = await openBuffer({
      dataFolder,
      siteId: "bench",
      bootId: "bench",
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
      clockQuality: () => "unsynced",
    });
    await fill(buffer, dataFolder);
    const opened = await openInBrowser(browser, buffer);
    await buffer.close();
    const floor = await readRows(dataFolder);
    return {
      spans: SPANS,
      days: DAYS,
      ...opened,
      floor: { name: "SQLite reading the rows, unsorted", ...floor },
      ratio: Math.round((opened.openMs.p50 / Math.max(1, floor.p50)) * 100) / 100,
    };
  } finally {
    await browser.close();
    await rm(dataFolder, { recursive: true, force: true });
    process.stderr.write("\n");
  }
}

async function fill(buffer: VillageBuffer, dataFolder: string): Promise<void> {
  const startMs = Date.now() - DAYS * DAY_MS;
  const cells = noCells();
  addCell(cells, cellAt([0.5, 0.5]));
  for (let i = 0; i < SPANS; i++) {
    const fromMs = startMs + Math.floor((i * DAYS * DAY_MS) / SPANS);
    buffer.movement.add({
      ...{ camera: CAMERA, fromMs, toMs: fromMs + Math.floor(Math.random() * 2_000) },
      ...{ clock: "synced", zones: [], cells },
    });
    if (i % BATCH === BATCH - 1) {
      await buffer.movement.flush();
      process.stderr.write(`\r${i + 1} spans `);
    }
  }
  await buffer.movement.flush();
  const files = Array.from({ length: (DAYS * DAY_MS) / SEGMENT_MS }, (_, index) => ({
    camera: CAMERA,
    startMs: startMs + index * SEGMENT_MS,
    endMs: startMs + (index + 1) * SEGMENT_MS,
    clock: "synced" as const,
    sizeBytes: 1,
    path: join(recordingsFolder(dataFolder), `${index}.mp4`),
    mediaType: "video/mp4",
    isLocked: false,
  }));
  await buffer.recordings.adopt(files);
}

async function openInBrowser(browser: Browser, buffer: VillageBuffer) {
  const made = makeDependencies(systemClock, { webFolder: BUILT_PAGE });
  await made.accounts.save(ADMIN);
  const desk = { cameras: [CAMERA], clock: systemClock, log: silentLogger };
  const footage = {
    ...createFootageDouble(),
    replay: createPlaybackDesk({ ...desk, segments: buffer.recordings }),
  };
  const panel = createPanel({ ...made, movement: buffer.movement, footage });
  await panel.start();
  try {
    const page = await browser.newPage({ viewport: { width: 1366, height: 768 }, locale: "zh-CN" });
    await page.goto(panel.url() ?? "");
    await logInOn(page, PASSWORD);
    await goTo(page, "playback");
    await page.locator(".finding li button").first().click();
    // Looked for again and again: a reason given once counts for the sitting.
    await page.locator(".reason__button").first().click();
    await page.locator(".reason .button--main").click();
    const openMs: number[] = [];
    const answerMs: number[] = [];
    let answerKB = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await page.locator(".playback__choices button:enabled").last().waitFor();
      const answer = page.waitForResponse(/timeline/);
      openMs.push(await pressAndDraw(page));
      const { request, body } = await answer.then(async (one) => ({
        request: one.request().timing(),
        body: await one.body(),
      }));
      answerMs.push(request.responseEnd);
      answerKB = Math.round(body.byteLength / 100) / 10;
    }
    return { openMs: percentiles(openMs), answerMs: percentiles(answerMs), answerKB };
  } finally {
    await panel.stop();
  }
}

/** From the press on 30 days until its movement is drawn. */
function pressAndDraw(page: Page): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    const buttons = [...document.querySelectorAll(".playback__choices button")];
    const drawn = () => document.querySelector(".bar__marked");
    const began = performance.now();
    buttons[buttons.length - 1].click();
    let isCleared = false;
    const look = () => {
      isCleared ||= !drawn();
      if (isCleared && drawn()) requestAnimationFrame(() => resolve(performance.now() - began));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  })`);
}

async function readRows(dataFolder: string) {
  const database = await openDatabase(ledgerPath(dataFolder));
  const tookMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begunMs = performance.now();
    await database.all("SELECT sum(duration_ms), max(start_ms) FROM movement WHERE camera = 1");
    tookMs.push(performance.now() - begunMs);
  }
  await database.close();
  return percentiles(tookMs);
}

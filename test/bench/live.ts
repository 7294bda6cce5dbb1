import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import WebSocket from "ws";
import { createRtspServer } from "../../hw/virtual/rtsp/server.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, goTo, logInOn } from "../support/browser.ts";
import { BUILT_GATEWAY, type GatewayRig, PASSWORD, startRig, untilArmed } from "../support/gateway-rig.ts";
import { PROJECT } from "../support/project.ts";
import { footage, freePort } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";
import { createClockCamera, readerScript, type Seen } from "./live-clock.ts";
import { MissingPart } from "./missing-part.ts";
import { type Percentiles, percentiles } from "./percentiles.ts";
import { type CpuReading, cpuPercent, findProcess, readCpu, readMainThreadCpu } from "./process-cpu.ts";

// First picture and glass-to-glass latency in Chromium, and what viewers cost, beside node-rtsp-stream on its own.

const CLIP = "one-by-one-person.mp4";
/** Somebody walks through the picture. */
const CLIP_FROM_S = 24;
const OPENINGS = 15;
const LATENCY_MS = 20_000;
const CPU_MS = 12_000;
const ROUNDS = 5;
const VIEWERS = 16;
const JSMPEG = join(PROJECT, "node_modules/@cycjimmy/jsmpeg-player/dist/jsmpeg-player.umd.min.js");

interface Cost {
  readonly one: number;
  readonly sixteen: number;
}

interface Figures {
  readonly firstPictureMs: Percentiles;
  readonly latencyMs: Percentiles;
  readonly cpuPercent: Cost;
}

export async function measureLive(): Promise<object> {
  if (spawnSync("ffmpeg", ["-version"]).status !== 0) throw new MissingPart("bench live: ffmpeg is missing");
  if (!existsSync(CHROMIUM)) throw new MissingPart(`bench live: ${CHROMIUM} is missing`);
  if (!existsSync(footage(CLIP))) throw new MissingPart("bench live: ../shared is not beside the project");
  if (!existsSync(BUILT_GATEWAY))
    throw new MissingPart("bench live: the project is not built (npm run build)");

  const camera = createClockCamera(footage(CLIP), CLIP_FROM_S);
  const server = createRtspServer({ host: "127.0.0.1", port: 0 });
  await camera.start();
  server.mount("/pond", camera);
  const { port } = await server.start();
  const address = `rtsp://127.0.0.1:${port}/pond`;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  try {
    const { figures: ours, baseline, ingest } = await measureOurs(address, browser);
    const theirs = await measurePeer(address, browser);
    return {
      ...ours,
      peer: { name: "node-rtsp-stream", ...theirs },
      ratio: round(ours.cpuPercent.one / theirs.cpuPercent.one, 3),
      configuration: {
        stream: "640x360, 15 fps, H.264, a key frame every 0.8 s; somebody walks",
        openings: OPENINGS,
        cpu: "percent of one core. Ours: the gateway's main thread with viewers less the same without, plus the whole process that fetches the stream; not what decodes and watches for the rules. The peer's: all of it. Viewers are WebSocket clients that read everything.",
        mainThreadWithoutViewersPercent: baseline,
        fetchingPercent: ingest,
      },
    };
  } finally {
    await browser.close();
    await server.stop();
    await camera.stop();
  }
}

async function measureOurs(
  address: string,
  browser: Browser,
): Promise<{ figures: Figures; baseline: number; ingest: number }> {
  // The bar code moves all the time; a zone where nothing does leaves alarms and horns out of the figures.
  const polygon = [
    [0.9, 0.8],
    [0.99, 0.8],
    [0.99, 0.99],
    [0.9, 0.99],
  ] as const;
  const rig = await startRig({ cameras: [{ id: "pond", url: address, polygon }], cooldownSeconds: 3600 });
  try {
    rig.startGateway();
    await untilArmed(rig);
    const cookie = await logIn(rig);
    const page = await openPage(browser, readerScript("/live", "video"));
    await page.goto(rig.url);
    await logInOn(page, PASSWORD);
    await goTo(page, "look");
    const seen = await watchPage(page, "ours");
    await page.context().close();

    const gateway = (await until(() => findProcess(process.pid, BUILT_GATEWAY))) as number;
    const fetching = (await until(() => findProcess(gateway, "ffmpeg", address, "copy"))) as number;
    const openViewer = (): WebSocket =>
      new WebSocket(`${rig.url.replace("http", "ws")}/api/v1/cameras/pond/live`, { headers: { cookie } });
    // The gateway also decodes and watches for its rules, which costs several times what viewers do and varies by more.
    const read = (): Reading => ({ all: readMainThreadCpu(gateway), part: readCpu(fetching) });
    // In turns, so that whatever else the machine does falls on all of them alike.
    const rounds: Record<"none" | "one" | "sixteen", { all: number; part: number }[]> = {
      none: [],
      one: [],
      sixteen: [],
    };
    for (let turn = 0; turn < ROUNDS; turn++) {
      for (const [name, viewers] of [
        ["none", 0],
        ["one", 1],
        ["sixteen", VIEWERS],
      ] as const) {
        rounds[name].push(await cpuWith(viewers, openViewer, read));
      }
    }
    const baseline = mean(rounds.none.map(({ all }) => all));
    const cost = (turns: readonly { all: number; part: number }[]): number =>
      round(mean(turns.map(({ all, part }) => all + part)) - baseline, 2);
    return {
      figures: { ...seen, cpuPercent: { one: cost(rounds.one), sixteen: cost(rounds.sixteen) } },
      baseline: round(baseline, 2),
      ingest: round(mean(rounds.one.map(({ part }) => part)), 2),
    };
  } finally {
    await rig.stop();
  }
}

async function measurePeer(address: string, browser: Browser): Promise<Figures> {
  const wsPort = await freePort();
  const pages = await servePeerPage(wsPort);
  const peer = spawn(process.execPath, [join(import.meta.dirname, "live-peer.js"), address, String(wsPort)], {
    stdio: "ignore",
    detached: true,
  });
  try {
    const openViewer = (): WebSocket => new WebSocket(`ws://127.0.0.1:${wsPort}/`);
    await until(() => firstMessage(openViewer()), { timeoutMs: 30_000, what: "the peer's stream" });
    const page = await openPage(browser, readerScript(`:${wsPort}`, "canvas"));
    await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
    const seen = await watchPage(page, "node-rtsp-stream");
    await page.context().close();
    const root = peer.pid ?? 0;
    const read = (): Reading => ({ all: readCpu(root), part: readCpu(root) });
    const one: number[] = [];
    const sixteen: number[] = [];
    for (let turn = 0; turn < ROUNDS; turn++) {
      one.push((await cpuWith(1, openViewer, read)).all);
      sixteen.push((await cpuWith(VIEWERS, openViewer, read)).all);
    }
    return { ...seen, cpuPercent: { one: round(mean(one), 2), sixteen: round(mean(sixteen), 2) } };
  } finally {
    endGroup(peer);
    pages.close();
  }
}

async function openPage(browser: Browser, script: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: "zh-CN" });
  const page = await context.newPage();
  await page.addInitScript(script);
  return page;
}

/** Opens the page again and again for its first picture, then stays for the latency. */
async function watchPage(page: Page, who: string): Promise<Pick<Figures, "firstPictureMs" | "latencyMs">> {
  const read = (): Promise<Seen> => page.evaluate<Seen>("window.seen");
  const firsts: number[] = [];
  for (let opening = 0; opening < OPENINGS; opening++) {
    await page.reload();
    const { firstPictureMs } = await until(
      async () => {
        const seen = await read();
        return seen.firstPictureMs !== null && seen;
      },
      { timeoutMs: 30_000, what: `a picture of ${who}` },
    );
    firsts.push(firstPictureMs ?? Number.NaN);
    process.stderr.write(`\r${who}: ${opening + 1} of ${OPENINGS} openings `);
  }
  const { length } = (await read()).latencyMs;
  process.stderr.write(`\n${who}: latency\n`);
  await pause(LATENCY_MS);
  return {
    firstPictureMs: percentiles(firsts),
    latencyMs: percentiles((await read()).latencyMs.slice(length)),
  };
}

interface Reading {
  readonly all: CpuReading;
  readonly part: CpuReading;
}

/** Percent of one core that both readings tell of, while so many viewers read. */
async function cpuWith(
  viewers: number,
  openViewer: () => WebSocket,
  read: () => Reading,
): Promise<{ all: number; part: number }> {
  const sockets = Array.from({ length: viewers }, openViewer);
  try {
    await Promise.all(sockets.map(firstMessage));
    await pause(1000);
    process.stderr.write(`cpu with ${viewers} viewers\n`);
    const before = read();
    await pause(CPU_MS);
    const after = read();
    return { all: cpuPercent(before.all, after.all), part: cpuPercent(before.part, after.part) };
  } finally {
    for (const socket of sockets) socket.terminate();
  }
}

async function firstMessage(socket: WebSocket): Promise<true> {
  await new Promise<void>((resolve, reject) => {
    socket.once("message", () => resolve());
    socket.once("error", reject);
  });
  return true;
}

async function logIn(rig: GatewayRig): Promise<string> {
  const answer = await fetch(`${rig.url}/api/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: rig.url },
    body: JSON.stringify({ username: "admin", password: PASSWORD }),
  });
  return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
}

/** The player of the peer's README; its canvas keeps what it shows, so that it can be read back. */
async function servePeerPage(wsPort: number): Promise<Server> {
  const page = `<!doctype html><canvas id="canvas"></canvas><script src="/jsmpeg.js"></script>
    <script>new JSMpeg.Player("ws://127.0.0.1:${wsPort}", { canvas: document.getElementById("canvas"), preserveDrawingBuffer: true });</script>`;
  const server = createServer(({ url }, answer) => {
    const isScript = url === "/jsmpeg.js";
    answer.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    answer.end(isScript ? readFileSync(JSMPEG) : page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

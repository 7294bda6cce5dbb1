// npm run bench -- desk --json: a township's desk over thirty villages that come to it by the real channel (CUNSHAO_BENCH_VILLAGES):
// from an alarm in a village to the desk and to its screen, beside the same straight from the village; from a tap to a picture and
// to an open line; the same with a village that is whole, its button, its camera and its horn, as `kit`; and what 160 live tiles
// (CUNSHAO_BENCH_TILES) cost that are opened and closed for a minute (CUNSHAO_BENCH_MINUTES).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import WebSocket from "ws";
import { CHROMIUM, CHROMIUM_ARGUMENTS } from "../support/browser.ts";
import { BEAT_MS, fakeMicrophone } from "../support/fake-microphone.ts";
import { BUILT_GATEWAY } from "../support/gateway-rig.ts";
import { type DeskKit, KIT, measureKit, startDeskKit } from "./desk-kit.ts";
import { type BenchDesk, startBenchDesk } from "./desk-rig.ts";
import { measureTaps, openScreen, shownAt } from "./desk-screen.ts";
import { turnTiles } from "./desk-tiles.ts";
import { MissingPart } from "./missing-part.ts";
import { percentiles } from "./percentiles.ts";
import { pssMiB } from "./process-tree.ts";

/** With the whole one. */
const VILLAGES = Number(process.env["CUNSHAO_BENCH_VILLAGES"] ?? 30);
const TILES = Number(process.env["CUNSHAO_BENCH_TILES"] ?? 160);
const MINUTES = Number(process.env["CUNSHAO_BENCH_MINUTES"] ?? 1);
const CAMERAS = ["c1", "c2", "c3", "c4", "c5"];
const ALARMS = 40;
const ALARM_EVERY_MS = 400;
const BUSY_ALARM_EVERY_MS = 3_000;
const LOOKS = 20;
const TAPS = 5;
const TALKS = 10;
/** What was closed is let go of. */
const REST_MS = 20_000;

interface Delays {
  readonly toDeskMs: number[];
  readonly toScreenMs: number[];
  /** Straight from the village. */
  readonly straightMs: number[];
}

export async function measureDesk(): Promise<object> {
  if (!existsSync(CHROMIUM)) throw new MissingPart("bench desk: needs chromium (Debian package chromium)");
  if (!existsSync(BUILT_GATEWAY)) {
    throw new MissingPart("bench desk: the project is not built (npm run build)");
  }
  const missing = ["ffmpeg", "espeak-ng"].find((command) => spawnSync("which", [command]).status !== 0);
  if (missing) throw new MissingPart(`bench desk: needs ${missing} (Debian package ${missing})`);
  const rig = await startBenchDesk({ villages: VILLAGES - 1, cameras: CAMERAS, guest: KIT });
  const microphone = fakeMicrophone(join(tmpdir(), "microphone.wav"), BEAT_MS);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [...CHROMIUM_ARGUMENTS, ...microphone],
  });
  let kit: DeskKit | undefined;
  try {
    say("the whole village starts");
    kit = await startDeskKit(rig.url);
    await rig.untilHere(KIT.id);
    say(`${VILLAGES} villages are here`);
    const page = await openScreen(browser, rig.url);
    const quiet = await raiseAlarms(rig, page, ALARMS, ALARM_EVERY_MS);
    say(`alarms: ${JSON.stringify(figures(quiet))}`);
    const pictures = await measurePictures(rig);
    const tapped = rig.villages.slice(0, TAPS).map(({ id }) => id);
    const taps = await measureTaps(page, rig.url, tapped);
    const talks = await measureTalks(rig);
    const whole = await measureKit(page, rig.url, kit);
    say(`the whole village: ${JSON.stringify(whole)}`);
    const before = { desk: pssMiB(rig.deskPid), villages: pssMiB(rig.villagesPid) };
    say(`${TILES} tiles for ${MINUTES} min`);
    const tiles = turnTiles(rig, { tiles: TILES, cameras: CAMERAS });
    const most = { desk: 0, villages: 0 };
    const busy: Delays = { toDeskMs: [], toScreenMs: [], straightMs: [] };
    for (const endMs = performance.now() + MINUTES * 60_000; performance.now() < endMs; ) {
      const some = await raiseAlarms(rig, page, 1, BUSY_ALARM_EVERY_MS);
      for (const key of ["toDeskMs", "toScreenMs", "straightMs"] as const) busy[key].push(...some[key]);
      most.desk = Math.max(most.desk, pssMiB(rig.deskPid));
      most.villages = Math.max(most.villages, pssMiB(rig.villagesPid));
    }
    const turned = await tiles.stop();
    await sleep(REST_MS);
    const after = { desk: pssMiB(rig.deskPid), villages: pssMiB(rig.villagesPid) };
    const [ours, straight] = [percentiles(quiet.toDeskMs), percentiles(quiet.straightMs)];
    return {
      villages: VILLAGES,
      ...figures(quiet),
      ratio: { p50: round(ours.p50 / straight.p50), p95: round(ours.p95 / straight.p95) },
      openToPictureMs: percentiles(pictures),
      tapToPlayingMs: percentiles(taps),
      tapToOpenLineMs: percentiles(talks.openMs),
      tapToSoundMs: percentiles(talks.soundMs),
      kit: whole,
      tiles: {
        ...{ atOnce: TILES, minutes: MINUTES, ...turned },
        deskMiB: rounded({ before: before.desk, most: most.desk, after: after.desk }),
        villagesMiB: rounded({ before: before.villages, most: most.villages, after: after.villages }),
        alarms: busy.toDeskMs.length,
        ...figures(busy),
      },
    };
  } finally {
    await browser.close();
    await kit?.stop();
    await rig.stop();
  }
}

function figures({ toDeskMs, toScreenMs, straightMs }: Delays): object {
  return {
    alarmToDeskMs: percentiles(toDeskMs),
    alarmToScreenMs: percentiles(toScreenMs),
    alarmStraightMs: percentiles(straightMs),
  };
}

let raised = 0;

async function raiseAlarms(rig: BenchDesk, page: Page, count: number, everyMs: number): Promise<Delays> {
  const known: { alarm: string; village: number; atMs: number }[] = [];
  for (let index = 0; index < count; index++) {
    const village = raised % rig.villages.length;
    const alarm = `bench-${raised++}-`;
    known.push({ alarm, village, atMs: await rig.raise(village, alarm) });
    await sleep(everyMs);
  }
  const delays: Delays = { toDeskMs: [], toScreenMs: [], straightMs: [] };
  for (const { alarm, village, atMs } of known) {
    const shownMs = await shownAt(page, rig.villages[village]?.id ?? "", alarm);
    delays.toScreenMs.push(shownMs - atMs);
    delays.toDeskMs.push((await rig.atDesk(alarm)) - atMs);
    delays.straightMs.push((await rig.straight(alarm)) - atMs);
    // So that the queue stays as long as it is in a township.
    rig.clear(village, alarm);
  }
  return delays;
}

async function measurePictures(rig: BenchDesk): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let index = 0; index < LOOKS; index++) {
    const beganMs = performance.now();
    const socket = rig.socket(
      index % rig.villages.length,
      `/cameras/${CAMERAS[index % CAMERAS.length]}/live`,
    );
    await new Promise<void>((resolve, reject) => {
      let begun = 0;
      socket.on("error", reject);
      // What a player needs before its first picture, and the picture.
      socket.on("message", (_data, isBinary) => {
        if (isBinary && ++begun === 2) resolve();
      });
    });
    taken.push(performance.now() - beganMs);
    socket.terminate();
  }
  return taken;
}

async function measureTalks(rig: BenchDesk): Promise<{ openMs: number[]; soundMs: number[] }> {
  const openMs: number[] = [];
  const soundMs: number[] = [];
  const piece = Buffer.from(new Int16Array(320).fill(4000).buffer);
  for (let index = 0; index < TALKS; index++) {
    const village = index % rig.villages.length;
    const sounded = rig.sounds(village);
    const beganMs = Date.now();
    const socket = rig.socket(village, "/broadcasts/live");
    const open = new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("message", (data: Buffer) => {
        if (data.toString().includes('"open"')) resolve();
      });
    });
    socket.on("open", () => {
      socket.send(JSON.stringify({ speakers: ["pond"], codec: "pcm16", sampleRate: 16_000 }));
    });
    const timer = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send(piece), 20);
    await open;
    openMs.push(Date.now() - beganMs);
    soundMs.push((await sounded) - beganMs);
    clearInterval(timer);
    socket.send(JSON.stringify({ end: true }));
    socket.close();
  }
  return { openMs, soundMs };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function rounded<K extends string>(values: Readonly<Record<K, number>>): Record<K, number> {
  const entries = Object.entries<number>(values).map(([key, value]) => [key, Math.round(value)]);
  return Object.fromEntries(entries) as Record<K, number>;
}

// A county of 1,744 terminals at one broker: two `cunshao county` keep their events in PostgreSQL while the broker is killed once.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CountyFigures, CountySum } from "../../src/core/county.ts";
import { systemClock } from "../../src/core/time.ts";
import { createMosquitto, type Mosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { createMqttBox } from "../support/mqtt-box.ts";
import { createPostgresServer, type PostgresServer, postgresMissing } from "../support/postgres.ts";
import { PROJECT } from "../support/project.ts";
import { until } from "../support/until.ts";
import { MissingPart } from "./missing-part.ts";
import { percentiles } from "./percentiles.ts";

const BOXES = Number(process.env["CUNSHAO_BENCH_BOXES"] ?? 1744);
const TOWNSHIPS = 16;
const READERS = 2;
/** What each terminal has when it comes: a fifth of it about alarms, each of which ends. */
const BACKLOG = 20;
/** Alarms of single terminals in quiet times, one after the other. */
const SINGLE_ALARMS = 300;
const BETWEEN_ALARMS_MS = 100;
const LONGEST_MS = 600_000;
const AWAY_MS = 5000;
/** How exactly the moment is known at which an alarm is in the table. */
const POLL_MS = 20;

type Box = ReturnType<typeof createMqttBox>;

export async function measureCounty(): Promise<object> {
  const missing = mosquittoMissing() ?? postgresMissing();
  if (missing) throw new MissingPart(missing);
  const folder = await mkdtemp(join(tmpdir(), "cunshao-county-"));
  const broker = await createMosquitto(["max_connections -1"]);
  const server = await createPostgresServer({
    settings: ["max_wal_size = '256MB'", "shared_buffers = '128MB'"],
  });
  const readers: ChildProcess[] = [];
  const boxes = Array.from({ length: BOXES }, (_, index) => createMqttBox(siteOf(index), broker.url));
  try {
    await Promise.all([broker.start(), server.start()]);
    const file = await writeCounty(folder, broker, server);
    for (let reader = 0; reader < READERS; reader++)
      readers.push(await startReader(file, `reader-${reader}`));
    for (const [index, box] of boxes.entries()) await fill(box, index);

    const beganMs = performance.now();
    for (const { upstream } of boxes) {
      await upstream.start();
      await systemClock.sleep(2);
    }
    await allKept(boxes, "the backlog of every terminal");
    const drainSeconds = (performance.now() - beganMs) / 1000;
    say(`${BOXES * BACKLOG} events kept after ${drainSeconds.toFixed(1)} s; single alarms follow`);
    const alarmMs = await timeAlarms(boxes, server);

    say("the broker is killed");
    await broker.kill();
    await Promise.all(boxes.map((box) => raise(box, "cut")));
    await systemClock.sleep(AWAY_MS);
    await broker.start();
    const backMs = performance.now();
    await allKept(boxes, "every alarm after the broker came back");
    const stormSeconds = (performance.now() - backMs) / 1000;

    const { lost, duplicates, changed } = await compare(boxes, server);
    const { differences, secondsToTell } = await compareFigures(boxes, file);
    return {
      ...{ boxes: BOXES, townships: TOWNSHIPS, readers: READERS },
      events: boxes.reduce((sum, { source }) => sum + source.events.length, 0),
      ...{ lost, duplicates, changed },
      backlog: {
        events: BOXES * BACKLOG,
        seconds: round(drainSeconds),
        eventsPerSecond: Math.round((BOXES * BACKLOG) / drainSeconds),
      },
      alarmToTableMs: { ...percentiles(alarmMs), count: alarmMs.length, resolution: POLL_MS },
      brokerKilled: { awaySeconds: AWAY_MS / 1000, alarms: BOXES, secondsUntilAllKept: round(stormSeconds) },
      bytesPerEvent: await roomOf(server),
      figures: { right: differences.length === 0, differences, seconds: secondsToTell },
    };
  } finally {
    await Promise.all(boxes.map(({ upstream }) => upstream.stop()));
    for (const reader of readers) reader.kill("SIGKILL");
    await broker.remove();
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

const siteOf = (index: number): string => `village-${index + 1}`;
const townshipOf = (index: number): number => index % TOWNSHIPS;

async function writeCounty(folder: string, broker: Mosquitto, server: PostgresServer): Promise<string> {
  const villages = Array.from({ length: BOXES }, (_, index) => index);
  const file = join(folder, "county.json");
  await writeFile(
    file,
    JSON.stringify({
      county: { id: "bench", name: "县" },
      brokers: { urls: [broker.url] },
      database: { url: await server.database("county") },
      listen: { port: 0 },
      townships: Array.from({ length: TOWNSHIPS }, (_, township) => ({
        ...{ id: `township-${township}`, name: `乡${township}` },
        villages: villages.filter((index) => townshipOf(index) === township).map(siteOf),
      })),
    }),
  );
  await writeFile(join(folder, "secrets.yaml"), "{}\n", { mode: 0o600 });
  return file;
}

async function startReader(file: string, name: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [join(PROJECT, "dist/src/cli.js"), "county", file, "--reader", name],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-10_000);
  });
  await until(() => said.includes("the broker is there"), {
    timeoutMs: 60_000,
    what: `${name} at the broker`,
  });
  return child;
}

async function fill(box: Box, index: number): Promise<void> {
  for (let event = 1; event <= BACKLOG; event++) {
    if (event % 5 !== 0) {
      const data = { camera: "pond-east", state: "lost", index, event };
      await box.append({ type: "org.cunshao.camera.changed", class: "state", subject: "pond-east", data });
    } else {
      const type = `org.cunshao.alarm.${event % 10 === 0 ? "cleared" : "raised"}`;
      const subject = `alarm-${Math.ceil(event / 10)}`;
      await box.append({ type, class: "alarm", subject, data: { rule: "pond-bank", severity: "warning" } });
    }
  }
}

function raise(box: Box, subject: string) {
  const data = { rule: "pond-bank", severity: "danger" };
  return box.append({ type: "org.cunshao.alarm.raised", class: "alarm", subject, data });
}

function allKept(boxes: readonly Box[], what: string): Promise<true> {
  return until(() => boxes.every((box) => box.isDone()), { timeoutMs: LONGEST_MS, what });
}

/** From the moment in which a terminal writes an alarm to the one in which another program reads it in the county's table. */
async function timeAlarms(boxes: readonly Box[], server: PostgresServer): Promise<number[]> {
  const url = countyUrl(server);
  const sinceMs = new Map<string, number>();
  const took: number[] = [];
  let isRaising = true;
  const watching = (async () => {
    const endMs = performance.now() + LONGEST_MS;
    while ((isRaising || sinceMs.size > 0) && performance.now() < endMs) {
      const rows = await server.queryAt<{ box: string }>(
        url,
        "SELECT box FROM events WHERE class = 'alarm' AND subject = 'single' AND box = ANY($1)",
        [[...sinceMs.keys()]],
      );
      for (const { box } of rows) {
        took.push(performance.now() - (sinceMs.get(box) ?? Number.NaN));
        sinceMs.delete(box);
      }
      await systemClock.sleep(POLL_MS);
    }
  })();
  const step = Math.max(1, Math.floor(boxes.length / SINGLE_ALARMS));
  for (let index = 0; index < boxes.length; index += step) {
    const box = boxes[index];
    if (!box) break;
    sinceMs.set(siteOf(index), performance.now());
    await raise(box, "single");
    await systemClock.sleep(BETWEEN_ALARMS_MS);
  }
  isRaising = false;
  await watching;
  return took;
}

async function compare(boxes: readonly Box[], server: PostgresServer) {
  const rows = await server.queryAt<{ box: string; seq: string; event: string }>(
    countyUrl(server),
    "SELECT box, seq, event FROM events",
  );
  const due = new Map(
    boxes.flatMap(({ source }) => source.events.map((event) => [event.id, JSON.stringify(event)] as const)),
  );
  let duplicates = 0;
  let changed = 0;
  for (const { event } of rows) {
    const { id } = JSON.parse(event) as { id: string };
    const was = due.get(id);
    if (was === undefined) duplicates++;
    else if (was !== event) changed++;
    due.delete(id);
  }
  return { lost: due.size, duplicates, changed };
}

/** Of the table of events with its indexes. */
async function roomOf(server: PostgresServer): Promise<number | undefined> {
  const [room] = await server.queryAt<{ bytes: number }>(
    countyUrl(server),
    "SELECT round(pg_total_relation_size('events')::numeric / count(*))::int AS bytes FROM events",
  );
  return room?.bytes;
}

/** What `cunshao county --figures` says against what was sent. */
async function compareFigures(boxes: readonly Box[], file: string) {
  const beganMs = performance.now();
  const words = [join(PROJECT, "dist/src/cli.js"), "county", file, "--figures", "--json"];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, "close");
  const secondsToTell = round((performance.now() - beganMs) / 1000);
  const { total, townships } = JSON.parse(text) as CountyFigures;
  const differences = differencesOf("county", total, expected(boxes));
  for (const [township, sum] of townships.entries()) {
    const own = boxes.filter((_, index) => townshipOf(index) === township);
    differences.push(...differencesOf(sum.id, sum, expected(own)));
  }
  return { differences, secondsToTell };
}

function expected(boxes: readonly Box[]): CountySum {
  const openAlarms = { notice: 0, warning: 0, danger: 0, emergency: 0 };
  for (const { source } of boxes) {
    const open = new Map<string, "warning" | "danger">();
    for (const { type, subject = "", data } of source.events) {
      if (type === "org.cunshao.alarm.raised") open.set(subject, data["severity"] as "warning" | "danger");
      if (type === "org.cunshao.alarm.cleared") open.delete(subject);
    }
    for (const severity of open.values()) openAlarms[severity]++;
  }
  return {
    ...{ boxes: boxes.length, there: boxes.length, away: 0, never: 0, waiting: 0, missing: 0, absent: 0 },
    ...{ broken: 0, clashes: 0, odd: 0, twins: 0, wrongClocks: 0, openAlarms },
  };
}

function differencesOf(where: string, found: CountySum, due: CountySum): string[] {
  return (Object.keys(due) as (keyof CountySum)[]).flatMap((key) => {
    const [is, should] = [JSON.stringify(found[key]), JSON.stringify(due[key])];
    return is === should ? [] : [`${where} ${key}: ${is}, sent ${should}`];
  });
}

function countyUrl({ url }: PostgresServer): string {
  return url.replace(/postgres$/, "county");
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

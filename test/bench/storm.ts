import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "mqtt";
import { systemClock } from "../../src/core/time.ts";
import { createMosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { createMqttBox } from "../support/mqtt-box.ts";
import { until } from "../support/until.ts";
import { percentiles } from "./percentiles.ts";

// The boxes of a county lose their one broker in the same instant, and each has an alarm by the time it is back.

const BOXES = Number(process.env["CUNSHAO_BENCH_BOXES"] ?? 1744);
const LONGEST_MS = 300_000;
/** So long the broker is away: every box has tried in vain by then. */
const AWAY_MS = 5000;

export async function measureStorm(): Promise<object> {
  const missing = mosquittoMissing();
  if (missing) return { missing };
  const folder = await mkdtemp(join(tmpdir(), "cunshao-storm-"));
  const logFile = join(folder, "broker.log");
  const broker = await createMosquitto([`log_dest file ${logFile}`, "max_connections -1"]);
  await broker.start();
  const keeper = await startKeeper(broker.url);
  const boxes = Array.from({ length: BOXES }, (_, index) =>
    createMqttBox(`village-${index + 1}`, broker.url),
  );
  try {
    for (const { upstream } of boxes) {
      await upstream.start();
      await systemClock.sleep(2);
    }
    const areAll = () => boxes.every(({ upstream }) => upstream.state().status === "connected");
    await until(areAll, { timeoutMs: LONGEST_MS, what: "every box at the broker" });
    process.stderr.write(`${BOXES} boxes are connected; the broker is killed\n`);
    await broker.kill();
    await Promise.all(boxes.map(({ alarm }, index) => alarm(`alarm-${index + 1}`)));
    await systemClock.sleep(AWAY_MS);
    await broker.start();
    const backMs = performance.now();
    const wallSeconds = Math.floor(Date.now() / 1000);
    await until(() => keeper.seen.size >= BOXES && boxes.every(({ isDone }) => isDone()), {
      timeoutMs: LONGEST_MS,
      what: "every alarm at the keeper",
    }).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
    const arrived = [...keeper.seen.values()].map((atMs) => atMs - backMs);
    return {
      boxes: BOXES,
      lost: BOXES - keeper.seen.size,
      unacknowledged: boxes.filter(({ isDone }) => !isDone()).length,
      seconds: Math.round(Math.max(0, ...arrived) / 10) / 100,
      arrivalMs: percentiles(arrived),
      peakConnectionsPerSecond: peakOf(await readFile(logFile, "utf8"), wallSeconds),
    };
  } finally {
    await Promise.all(boxes.map(({ upstream }) => upstream.stop()));
    await keeper.close();
    await broker.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Keeps the alarms of all boxes, by subject with the time of their arrival, and says so to each. */
async function startKeeper(url: string) {
  const seen = new Map<string, number>();
  const stored = new Map<string, { ledger: string; seq: number }>();
  const client = connect(url, {
    ...{ protocolVersion: 5, clientId: "keeper", clean: false, reconnectPeriod: 100 },
    properties: { sessionExpiryInterval: 3600 },
  });
  client.on("error", () => undefined);
  client.on("message", (topic, payload) => {
    const [, site = "", kind] = topic.split("/");
    const said = JSON.parse(payload.toString()) as { ledger: string; seq?: number; subject?: string };
    const before = stored.get(site) ?? { ledger: said.ledger, seq: 0 };
    const seq = kind === "events" ? Math.max(before.seq, said.seq ?? 0) : before.seq;
    stored.set(site, { ledger: said.ledger, seq });
    if (kind === "events" && said.subject && !seen.has(said.subject))
      seen.set(said.subject, performance.now());
    const word = JSON.stringify({ ledger: said.ledger, stored: seq, held: [] });
    client.publish(`cunshao/${site}/acknowledged`, word, { qos: 1 });
  });
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  await client.subscribeAsync(["cunshao/+/events/+", "cunshao/+/question"], { qos: 1 });
  return { seen, close: () => client.endAsync(true) };
}

/** From the broker's own log, `1795920632: New client connected from …`. */
function peakOf(log: string, sinceSeconds: number): number {
  const counts = new Map<number, number>();
  for (const [, at] of log.matchAll(/^(\d+): New client connected/gm)) {
    const second = Number(at);
    if (second >= sinceSeconds) counts.set(second, (counts.get(second) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

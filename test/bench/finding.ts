import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ledgerPath, openBuffer } from "../../src/buffer/buffer.ts";
import { openDatabase } from "../../src/buffer/database.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { MovementQuery, MovementSpan } from "../../src/core/movement.ts";
import { addCell, cellAt, centreOf, noCells } from "../../src/core/movement-cells.ts";
import { systemClock } from "../../src/core/time.ts";
import { percentiles } from "./percentiles.ts";
import { spansPerHour } from "./span-hours.ts";

// A night looked for in a month of movement: a million spans of eight cameras, as the page asks for it.

const SPANS = 1_000_000;
const CAMERAS = 8;
const DAYS = 30;
const DAY_MS = 86_400_000;
const NIGHT_MS = 12 * 3_600_000;
const QUERIES = 60;
const BATCH = 50_000;

const ZONES = ["bank", "gate", "road"];
const LINE = [
  [0.2, 0.55],
  [0.8, 0.5],
] as const;

export async function measureFinding(): Promise<object> {
  const dataFolder = await mkdtemp(join(tmpdir(), "cunshao-finding-"));
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
    const startMs = Date.parse("2026-06-01T00:00:00Z");
    for (let i = 0; i < SPANS; i++) {
      buffer.movement.add(randomSpan(startMs + Math.floor((i * DAYS * DAY_MS) / SPANS), i));
      if (i % 10_000 === 9_999) await buffer.movement.flush();
      if (i % BATCH === BATCH - 1) process.stderr.write(`\r${i + 1} spans `);
    }
    await buffer.movement.flush();
    const { size } = await stat(ledgerPath(dataFolder));
    const ask = async (where: Partial<MovementQuery>) => {
      const tookMs: number[] = [];
      let found = 0;
      for (let run = 0; run < QUERIES; run++) {
        const fromMs = startMs + Math.floor(Math.random() * (DAYS - 1)) * DAY_MS + 10 * 3_600_000;
        const camera = `camera-${run % CAMERAS}`;
        const begunMs = performance.now();
        // Every page of the night, as many as the page of the village asks for at once.
        let after: string | undefined;
        do {
          const page = await buffer.movement.find({
            ...{ camera, fromMs, toMs: fromMs + NIGHT_MS, order: "oldest", limit: 1000, after },
            ...where,
          });
          found += page.spans.length;
          after = page.next;
        } while (after !== undefined);
        tookMs.push(performance.now() - begunMs);
      }
      return { ...percentiles(tookMs), spansFound: Math.round(found / QUERIES) };
    };
    const everything = await ask({});
    const zone = await ask({ zone: "bank" });
    const line = await ask({ line: LINE });
    const month = { fromMs: startMs, toMs: startMs + DAYS * DAY_MS };
    const monthByLine = await ask({ line: LINE, ...month, limit: 200 });
    await buffer.close();
    const floor = await scanOnce(ledgerPath(dataFolder), startMs);
    return {
      spans: SPANS,
      cameras: CAMERAS,
      days: DAYS,
      bytesPerSpan: Math.round((size / SPANS) * 10) / 10,
      nightByZoneMs: zone,
      nightByLineMs: line,
      nightMs: everything,
      monthByLineMs: monthByLine,
      floor: { name: "SQLite reading the night's rows of one camera, unfiltered", ...floor },
      ratio: Math.round((everything.p50 / Math.max(1, floor.p50)) * 10) / 10,
      kept: spansPerHour(size / SPANS),
    };
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
    process.stderr.write("\n");
  }
}

function randomSpan(fromMs: number, index: number): MovementSpan {
  const cells = noCells();
  const from = Math.floor(Math.random() * 144);
  const at = centreOf(from);
  const to: [number, number] = [at[0] + (Math.random() - 0.5) / 2, at[1] + (Math.random() - 0.5) / 2];
  for (let step = 0; step <= 8; step++) {
    addCell(cells, cellAt([at[0] + ((to[0] - at[0]) * step) / 8, at[1] + ((to[1] - at[1]) * step) / 8]));
  }
  return {
    camera: `camera-${index % CAMERAS}`,
    fromMs,
    toMs: fromMs + Math.floor(Math.random() * 12_000),
    clock: "synced",
    zones: ZONES.filter(() => Math.random() < 0.4),
    cells,
    path: { from: at, to },
  };
}

async function scanOnce(path: string, startMs: number): Promise<{ p50: number; p95: number }> {
  const database = await openDatabase(path);
  const tookMs: number[] = [];
  for (let run = 0; run < QUERIES; run++) {
    const fromMs = startMs + (run % (DAYS - 1)) * DAY_MS;
    const begunMs = performance.now();
    await database.all("SELECT * FROM movement WHERE camera = ? AND start_ms BETWEEN ? AND ?", [
      1 + (run % CAMERAS),
      fromMs,
      fromMs + NIGHT_MS,
    ]);
    tookMs.push(performance.now() - begunMs);
  }
  await database.close();
  return percentiles(tookMs);
}

import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openBuffer } from "../../src/buffer/buffer.ts";
import { verifyChain } from "../../src/buffer/chain.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { until } from "../support/until.ts";
import type { Stripped } from "./buffer-child.ts";
import { startChild, stripTypes } from "./buffer-child.ts";

const ROUNDS = 6;

let child: Stripped;
beforeAll(async () => {
  child = await stripTypes(["core", "buffer"], "test/contract/buffer-crash.child.ts");
});
afterAll(() => child.remove());

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "cunshao-crash-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

function open(dataFolder: string) {
  return openBuffer({
    dataFolder,
    siteId: "longwan",
    bootId: "boot-2",
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    clockQuality: () => "synced",
  });
}

describe("a ledger whose process is killed", () => {
  test("has every event it called durable, and one chain over all kills", async () => {
    const dataFolder = await folder();
    const durable = new Map<number, string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const running = startChild(process.execPath, child.script, dataFolder);
      const kill = Math.floor(Math.random() * 300);
      await until(() => running.lines.length > kill, {
        timeoutMs: 30_000,
        what: `${kill} lines: ${running.errors()}`,
      });
      running.process.kill("SIGKILL");
      expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
      for (const line of running.lines) {
        const [, seq, hash] = /^durable (\d+) ([0-9a-f]{64})$/.exec(line) ?? [];
        if (hash !== undefined) durable.set(Number(seq), hash);
      }

      const buffer = await open(dataFolder);
      const verdict = await verifyChain(buffer.ledger.records);
      expect(verdict).toMatchObject({ intact: true, tip: { seq: buffer.ledger.head } });
      const stored = new Map<number, string>();
      while (stored.size < buffer.ledger.head) {
        for (const { seq, hash } of await buffer.ledger.records(stored.size)) stored.set(seq, hash);
      }
      for (const [seq, hash] of durable) expect(stored.get(seq), `event ${seq}`).toBe(hash);
      expect(await buffer.alarms.latest(100_000)).toHaveLength(buffer.ledger.head);
      await buffer.close();
    }
    expect(durable.size).toBeGreaterThan(0);
  });

  const strace = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;
  test.skipIf(!strace)(
    "has synced its log to the disk before it calls an event durable (needs strace)",
    async () => {
      const dataFolder = await folder();
      const trace = join(dataFolder, "trace");
      const calls = "trace=fsync,fdatasync,write";
      const running = startChild(
        "strace",
        ...["-f", "-y", "-e", calls, "-o", trace, process.execPath, child.script, dataFolder, "20"],
      );
      expect(await running.ended, running.errors()).toMatchObject({ code: 0 });
      const lines = (await readFile(trace, "utf8")).split("\n");
      let syncs = 0;
      let durable = 0;
      for (const line of lines) {
        if (/(fsync|fdatasync)\(.*-wal>\)\s+= 0|(fsync|fdatasync) resumed.*= 0/.test(line)) syncs += 1;
        if (!/write\(1<.*"durable \d+ /.test(line)) continue;
        durable += 1;
        expect(syncs, `syncs before ${line}`).toBeGreaterThan(0);
        syncs = 0;
      }
      expect(durable).toBe(20);
    },
  );
});

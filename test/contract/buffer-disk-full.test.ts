import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startChild, stripTypes } from "./buffer-child.ts";

const mountable =
  spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmpdir()]).status === 0;

test.skipIf(!mountable)(
  "on a full disk events are refused and read, and taken again once there is space (needs to be root to mount a small disk)",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "cunshao-full-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const child = await stripTypes(["core", "buffer"], "test/contract/buffer-disk-full.child.ts");
    onTestFinished(() => child.remove());

    const running = startChild("unshare", "--mount", process.execPath, child.script, folder);
    expect(await running.ended, running.errors()).toMatchObject({ code: 0 });
    const report = JSON.parse(running.lines.at(-1) ?? "{}");

    expect(report.beforeFull).toBe(10);
    expect(report.refusals).toHaveLength(20);
    expect(new Set(report.refusals)).toEqual(new Set(["ledger.full"]));
    expect(report.evidenceRefusal).toBe("evidence.full");
    const kept = report.durableWhileFull;
    expect(report.whileFull).toEqual({ head: kept, read: kept, alarms: kept, waiting: kept });

    expect(report.afterwards).toEqual(Array.from({ length: 20 }, () => ""));
    expect(report.readingsAfter).toBe(1);
    expect(report.verdict).toMatchObject({ intact: true, tip: { seq: kept + 20 } });
    expect(report).toMatchObject({ lost: 0, extra: 0 });
  },
);

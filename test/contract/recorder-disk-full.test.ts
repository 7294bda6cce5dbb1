import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startChild, stripTypes } from "./buffer-child.ts";

const mountable =
  spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmpdir()]).status === 0;
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

test.skipIf(!mountable || !hasFfmpeg)(
  "on a disk that fills with evidence video stops, alarms never do, and video goes on once there is room (needs ffmpeg, and to be root to mount a small disk)",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "cunshao-full-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const child = await stripTypes(["core", "buffer", "video"], "test/contract/recorder-disk-full.child.ts");
    onTestFinished(() => child.remove());

    const running = startChild("unshare", "--mount", process.execPath, child.script, folder);
    expect(await running.ended, running.errors()).toMatchObject({ code: 0 });
    const report = JSON.parse(running.lines.at(-1) ?? "{}");

    expect(report).toMatchObject({ paused: true, resumed: true, refused: [] });
    expect(report.whilePaused).toMatchObject({
      state: "paused",
      reason: "recording.disk_full",
      health: { status: "degraded", reason: "recording.disk_full" },
    });
    expect(report.appended).toBeGreaterThan(20);
    // Between two looks at the disk some seconds of video may pass the mark; the ledger's room is never used up.
    expect(report.leastFreeBytes).toBeGreaterThan(0);
    expect(report.events.slice(0, 1)).toEqual(["paused"]);
    expect(report.events).toContain("deleted");
  },
  150_000,
);

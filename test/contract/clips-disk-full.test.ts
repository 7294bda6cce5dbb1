import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createClipShelf } from "../../src/act/clip-shelf.ts";
import { clipsFolder } from "../../src/buffer/buffer.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createSoundMaker } from "../../src/drivers/audio/sound-maker.ts";
import { scratchBuffer } from "../unit/buffer/scratch.ts";
import { createChildren } from "./camera-rig.ts";

const BY = { kind: "person", name: "王干部" } as const;
const MB = 1_000_000;
const lacking = whyNot();

function whyNot(): string | undefined {
  if (spawnSync("ffmpeg", ["-version"]).status !== 0) return "ffmpeg is not installed";
  const trial = mkdtempSync(join(tmpdir(), "cunshao-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", trial]).status === 0;
  if (mounted) spawnSync("umount", [trial]);
  rmSync(trial, { recursive: true });
  return mounted ? undefined : "needs to be root to mount a small disk";
}

/** The real shelf, store and maker, whose recordings stand on a disk of this size. */
async function openShelf(diskMegabytes: number) {
  const dataFolder = mkdtempSync(join(tmpdir(), "cunshao-clips-"));
  const folder = clipsFolder(dataFolder);
  mkdirSync(folder);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${diskMegabytes}m`, "tmpfs", folder]);
  onTestFinished(() => {
    execFileSync("umount", [folder]);
    rmSync(dataFolder, { recursive: true, force: true });
  });
  const buffer = await scratchBuffer({ dataFolder });
  let count = 0;
  const limits = { maxSeconds: 600, maxUploadBytes: MB, maxBytes: 100 * MB, keepFreeBytes: 0 };
  const shelf = createClipShelf(
    {
      ...buffer,
      store: buffer.clipStore,
      maker: createSoundMaker(createChildren()),
      clock: systemClock,
      isClockSynced: () => true,
      newId: () => `clip-${++count}`,
      usedBy: () => [],
      speakers: [],
      log: silentLogger,
    },
    limits,
  );
  await shelf.start();
  onTestFinished(() => shelf.stop());
  return { shelf, folder };
}

/** As MP3, of which a minute is 240 kB and 1.9 MB once it is made fit. */
async function* tune(seconds: number): AsyncGenerator<Uint8Array> {
  const words = [
    "-v",
    "error",
    "-f",
    "lavfi",
    "-i",
    `sine=f=440:d=${seconds}`,
    "-b:a",
    "32k",
    "-f",
    "mp3",
    "pipe:1",
  ];
  yield execFileSync("ffmpeg", words, { maxBuffer: 10 * MB });
}

describe.skipIf(lacking)(`recordings on a full disk${lacking ? ` (skipped: ${lacking})` : ""}`, () => {
  test("are refused while they are made fit, nothing is left, and the next is taken once there is room", async () => {
    const { shelf, folder } = await openShelf(2);
    await expect(shelf.add(tune(90), "太长", BY)).rejects.toMatchObject({
      code: "clips.full",
      kind: "transient",
    });
    expect(readdirSync(folder)).toEqual([]);
    const kept = await shelf.add(tune(5), "短", BY);
    expect(readdirSync(folder)).toEqual([`${kept.sha256}.wav`]);
    writeFileSync(join(folder, "other"), Buffer.alloc(1.2 * MB));
    await expect(shelf.add(tune(6), "再来", BY)).rejects.toMatchObject({ code: "clips.full" });
    expect(readdirSync(folder).sort()).toEqual([`${kept.sha256}.wav`, "other"].sort());
    rmSync(join(folder, "other"));
    expect((await shelf.add(tune(6), "再来", BY)).name).toBe("再来");
  });
});

import { spawn } from "node:child_process";

import { afterEach, describe, expect, test, vi } from "vitest";
import { silentLogger } from "../../../../src/core/log.ts";
import type { MediaChild } from "../../../../src/core/media.ts";
import { endOrphans } from "../../../../src/drivers/ffmpeg/child-register.ts";
import { createMpeg1Tools } from "../../../../src/drivers/ffmpeg/mpeg1-tools.ts";
import { until } from "../../../support/until.ts";
import { encodeFragmentedMp4 } from "../../video/boxes.ts";
import { createChildRig, createScratchFolder, isAlive } from "./children.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function outputOf({ stdout, ended }: MediaChild): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  await ended;
  return Buffer.concat(chunks);
}

const pidOf = (name: string | undefined): number => Number(name?.split("-")[1]);

describe("the MPEG-1 transcoder", () => {
  test.each(["libx264", "libx265"] as const)(
    "makes a transport stream of MPEG-1 pictures from %s",
    async (codec) => {
      const { dependencies, registered } = createChildRig();
      const child = createMpeg1Tools(dependencies).transcodeMpeg1("pond");
      expect(registered()).toHaveLength(1);
      child.stdin.end(encodeFragmentedMp4(codec));
      const stream = await outputOf(child);
      expect(stream.length % 188).toBe(0);
      // Start codes of a sequence header and of pictures (ISO/IEC 11172-2).
      expect(stream.includes(Buffer.from([0, 0, 1, 0xb3]))).toBe(true);
      expect(stream.includes(Buffer.from([0, 0, 1, 0x00]))).toBe(true);
      expect(registered()).toEqual([]);
    },
  );

  test("is stopped by the end of its input, and leaves nothing registered", async () => {
    const { dependencies, registered } = createChildRig();
    const child = createMpeg1Tools(dependencies).transcodeMpeg1("pond");
    const pid = pidOf(registered()[0]);
    child.stdin.write(encodeFragmentedMp4("libx264"));
    await child.stop();
    expect(isAlive(pid)).toBe(false);
    expect(registered()).toEqual([]);
  });

  test("that hangs is killed", async () => {
    const { dependencies, registered } = createChildRig();
    const child = createMpeg1Tools(dependencies).transcodeMpeg1("pond");
    const pid = pidOf(registered()[0]);
    process.kill(pid, "SIGSTOP");
    await child.stop();
    expect(isAlive(pid)).toBe(false);
    expect(registered()).toEqual([]);
  });

  test("ends when what it is fed is no stream", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const { dependencies, registered } = createChildRig();
    const child = createMpeg1Tools(dependencies).transcodeMpeg1("pond");
    child.stdin.end(Buffer.alloc(5000, 7));
    expect(await child.ended).toMatchObject({ code: 1, reason: "transcoder.ended" });
    expect(registered()).toEqual([]);
  });

  test("says so where there is no ffmpeg, and takes nothing down", async () => {
    vi.stubEnv("PATH", createScratchFolder());
    const { dependencies, registered } = createChildRig();
    const child = createMpeg1Tools(dependencies).transcodeMpeg1("pond");
    expect(await child.ended).toMatchObject({ reason: "ffmpeg.missing" });
    await child.stop();
    expect(registered()).toEqual([]);
  });

  test("that a killed gateway left behind is ended at the next start, though it leads no group", async () => {
    const { folder, dependencies } = createChildRig();
    const orphan = spawn("sleep", ["600"], { stdio: "ignore" });
    dependencies.register.add(orphan.pid ?? 0);
    expect(endOrphans(folder, silentLogger)).toBe(1);
    await until(() => !isAlive(orphan.pid ?? 0));
  });
});

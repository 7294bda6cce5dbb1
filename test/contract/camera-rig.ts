import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import type { Camera, Login, Privacy } from "../../src/core/site.ts";
import { systemClock } from "../../src/core/time.ts";
import type { ChildDependencies } from "../../src/drivers/ffmpeg/child-process.ts";
import { createChildRegister } from "../../src/drivers/ffmpeg/child-register.ts";
import { createMediaTools } from "../../src/drivers/ffmpeg/media-tools.ts";
import { createCameraStream } from "../../src/video/camera-stream.ts";
import type { StreamPatience } from "../../src/video/ingest-session.ts";
import { until } from "../support/until.ts";

export const FORMAT = { width: 320, height: 180, framesPerSecond: 5 };

/** Children as the gateway has them. When the test is over, none may be left. */
export function createChildren(): ChildDependencies {
  const folder = mkdtempSync(join(tmpdir(), "cunshao-"));
  onTestFinished(() => {
    const left = readdirSync(folder);
    rmSync(folder, { recursive: true, force: true });
    expect(left).toEqual([]);
  });
  return { clock: systemClock, log: silentLogger, register: createChildRegister(folder) };
}

export interface StreamOptions {
  readonly sub?: string;
  readonly otherAddresses?: Camera["otherAddresses"];
  readonly login?: Login;
  readonly audio?: boolean;
  readonly privacy?: Privacy;
  readonly patience?: StreamPatience;
}

/** The real camera stream on an address, started; it stops with the test. */
export async function watchCamera(url: string, { patience, ...options }: StreamOptions = {}) {
  const media = createMediaTools(createChildren());
  const camera: Camera = { id: "pond", name: "东塘", main: url, ...options, zones: [] };
  const dependencies = { media, clock: systemClock, random: Math.random, log: silentLogger };
  const stream = createCameraStream(dependencies, camera, FORMAT, patience);
  onTestFinished(() => stream.stop());
  const states: string[] = [];
  stream.observations.on(({ state, reason }) => states.push(`${state} ${reason}`.trim()));
  let pictures = 0;
  stream.pictures.on(() => pictures++);
  await stream.start();
  return {
    stream,
    states,
    pictures: () => pictures,
    /** Waits until the camera is in this state, or has been after those that came before. */
    async becomes(state: RegExp, fromIndex = 0): Promise<number> {
      const find = () => states.findIndex((seen, index) => index >= fromIndex && state.test(seen)) + 1;
      const found = await until(find, { timeoutMs: 50_000 }).catch((cause: unknown) => {
        throw new Error(`never became ${state}, but: ${states.join(", ")}`, { cause });
      });
      return found;
    },
  };
}

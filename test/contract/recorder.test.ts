import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openBuffer, recordingsFolder } from "../../src/buffer/buffer.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Segment } from "../../src/core/recordings.ts";
import { systemClock } from "../../src/core/time.ts";
import { endOrphans } from "../../src/drivers/ffmpeg/child-register.ts";
import { createSegmentFiles } from "../../src/video/segment-files.ts";
import { scanSegments } from "../../src/video/segment-scan.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS } from "../support/browser.ts";
import { type CameraServer, footage, startCameras, thirdPartyCameras } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";
import { type Stripped, startChild, stripTypes } from "./buffer-child.ts";

const lacking = thirdPartyCameras();
const ENCODING_MS = 120_000;

interface Durable {
  readonly sizeBytes: number;
  readonly endMs: number;
}

describe.skipIf(lacking)(
  `the recorder on GStreamer's RTSP server${lacking ? ` (skipped: ${lacking})` : ""}`,
  () => {
    let server: CameraServer;
    let child: Stripped;
    beforeAll(async () => {
      server = await startCameras({
        cameras: { room: `${footage("one-by-one-person.mp4")}@0-12` },
        seconds: 120,
      });
      child = await stripTypes(["core", "buffer", "video", "drivers"], "test/contract/recorder.child.ts");
    }, ENCODING_MS);
    afterAll(async () => {
      await server.kill();
      await child.remove();
    });

    /** Records until several segments are there, then kills the process; what it had called durable by then. */
    async function recordAndKill(dataFolder: string): Promise<Map<string, Durable>> {
      const running = startChild(process.execPath, child.script, dataFolder, server.url("room"), "2");
      const durable = new Map<string, Durable>();
      const read = (): void => {
        for (const line of running.lines) {
          const [, sizeBytes, endMs, path] = /^durable (\d+) (\d+) (.*)$/.exec(line) ?? [];
          if (path) durable.set(path, { sizeBytes: Number(sizeBytes), endMs: Number(endMs) });
        }
      };
      const hasEnough = (): boolean => {
        read();
        return durable.size >= 4;
      };
      await until(hasEnough, {
        timeoutMs: 50_000,
        what: `segments: ${running.errors()}`,
      });
      running.process.kill("SIGKILL");
      expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
      read();
      endOrphans(join(dataFolder, "children"), silentLogger);
      return durable;
    }

    async function openAndScan(dataFolder: string) {
      const buffer = await openBuffer({
        dataFolder,
        siteId: "longwan",
        bootId: "boot-2",
        clock: systemClock,
        random: Math.random,
        log: silentLogger,
        clockQuality: () => "synced",
      });
      const folder = recordingsFolder(dataFolder);
      const files = createSegmentFiles(folder);
      const { signal } = new AbortController();
      const scan = () =>
        scanSegments(
          { files, index: buffer.recordings, folder, log: silentLogger, inHand: new Set() },
          signal,
        );
      const report = await scan();
      return { buffer, report, scan, segments: await buffer.recordings.all() };
    }

    async function folder(): Promise<string> {
      const made = await mkdtemp(join(tmpdir(), "cunshao-recorder-"));
      onTestFinished(() => rm(made, { recursive: true, force: true }));
      return made;
    }

    test("after a kill has everything it called durable, playable and in the index, also when the index is lost", async () => {
      const dataFolder = await folder();
      const durable = await recordAndKill(dataFolder);
      const first = await openAndScan(dataFolder);
      expectWhole(first.segments, durable);
      for (const [at, segment] of first.segments.entries()) {
        const next = first.segments[at + 1];
        // One session: each file begins where the one before it ends.
        if (next) expect(Math.abs(next.startMs - segment.endMs)).toBeLessThan(500);
      }
      await first.buffer.close();

      await rm(join(dataFolder, "ledger"), { recursive: true });
      const rebuilt = await openAndScan(dataFolder);
      expect(rebuilt.report.adopted).toBe(first.segments.length);
      const told = ({ path, startMs, sizeBytes, mediaType, clock }: Segment) => ({
        path,
        startMs,
        sizeBytes,
        mediaType,
        clock,
      });
      expect(rebuilt.segments.map(told)).toEqual(first.segments.map(told));
      for (const [at, { endMs }] of rebuilt.segments.entries()) {
        expect(Math.abs(endMs - (first.segments[at]?.endMs ?? 0))).toBeLessThan(200);
      }
      expect(await rebuilt.scan()).toMatchObject({ adopted: 0, closed: 0, forgotten: 0, mended: 0 });
      await rebuilt.buffer.close();
    });

    function expectWhole(segments: readonly Segment[], durable: ReadonlyMap<string, Durable>): void {
      expect(segments.length).toBeGreaterThanOrEqual(durable.size);
      for (const [path, { sizeBytes, endMs }] of durable) {
        const segment = segments.find((one) => one.path === path);
        expect(segment, path).toBeDefined();
        expect(segment?.sizeBytes).toBeGreaterThanOrEqual(sizeBytes);
        expect((segment?.endMs ?? 0) - endMs).toBeGreaterThan(-200);
      }
      for (const { path, sizeBytes, isOpen, startMs, endMs } of segments) {
        expect(isOpen).toBe(false);
        expect(statSync(path).size).toBe(sizeBytes);
        const decoded = decode(path);
        expect(decoded.complaints).toBe("");
        // 15 pictures a second.
        expect(Math.abs(decoded.frames - ((endMs - startMs) * 15) / 1000)).toBeLessThan(5);
      }
    }

    test.skipIf(!existsSync(CHROMIUM))(
      "writes files that ffmpeg and Chromium play up to wherever they are cut (needs Chromium)",
      async () => {
        const dataFolder = await folder();
        await recordAndKill(dataFolder);
        const { buffer, segments } = await openAndScan(dataFolder);
        await buffer.close();
        // The second of its session: its times do not begin at 0.
        const bytes = readFileSync(segments[1]?.path ?? "");
        const whole = decode(segments[1]?.path ?? "").frames;
        const cuts = [0.31, 0.5, 0.77, 1].map((share) => bytes.subarray(0, Math.floor(bytes.length * share)));
        const shown = await playInChromium(cuts);
        let before = 0;
        for (const [at, cut] of cuts.entries()) {
          const frames = execFileSync("ffprobe", ["-v", "quiet", "-count_frames", ...FRAMES, "-"], {
            input: cut,
          });
          const decoded = Number(frames.toString().trim());
          expect(decoded).toBeGreaterThan(before);
          // The frame that was cut may not be shown.
          expect(shown[at]).toBeGreaterThanOrEqual(decoded - 3);
          before = decoded;
        }
        expect(before).toBe(whole);
      },
    );
  },
);

const FRAMES = ["-select_streams", "v", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"];

function decode(path: string): { frames: number; complaints: string } {
  const frames = execFileSync("ffprobe", ["-v", "error", "-count_frames", ...FRAMES, path])
    .toString()
    .trim();
  const { stderr } = spawnSync("ffmpeg", ["-v", "error", "-i", path, "-f", "null", "-"]);
  return { frames: Number(frames), complaints: stderr.toString() };
}

/** Pictures that the browser has shown of each file when it could play no further. */
async function playInChromium(files: readonly Buffer[]): Promise<number[]> {
  const server = createServer(({ url = "/" }, answer) => {
    const file = files[Number(url.slice(1))];
    if (url === "/") answer.setHeader("content-type", "text/html").end("<video muted></video>");
    else if (file) answer.setHeader("content-type", "video/mp4").end(file);
    else answer.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const shown: number[] = [];
    for (const at of files.keys()) {
      const frames: number = await page.evaluate(`new Promise((resolve) => {
        const video = document.querySelector("video");
        const end = () => resolve(video.getVideoPlaybackQuality().totalVideoFrames);
        video.onended = end;
        video.onerror = end;
        video.src = "/${at}";
        video.play().catch(() => {});
      })`);
      shown.push(frames);
    }
    return shown;
  } finally {
    await browser.close();
    server.close();
  }
}

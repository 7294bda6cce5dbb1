import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { silentLogger } from "../../src/core/log.ts";
import type { OwnProgram } from "../../src/core/own-program.ts";
import type { Rule } from "../../src/core/site.ts";
import { systemClock } from "../../src/core/time.ts";
import { createOwnPrograms } from "../../src/drivers/node/own-program.ts";
import type { TrialAnswer, TrialQuestion } from "../../src/provision/zone-trial/trial-messages.ts";
import { triedRules } from "../../src/provision/zone-trial/trial-rules.ts";
import { lengthMs, stretchesOf } from "../../src/provision/zone-trial/trial-stretches.ts";
import { defaultModel } from "../../src/vision/people/people.ts";
import { createPersonProcess } from "../../src/vision/people/person-process.ts";
import { footagePicture, missing, NANODET } from "../support/footage-pictures.ts";
import { PROJECT } from "../support/project.ts";
import { footage } from "../support/rtsp-cameras.ts";
import { MissingPart } from "./missing-part.ts";
import { percentiles } from "./percentiles.ts";
import { readCpu } from "./process-cpu.ts";

// How long a dry run takes over an hour in which people came by for three times two minutes, and what that does to the
// looks of the live model beside it.

const PROGRAM = pathToFileURL(join(PROJECT, "dist/src/zone-trial-program.js"));
const CLIP = "one-by-one-person.mp4";
const LIVE_CLIP = "worker-zone.mp4";
const HOUR_MS = 3_600_000;
const WALK_MS = 136_000;
const STILL_MS = 60_000;
const FRAMES_PER_SECOND = 15;
/** Of the clip, before anybody comes. */
const EMPTY_FRAMES = 5 * FRAMES_PER_SECOND;
/** When people come by, from the hour's beginning. */
const WALKS_MS = [600_000, 1_800_000, 3_000_000];
const LAST_IN_LINE = 19;
/** As Linux counts them (sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;
/** As often as live pictures are judged. */
const LOOK_EVERY_MS = 200;
const TURN_MS = 8_000;
const TURNS = 6;
const TRIED = { camera: "pond", zone: "bank" };
const RULE: Rule = {
  ...{ id: "bank", name: "bank", cooldownSeconds: 30, trackCooldownSeconds: 60, say: [], escalate: [] },
  when: { kind: "person", ...TRIED, dwellSeconds: 0 },
  schedule: { days: [1], fromMinute: 0, toMinute: 1 },
};

export async function measureTrial(): Promise<object> {
  const obstacle = missing(NANODET, footage(CLIP), footage(LIVE_CLIP));
  if (obstacle) throw new MissingPart(`bench trial: ${obstacle}`);
  if (spawnSync("ffmpeg", ["-version"]).status !== 0) throw new MissingPart("bench trial: ffmpeg is missing");
  const folder = mkdtempSync(join(tmpdir(), "bench-trial-"));
  try {
    const films = { walk: film(folder, "walk", WALK_MS), still: film(folder, "still", STILL_MS) };
    const hour = hourOf(films);
    const looks = await looksBeside({ ...hour, stretches: [{ fromMs: 0, toMs: HOUR_MS }] });
    return { ...(await runHour(hour)), looks };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As a camera's main stream is recorded: 1080p, a key frame every two seconds, a fragment a frame. */
function film(folder: string, name: "walk" | "still", lengthOfFilmMs: number): string {
  const path = join(folder, `${name}.mp4`);
  // Frames that come again have the times of the first ones until they are counted anew.
  const again = `loop=-1:${EMPTY_FRAMES},setpts=N/${FRAMES_PER_SECOND}/TB,`;
  const frames = `fps=${FRAMES_PER_SECOND},${name === "still" ? again : ""}scale=1920:1080`;
  process.stderr.write(`the film "${name}" is made\n`);
  execFileSync("ffmpeg", [
    ...["-nostdin", "-v", "error", "-y", "-i", footage(CLIP), "-t", String(lengthOfFilmMs / 1000)],
    ...["-vf", frames, "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
    ...["-g", "30", "-pix_fmt", "yuv420p", "-an", "-f", "mp4"],
    ...["-movflags", "frag_every_frame+empty_moov+default_base_moof+skip_trailer", path],
  ]);
  return path;
}

function hourOf({ walk, still }: { readonly walk: string; readonly still: string }): TrialQuestion {
  const segments: TrialQuestion["segments"][number][] = [];
  const walksMs = [...WALKS_MS];
  for (let atMs = 0; atMs < HOUR_MS; ) {
    const isWalk = (walksMs[0] ?? HOUR_MS) <= atMs;
    if (isWalk) walksMs.shift();
    const endMs = atMs + (isWalk ? WALK_MS : STILL_MS);
    segments.push({ path: isWalk ? walk : still, startMs: atMs, endMs, clock: "synced" });
    atMs = endMs;
  }
  const moved = segments.flatMap(({ path, startMs, endMs }) =>
    path === walk ? [{ fromMs: startMs, toMs: endMs }] : [],
  );
  const recorded = [{ fromMs: 0, toMs: HOUR_MS }];
  const polygon = [
    [0.2, 0.3],
    [0.8, 0.3],
    [0.8, 1],
    [0.2, 1],
  ] as const;
  return {
    camera: TRIED.camera,
    tried: TRIED,
    niceness: LAST_IN_LINE,
    zones: [{ id: TRIED.zone, polygon }],
    lines: [],
    rules: triedRules([RULE], TRIED),
    segments,
    stretches: stretchesOf({ recorded, moved, nowMs: HOUR_MS, afterMs: 0 }),
    model: defaultModel(join(PROJECT, "dist/models")),
    site: { timezone: "Asia/Shanghai" },
  };
}

interface Started {
  readonly program: OwnProgram;
  readonly pid: number;
  /** Rejects where it fails, or ends before it has answered: short of memory, the kernel ends it first. */
  readonly failed: Promise<never>;
}

function begin(question: TrialQuestion, onAnswer: (answer: TrialAnswer) => void): Started {
  let pid = 0;
  const register = {
    add: (added: number) => {
      pid = added;
    },
    remove: () => {},
  };
  const program = createOwnPrograms({ log: silentLogger, register })(PROGRAM);
  if (pid === 0) throw new Error("the dry run could not be started");
  const failed = new Promise<never>((_resolve, reject) => {
    program.onMessage((message) => {
      const answer = message as TrialAnswer;
      if (answer.kind === "failed") reject(new Error(`${answer.code}: ${answer.message}`));
      else onAnswer(answer);
    });
    void program.ended.then(({ code, signal, lastWords }) =>
      reject(new Error(`the dry run ended by ${signal ?? `exit code ${code}`}: ${lastWords}`)),
    );
  });
  // It is awaited later, or not at all once the dry run is no longer needed.
  failed.catch(() => undefined);
  program.send(question);
  return { program, pid, failed };
}

async function runHour(question: TrialQuestion): Promise<object> {
  const beganMs = performance.now();
  let alarms = 0;
  let peakMiB = 0;
  let coreSeconds = 0;
  let onDone = (): void => {};
  const done = new Promise<void>((resolve) => {
    onDone = resolve;
  });
  const { program, pid, failed } = begin(question, (answer) => {
    if (answer.kind === "alarm") alarms++;
    if (answer.kind === "progress") {
      peakMiB = Math.max(peakMiB, residentMiB(pid));
      process.stderr.write(`\r${Math.round(answer.lookedAtSeconds)} s looked at `);
    }
    if (answer.kind === "done") {
      coreSeconds = readCpu(pid).ticks / TICKS_PER_SECOND;
      onDone();
    }
  });
  try {
    await Promise.race([done, failed]);
  } finally {
    program.kill();
  }
  process.stderr.write("\n");
  return {
    tookSeconds: Math.round((performance.now() - beganMs) / 1000),
    coreSeconds: Math.round(coreSeconds),
    recordedSeconds: HOUR_MS / 1000,
    lookedAtSeconds: Math.round(lengthMs(question.stretches) / 1000),
    alarms,
    /** Of the program; its decoder has as much again at 1080p. */
    peakMiB,
  };
}

/** In turns, so that a machine that grows busy grows busy for both. */
async function looksBeside(question: TrialQuestion): Promise<object> {
  const startProgram = createOwnPrograms({ log: silentLogger });
  const live = createPersonProcess(
    { clock: systemClock, startProgram },
    { ...defaultModel(join(PROJECT, "dist/models")), threads: 1 },
  );
  const picture = footagePicture(LIVE_CLIP, 2, { width: 416, height: 224 });
  const tookMs = { alone: [] as number[], beside: [] as number[] };
  let lookedAtSeconds = 0;
  const { pid, failed } = begin(question, (answer) => {
    if (answer.kind === "progress") lookedAtSeconds = answer.lookedAtSeconds;
  });
  const takeTurns = async (): Promise<void> => {
    await live.load();
    for (let turn = 0; turn < 2 * TURNS; turn++) {
      const isBeside = turn % 2 === 1;
      // The whole session, and so the decoder with it.
      signalGroup(pid, isBeside ? "SIGCONT" : "SIGSTOP");
      const untilMs = performance.now() + TURN_MS;
      while (performance.now() < untilMs) {
        const beganMs = performance.now();
        await live.detect(picture);
        const ms = performance.now() - beganMs;
        tookMs[isBeside ? "beside" : "alone"].push(ms);
        await systemClock.sleep(Math.max(0, LOOK_EVERY_MS - ms));
      }
      process.stderr.write(`\r${turn + 1} of ${2 * TURNS} turns `);
    }
  };
  try {
    await Promise.race([takeTurns(), failed]);
  } finally {
    // A decoder that is stopped does not notice that nobody reads it any more.
    signalGroup(pid, "SIGKILL");
    await live.close();
    process.stderr.write("\n");
  }
  const [alone, beside] = [percentiles(tookMs.alone), percentiles(tookMs.beside)];
  return { alone, beside, ratio: Number((beside.p50 / alone.p50).toFixed(2)), lookedAtSeconds };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended, which is told where it is waited for.
  }
}

function residentMiB(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    // It has ended, which is told where it is waited for.
    return 0;
  }
}

// A dry run as the gateway does one: the real desk and the real program in its own process, over recordings as the
// recorder leaves them.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { ModelSetting } from "../../src/core/detector.ts";
import { silentLogger } from "../../src/core/log.ts";
import { noCells } from "../../src/core/movement-cells.ts";
import type { StartOwnProgram } from "../../src/core/own-program.ts";
import type { Segment } from "../../src/core/recordings.ts";
import type { Rule } from "../../src/core/site.ts";
import { systemClock } from "../../src/core/time.ts";
import type { TrialSubject, ZoneTrialState } from "../../src/core/zone-trial.ts";
import type { ZoneDesk } from "../../src/core/zones.ts";
import { createOwnPrograms } from "../../src/drivers/node/own-program.ts";
import { defaultModel } from "../../src/vision/people/people.ts";
import { missing, NANODET } from "../support/footage-pictures.ts";
import { PROJECT } from "../support/project.ts";
import { footage } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";
import { createZoneTrialsRig } from "../support/zone-trials-double.ts";

const PROGRAM = pathToFileURL(join(PROJECT, "dist/src/zone-trial-program.js"));
const FRAGMENTS = "frag_every_frame+empty_moov+default_base_moof+skip_trailer";
const DAY: Rule["schedule"] = { days: [1], fromMinute: 0, toMinute: 1 };
/** Stretches of ten seconds; nobody is in a hurry on a machine that is shared. */
const PATIENCE = { timeoutMs: 180_000 };
const WHOLE = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
] as const;
const SKY = [
  [0, 0],
  [1, 0],
  [1, 0.2],
  [0, 0.2],
] as const;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zone-trial-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A film as the recorder leaves one, each a file of its own. */
function film(name: string, ...source: string[]): string {
  const path = join(folder, `${name}.mp4`);
  const coding = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "15"];
  const shape = ["-pix_fmt", "yuv420p", "-an", "-f", "mp4", "-movflags", FRAGMENTS];
  execFileSync("ffmpeg", ["-nostdin", "-v", "error", "-y", ...source, ...coding, ...shape, path]);
  return path;
}

/** A box as high as a person that walks through a place with some structure, from 8 s to 12 s of 16. */
function drawWalk(): string {
  const place = "nullsrc=s=640x360:r=15:d=0.06,geq=lum='90+40*sin(X/23)*sin(Y/17)':cb=128:cr=128";
  const still = film("place", "-f", "lavfi", "-i", place);
  const walker = "color=c=0x202020:s=30x100:r=15:d=16";
  const walk = "overlay=x='if(between(t,8,12),40+130*(t-8),-100)':y=200:shortest=1";
  return film(
    "walk",
    ...["-stream_loop", "-1", "-i", still, "-f", "lavfi", "-i", walker],
    ...["-filter_complex", `[0:v]setpts=N/15/TB[place];[place][1:v]${walk}`],
  );
}

let drawn = "";
function walkFilm(name = "walk"): string {
  drawn ||= drawWalk();
  const path = join(folder, `${name}.mp4`);
  if (name !== "walk") copyFileSync(drawn, path);
  return path;
}

interface Recorded {
  readonly path: string;
  /** Seconds before now. */
  readonly ago: number;
  readonly seconds: number;
  readonly clock?: Segment["clock"];
}

function rig(recorded: readonly Recorded[], { rules = [], model, niceness = 0 }: Setting = {}) {
  const zones: Pick<ZoneDesk, "preview" | "zonesOf"> = {
    zonesOf: () => [],
    preview: (_camera, id, { polygon }) => [{ id, name: "塘埂", polygon }],
  };
  const pids: number[] = [];
  const register = { add: (pid: number) => void pids.push(pid), remove: () => {} };
  const startProgram: StartOwnProgram = createOwnPrograms({ log: silentLogger, register });
  const made = createZoneTrialsRig(systemClock, zones, rules, {
    ...{ startProgram, program: PROGRAM, niceness },
    model,
  });
  const nowMs = Math.round(systemClock.now().wallMs);
  for (const { path, ago, seconds, clock = "synced" } of recorded) {
    const startMs = nowMs - ago * 1000;
    made.segments.segments.push({
      ...{
        id: made.segments.segments.length + 1,
        camera: "pond-east",
        startMs,
        endMs: startMs + seconds * 1000,
      },
      ...{
        clock,
        path,
        sizeBytes: existsSync(path) ? statSync(path).size : 0,
        isOpen: false,
        isLocked: false,
      },
      mediaType: 'video/mp4; codecs="avc1.42c00b"',
    });
    const span = { fromMs: startMs, toMs: startMs + seconds * 1000, clock };
    made.movement.add({ camera: "pond-east", ...span, zones: [], cells: noCells() });
  }
  onTestFinished(() => made.desk.stop());
  const begin = async (of: readonly (readonly [number, number])[] | TrialSubject = WHOLE) => {
    const by = { kind: "person" as const, name: "installer" };
    const subject = "drawing" in of ? of : { zone: "bank", drawing: { polygon: of } };
    return made.desk.begin(await made.desk.weigh({ camera: "pond-east", ...subject, by }));
  };
  const stateOf = (id: string): ZoneTrialState => {
    const state = made.desk.find("pond-east", id);
    if (!state) throw new Error("forgotten");
    return state;
  };
  const tried = async (polygon?: Parameters<typeof begin>[0]) => {
    const { id } = await begin(polygon);
    await until(() => stateOf(id).status !== "running", PATIENCE);
    return stateOf(id);
  };
  return { ...made, begin, tried, stateOf, pids, nowMs };
}

interface Setting {
  readonly rules?: readonly Rule[];
  readonly model?: ModelSetting;
  /** 0 unless told: what is found does not depend on it, and how long that takes does. */
  readonly niceness?: number;
}

const secondsAgo = (nowMs: number, { alarms }: ZoneTrialState) =>
  alarms.map(({ atMs }) => Math.round((nowMs - atMs) / 1000));

describe("a dry run by movement", () => {
  test("finds who walks through, when it was, and shows the picture with the place", async () => {
    const { tried, desk, nowMs } = rig([{ path: walkFilm(), ago: 600, seconds: 16 }]);
    const state = await tried();
    expect(state).toMatchObject({
      ...{ status: "done", detector: "movement", alarmCount: 1, recordedSeconds: 16, stillSeconds: 0 },
      alarms: [{ number: 1, hasPicture: true }],
      seen: { inZone: 1 },
    });
    const [ago = 0] = secondsAgo(nowMs, state);
    expect(ago).toBeGreaterThanOrEqual(587);
    expect(ago).toBeLessThanOrEqual(592);
    const [box] = state.alarms[0]?.boxes ?? [];
    expect(box?.y).toBeGreaterThan(0.4);
    expect(box?.height).toBeLessThan(0.5);
    const picture = Buffer.from(desk.picture("pond-east", state.id, 1) ?? []);
    expect([...picture.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
    expect(picture.length).toBeLessThan(40_000);
  });

  test("finds nobody where the zone lies elsewhere, nor where the rule waits for longer", async () => {
    const path = walkFilm();
    expect(await rig([{ path, ago: 600, seconds: 16 }]).tried(SKY)).toMatchObject({
      ...{ status: "done", alarmCount: 0, seen: { inZone: 0 } },
    });
    const patient: Rule = {
      ...{ id: "bank", name: "塘埂", schedule: DAY, cooldownSeconds: 0, say: [], escalate: [] },
      when: { kind: "person", camera: "pond-east", zone: "bank", dwellSeconds: 30 },
    };
    const state = await rig([{ path, ago: 600, seconds: 16 }], { rules: [patient] }).tried();
    expect(state).toMatchObject({
      status: "done",
      alarmCount: 0,
      rules: [{ id: "bank" }],
      seen: { inZone: 1 },
    });
    expect(state.seen.longestStaySeconds).toBeGreaterThanOrEqual(2);
  });

  test("counts who goes over a line as it is drawn, whether a rule needs it or not", async () => {
    const recorded = [{ path: walkFilm(), ago: 600, seconds: 16 }];
    const points = [
      [0.5, 0.3],
      [0.5, 1],
    ] as const;
    const subject = { line: "edge", drawing: { name: "路口", points, inside: "left" } } as const;
    const state = await rig(recorded).tried(subject);
    expect(state).toMatchObject({ status: "done", alarmCount: 1, line: "edge", rules: [] });
    expect(state.seen.over).toEqual({ in: 1, out: 0 });
    const wayOut: Rule = {
      ...{ id: "out", name: "出村", schedule: DAY, cooldownSeconds: 0, say: [], escalate: [] },
      when: { kind: "line", camera: "pond-east", line: "edge", direction: "out" },
    };
    const quiet = await rig(recorded, { rules: [wayOut] }).tried(subject);
    expect(quiet).toMatchObject({ alarmCount: 0, rules: [{ id: "out" }], seen: { over: { in: 1, out: 0 } } });
  });

  test("dates what it finds in each of several recordings, of whatever size and clock", async () => {
    const { tried, nowMs } = rig([
      { path: walkFilm(), ago: 1800, seconds: 16, clock: "unsynced" },
      { path: film("large", "-i", walkFilm(), "-vf", "scale=960:540"), ago: 900, seconds: 16 },
    ]);
    const agos = secondsAgo(nowMs, await tried());
    expect(agos).toHaveLength(2);
    expect(Math.abs((agos[0] ?? 0) - (agos[1] ?? 0) - 900)).toBeLessThanOrEqual(1);
  });

  test("goes on over what cannot be read: torn, overwritten, gone", async () => {
    const torn = walkFilm("torn");
    truncateSync(torn, Math.floor(statSync(torn).size / 3));
    const spoilt = walkFilm("spoilt");
    const bytes = readFileSync(spoilt);
    bytes.fill(0xa5, Math.floor(bytes.length / 4), Math.floor(bytes.length / 2));
    writeFileSync(spoilt, bytes);
    writeFileSync(join(folder, "text.mp4"), "not a video at all\n");
    const state = await rig([
      { path: torn, ago: 2400, seconds: 16 },
      { path: spoilt, ago: 2000, seconds: 16 },
      { path: join(folder, "text.mp4"), ago: 1600, seconds: 16 },
      { path: join(folder, "nowhere.mp4"), ago: 1200, seconds: 16 },
      { path: walkFilm(), ago: 600, seconds: 16 },
    ]).tried();
    expect(state.status).toBe("done");
    expect(state.alarmCount).toBeGreaterThanOrEqual(1);
    expect(state.lookedAtSeconds).toBe(80);
  });

  test("stands behind everything else for the processor, and its decoder with it", async () => {
    const recorded = [{ path: walkFilm(), ago: 600, seconds: 16 }];
    const { begin, stateOf, pids, desk } = rig(recorded, { niceness: 19 });
    const { id } = await begin();
    await until(() => stateOf(id).detector !== undefined, PATIENCE);
    const [pid = 0] = pids;
    const decoders = (): number[] =>
      execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" })
        .trim()
        .split(/\s+/)
        .map(Number);
    await until(() => decoders().length > 0, PATIENCE);
    for (const one of [pid, ...decoders().slice(0, 1)]) {
      const [, , , , , , , , , , , , , , , , , , nice] = readFileSync(`/proc/${one}/stat`, "utf8")
        .replace(/^\d+ \(.*\) /, "0 0 ")
        .split(" ");
      expect(Number(nice)).toBe(19);
      const group = `/proc/${one}/autogroup`;
      if (existsSync(group)) expect(readFileSync(group, "utf8")).toMatch(/nice 19$/m);
    }
    expect(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8").trim()).toBe("1000");
    desk.cancel("pond-east", id);
    await until(() => !existsSync(`/proc/${pid}`), PATIENCE);
    expect(stateOf(id).status).toBe("stopped");
  });

  test("says why it failed where the model is not what it should be", async () => {
    const model = { file: join(folder, "nowhere.onnx"), sha256: "0".repeat(64) };
    const state = await rig([{ path: walkFilm(), ago: 600, seconds: 16 }], { model }).tried();
    expect(state).toMatchObject({ status: "failed", failure: "detector.missing" });
  });
});

const clip = footage("one-by-one-person.mp4");
const obstacle = missing(NANODET, clip);
describe.skipIf(obstacle)(`a dry run by the model${obstacle && ` (${obstacle})`}`, () => {
  test("finds the people of real footage one by one, and no one in a zone that they do not enter", async () => {
    const path = film("people", "-i", clip, "-t", "60", "-vf", "fps=10");
    const recorded = [{ path, ago: 600, seconds: 60 }];
    const model = defaultModel(join(PROJECT, "dist/models"));
    const { tried, desk } = rig(recorded, { model });
    const state = await tried();
    expect(state).toMatchObject({
      status: "done",
      detector: "nanodet-g",
      alarms: [{ hasPicture: true }, {}, {}],
    });
    expect(state.seen.people).toBeGreaterThanOrEqual(3);
    expect(desk.picture("pond-east", state.id, 1)?.length).toBeGreaterThan(2_000);
    const elsewhere = await tried(SKY);
    expect(elsewhere).toMatchObject({ status: "done", alarmCount: 0, seen: { inZone: 0 } });
    expect(elsewhere.seen.people).toBeGreaterThanOrEqual(3);
  }, 400_000);
});

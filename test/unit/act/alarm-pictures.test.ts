import { describe, expect, test } from "vitest";
import { createAlarmPictures } from "../../../src/act/alarm-pictures.ts";
import { createAlarmRecorder } from "../../../src/act/alarm-recorder.ts";
import type { AlarmRaise } from "../../../src/core/alarm.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { PictureMarks } from "../../../src/core/media.ts";
import type { Observation, SeenTrack } from "../../../src/core/observation.ts";
import type { Moment } from "../../../src/core/time.ts";
import type { CameraView } from "../../../src/core/village.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createEvidenceDouble, createLedgerDouble } from "../../support/stores-double.ts";
import { createVillageDouble } from "../../support/village-double.ts";

const AT = { wallMs: 5000, monotonicMs: 5000 };
const BOX = { x: 0.4, y: 0.5, width: 0.1, height: 0.3 };
const PATH = [
  [0.2, 0.8],
  [0.45, 0.8],
] as const;
const BANK = [
  [0.1, 0.5],
  [0.9, 0.5],
  [0.5, 1],
] as const;
const track = (score: number): SeenTrack => ({
  id: 1,
  feet: [0.45, 0.8],
  box: BOX,
  score,
  sureness: 1,
  moved: true,
  zones: ["bank"],
  path: PATH,
});
const presence = {
  kind: "presence",
  camera: "pond-east",
  zone: "bank",
  present: true,
  boxes: [BOX],
  detector: "nanodet-g",
  at: AT,
} as const;
const CAMERA: CameraView = {
  id: "pond-east",
  name: "东塘",
  state: "running",
  reason: "",
  since: "",
  zones: [
    { id: "bank", name: "塘埂", polygon: BANK },
    { id: "field", name: "田", polygon: BANK },
  ],
  lines: [{ id: "gate", name: "村口", points: PATH, inside: "left" }],
  occupied: [],
  faults: [],
};

function createRig() {
  const clock = createManualClock();
  const ledger = createLedgerDouble(clock);
  const recorder = createAlarmRecorder({ ledger, clock, random: () => 0, log: silentLogger });
  const village = createVillageDouble(clock, { cameras: [CAMERA] });
  const asked: (Moment | undefined)[] = [];
  const drawn: PictureMarks[] = [];
  const ffmpeg = { fails: false };
  const pictures = createAlarmPictures({
    evidence: createEvidenceDouble(),
    recorder,
    async drawMarks(_jpeg, marks) {
      if (ffmpeg.fails) throw new GatewayError("no", { code: "picture.not_drawn", kind: "transient" });
      drawn.push(marks);
      return Buffer.from("drawn");
    },
    village: () => ({
      state: village.state,
      async snapshot(_camera, at) {
        asked.push(at);
        return Buffer.from("plain");
      },
    }),
    log: silentLogger,
  });
  async function take(because: Observation, camera = "pond-east") {
    const alarm: AlarmRaise = {
      id: "alarm-1",
      rule: "pond-bank",
      severity: "warning",
      evidence: { camera },
      because,
    };
    await pictures.take(alarm);
    return (await ledger.read({ after: 0, limit: 10 })).map(({ data }) => data);
  }
  return { take, asked, drawn, ffmpeg };
}

describe("an alarm's pictures", () => {
  test("are the one that was judged, and one more with box, path and zone drawn in", async () => {
    const { take, asked, drawn } = createRig();
    const [plain, drawing] = await take({ ...presence, tracks: [track(0.71), track(0.8712)] });
    expect(asked).toEqual([AT]);
    expect(drawn).toEqual([
      { boxes: [BOX], paths: [PATH, PATH], outlines: [[...BANK, BANK[0]]] } satisfies PictureMarks,
    ]);
    expect(plain).toMatchObject({ kind: "snapshot", detector: "nanodet-g", score: 0.871, sureness: 1 });
    expect(plain?.["boxes"]).toEqual([BOX]);
    expect(plain?.["paths"]).toEqual([PATH, PATH]);
    expect(drawing).toMatchObject({
      kind: "drawing",
      of: plain?.["sha256"],
      camera: "pond-east",
      detector: "nanodet-g",
      score: 0.871,
      sizeBytes: 5,
    });
  });

  test("of movement name it without a score", async () => {
    const { take, drawn } = createRig();
    const [plain] = await take({ ...presence, detector: "movement", paths: [PATH] });
    expect(drawn).toMatchObject([{ boxes: [BOX], paths: [PATH] }]);
    expect(plain).toMatchObject({ detector: "movement", paths: [PATH] });
    expect(plain).not.toHaveProperty("score");
  });

  test.each<[string, Observation, PictureMarks["outlines"]]>([
    [
      "of a crossing show the line",
      {
        kind: "crossing",
        camera: "pond-east",
        line: "gate",
        direction: "in",
        detector: "nanodet-g",
        box: BOX,
        at: AT,
      },
      [PATH],
    ],
    [
      "of somebody who vanished show where it was seen last",
      { kind: "tracks", camera: "pond-east", tracks: [track(0.7)], detector: "nanodet-g", at: AT },
      [[...BANK, BANK[0]]],
    ],
  ])("%s", async (_, because, outlines) => {
    const { take, drawn } = createRig();
    await take(because);
    expect(drawn).toMatchObject([{ boxes: [BOX], outlines }]);
  });

  test("are only the newest one where another camera or none saw what happened", async () => {
    const { take, asked, drawn } = createRig();
    await take(presence, "square");
    const events = await take({ kind: "contact", input: "sos", closed: true, at: AT });
    expect(asked).toEqual([undefined, undefined]);
    expect(drawn).toEqual([]);
    expect(events.map(({ kind }) => kind)).toEqual(["snapshot", "snapshot"]);
    expect(events[1]).not.toHaveProperty("detector");
  });

  test("lose nothing but the marks where these cannot be drawn", async () => {
    const { take, ffmpeg } = createRig();
    ffmpeg.fails = true;
    expect(await take(presence)).toMatchObject([{ kind: "snapshot", detector: "nanodet-g" }]);
  });
});

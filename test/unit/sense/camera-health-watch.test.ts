import { describe, expect, test } from "vitest";
import type { CameraMemory, CameraRecord, PictureReport } from "../../../src/core/camera-health.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { CameraState } from "../../../src/core/observation.ts";
import { createSignal } from "../../../src/core/signals.ts";
import { createCameraHealthWatch } from "../../../src/sense/camera-health-watch.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createEvidenceDouble, createLedgerDouble } from "../../support/stores-double.ts";

const PICTURE = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);
const GOOD: Omit<PictureReport, "at"> = {
  camera: "pond",
  meanLuma: 110,
  spread: 160,
  darkShare: 0,
  brightShare: 0,
  repeats: false,
  detail: 90,
  sharpness: 0.8,
  usualSharpness: 0.8,
  lostShare: 0,
  lostLuma: null,
  likeness: 1,
  place: "same",
};
const MEMORY: CameraMemory = { looks: [], usualChange: 2 };
const BLACK = { ...GOOD, darkShare: 1, meanLuma: 2, spread: 3 };

async function rig(
  kept: Map<string, CameraRecord> = new Map(),
  ledger?: ReturnType<typeof createLedgerDouble>,
) {
  const clock = createManualClock();
  const book = ledger ?? createLedgerDouble(clock);
  const reports = createSignal<PictureReport>();
  const memories = createSignal<{ camera: string; memory: CameraMemory }>();
  const camera = { state: "running" as CameraState, hasPicture: true, anew: 0 };
  const watch = createCameraHealthWatch(
    {
      clock,
      random: () => 0.5,
      log: silentLogger,
      ledger: book,
      evidence: createEvidenceDouble(),
      cameraRecords: {
        load: async (id) => kept.get(id),
        save: async (id, record) => void kept.set(id, record),
      },
      examination: { reports, memories, recall: () => {}, learnAnew: () => void camera.anew++ },
      snapshot: async () => {
        if (camera.hasPicture) return PICTURE;
        throw new GatewayError("none", { code: "video.no_picture", kind: "transient" });
      },
      onChange: () => {},
    },
    [
      {
        camera: { id: "pond", name: "东塘", main: "rtsp://127.0.0.1/1", zones: [] },
        state: () => ({ state: camera.state }),
      },
    ],
  );
  await watch.start();
  return {
    watch,
    camera,
    kept,
    ledger: book,
    async show(report: Omit<PictureReport, "at">, seconds: number) {
      for (let second = 0; second < seconds; second++) {
        reports.emit({ ...report, at: clock.now() });
        await clock.advance(1000);
      }
    },
    advance: (seconds: number) => clock.advance(seconds * 1000),
    told: async () =>
      (await book.read({ after: 0, limit: 100 })).map(({ type, data }) =>
        [type.replace("org.cunshao.", ""), data["fault"], data["snapshot"]].filter(
          (word) => word !== undefined,
        ),
      ),
  };
}

describe("the watch over cameras' health", () => {
  test("tells a fault once with its snapshot, and once that it is over", async () => {
    const { watch, show, told } = await rig();
    await show(GOOD, 5);
    await show(BLACK, 120);
    expect(watch.faults("pond")).toMatchObject([{ fault: "black" }]);
    expect(watch.sees("pond")).toBe(false);
    expect(watch.health()).toMatchObject({ status: "degraded", reason: "camera.black" });
    await show(GOOD, 15);
    expect(watch.faults("pond")).toEqual([]);
    expect(watch.health().status).toBe("ok");
    expect(await told()).toEqual([
      ["camera.fault.raised", "black", true],
      ["evidence.added", "black"],
      ["camera.fault.cleared", "black"],
    ]);
    await watch.stop();
  });

  test("says of a lost camera that there is no picture of it", async () => {
    const { watch, camera, advance, told } = await rig();
    camera.state = "lost";
    camera.hasPicture = false;
    await advance(45);
    expect(await told()).toEqual([["camera.fault.raised", "lost", false]]);
    await watch.stop();
  });

  test("does not tell again after a restart what is open, by its file or by the ledger alone", async () => {
    const first = await rig();
    await first.show(BLACK, 30);
    await first.watch.stop();
    for (const kept of [first.kept, new Map<string, CameraRecord>()]) {
      const next = await rig(kept, first.ledger);
      expect(next.watch.faults("pond")).toMatchObject([{ fault: "black" }]);
      await next.show(BLACK, 60);
      expect((await next.told()).filter(([type]) => type === "camera.fault.raised")).toHaveLength(1);
      await next.watch.stop();
    }
  });

  test("records once the disk takes it again", async () => {
    const { watch, ledger, show, told, advance } = await rig();
    ledger.failing = true;
    await show(BLACK, 30);
    expect(await told()).toEqual([]);
    ledger.failing = false;
    await advance(30);
    expect((await told())[0]).toEqual(["camera.fault.raised", "black", true]);
    await watch.stop();
  });

  test("takes the reference anew when the box turns a camera, and again once it stands still", async () => {
    const { watch, camera, kept, show, told } = await rig(new Map([["pond", { memory: MEMORY }]]));
    watch.turned("pond");
    expect(camera.anew).toBe(1);
    await show({ ...GOOD, place: null }, 15);
    watch.turned("pond");
    await show({ ...GOOD, place: null }, 19);
    expect(camera.anew).toBe(2);
    await show(GOOD, 60);
    expect(camera.anew).toBe(3);
    expect(kept.get("pond")?.memory).toBeUndefined();
    expect(await told()).toEqual([]);
    await watch.stop();
  });

  test("ends a fault of being moved when the box has turned the camera and its new place is known", async () => {
    const { watch, show, told } = await rig();
    await show({ ...GOOD, place: "other" }, 40);
    watch.turned("pond");
    await show({ ...GOOD, place: null }, 30);
    expect(watch.faults("pond")).toMatchObject([{ fault: "moved" }]);
    await show(GOOD, 15);
    expect((await told()).filter(([type]) => type?.toString().startsWith("camera."))).toEqual([
      ["camera.fault.raised", "moved", true],
      ["camera.fault.cleared", "moved"],
    ]);
    await watch.stop();
  });

  test("tells a camera that is turned by hand after the box turned it", async () => {
    const { watch, show } = await rig();
    watch.turned("pond");
    watch.turned("well");
    await show(GOOD, 40);
    await show({ ...GOOD, place: "other" }, 40);
    expect(watch.faults("pond")).toMatchObject([{ fault: "moved" }]);
    await watch.stop();
  });

  test("learns a reference anew on a person's word, and says who gave it", async () => {
    const { watch, camera, ledger } = await rig();
    await watch.setReference("pond", { kind: "person", name: "lin" });
    expect(camera.anew).toBe(1);
    const [event] = await ledger.latest(1);
    expect(event).toMatchObject({ class: "audit", data: { camera: "pond", by: { name: "lin" } } });
    await watch.stop();
  });

  test("refuses a black picture as reference, and a camera it does not know", async () => {
    const { watch, show } = await rig();
    await show(BLACK, 30);
    const by = { kind: "person", name: "lin" };
    await expect(watch.setReference("pond", by)).rejects.toMatchObject({ code: "camera.no_reference_now" });
    await expect(watch.setReference("well", by)).rejects.toMatchObject({ code: "camera.unknown" });
    await watch.stop();
  });
});

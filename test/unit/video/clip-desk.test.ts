import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ClipOrder } from "../../../src/core/footage.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { systemClock } from "../../../src/core/time.ts";
import { createChildRegister } from "../../../src/drivers/ffmpeg/child-register.ts";
import { createRemuxer } from "../../../src/drivers/ffmpeg/remux.ts";
import { createClipDesk } from "../../../src/video/clip-desk.ts";
import { FragmentHub } from "../../../src/video/fragment-hub.ts";
import { createSplitter, type Fragment, type InitSegment } from "../../../src/video/fragmented-mp4.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { probe } from "../../support/probe.ts";
import { createSegmentIndexDouble, filmFile } from "../../support/recordings-double.ts";

const START_MS = Date.parse("2026-07-01T06:00:00Z");

/** A desk on a folder, with a camera whose film a test plays by the clock: ten pictures a second. */
function createRig(folder = mkdtempSync(join(tmpdir(), "clips-")), startMs = START_MS) {
  const clock = createManualClock(startMs);
  const hub = new FragmentHub();
  const register = createChildRegister(join(folder, "children"));
  // The processes live in real time, the clips in the test's.
  const remuxer = createRemuxer({ clock: systemClock, log: silentLogger, register });
  const segments = createSegmentIndexDouble();
  const clips = join(folder, "clips");
  const disk = { room: true };
  const hasRoom = (): boolean => disk.room;
  const desk = createClipDesk(
    { clock, isClockSynced: () => true, remuxer, segments, hasRoom, folder: clips, log: silentLogger },
    [{ camera: "pond-east", hub, preRoll: { seconds: 10, maxBytes: 8_000_000 } }],
  );
  onTestFinished(() => desk.stop());
  const fragments: Fragment[] = [];
  let init: InitSegment | undefined;
  createSplitter({
    onInit: (found) => {
      init = found;
    },
    onFragment: (fragment) => fragments.push(fragment),
  })(readFileSync(filmFile(100)));
  let next = 0;
  return {
    clock,
    hub,
    disk,
    desk,
    segments,
    folder,
    files: () => readdirSync(clips),
    connect() {
      next = 0;
      if (init) hub.begin(init);
    },
    async play(seconds: number) {
      for (let frame = 0; frame < seconds * 10; frame++) {
        const fragment = fragments[next++];
        if (fragment) hub.push(fragment);
        await clock.advance(100);
      }
    },
    order: (alarm: string, more: Partial<ClipOrder> = {}): ClipOrder => ({
      alarm,
      camera: "pond-east",
      atMs: clock.now().wallMs,
      beforeSeconds: 5,
      afterSeconds: 4,
      ...more,
    }),
  };
}

describe("the clip of an alarm", () => {
  test("is not begun on a disk that is down to its reserve; one that goes on is finished", async () => {
    const rig = createRig();
    await rig.desk.start();
    rig.connect();
    await rig.play(8);
    const going = rig.desk.take(rig.order("a1"));
    rig.disk.room = false;
    const shared = rig.desk.take(rig.order("a2"));
    for (const clip of [going, shared]) clip.release();
    await rig.play(6);
    expect((await shared.ready).path).toBe((await going.ready).path);
    for (const clip of [going, shared]) await clip.settle();
    const before = rig.files();
    const refused = rig.desk.take(rig.order("a3"));
    await expect(refused.ready).rejects.toMatchObject({ code: "evidence.no_room" });
    await expect(rig.desk.recover(rig.order("a4"))).rejects.toMatchObject({ code: "evidence.no_room" });
    await rig.play(6);
    expect(rig.files()).toEqual(before);
    await refused.settle();
  });

  test("goes from before it to after it, in an MP4 that plays", async () => {
    const rig = createRig();
    await rig.desk.start();
    rig.connect();
    await rig.play(8);
    const clip = rig.desk.take(rig.order("a1"));
    clip.release();
    await rig.play(6);
    const taken = await clip.ready;
    expect(taken).toMatchObject({ lack: undefined, clock: "synced", mediaType: "video/mp4" });
    expect((taken.fromMs - START_MS) / 1000).toBeCloseTo(3, 0);
    expect((taken.toMs - START_MS) / 1000).toBeCloseTo(12, 0);
    const video = probe(taken.path);
    expect(video).toMatchObject({ complaints: "", beginsWithKeyFrame: true, width: 160, height: 96 });
    expect(video.seconds).toBeCloseTo((taken.toMs - taken.fromMs) / 1000, 1);
    // A page that loads it can begin with its first bytes.
    expect(readFileSync(taken.path).subarray(0, 4096).includes("moov")).toBe(true);
  });

  test("goes on while the alarm does, a minute at most", async () => {
    const rig = createRig();
    await rig.desk.start();
    rig.connect();
    await rig.play(6);
    const short = rig.desk.take(rig.order("a1"));
    await rig.play(20);
    short.release();
    await rig.play(1);
    const { fromMs, toMs } = await short.ready;
    expect((toMs - fromMs) / 1000).toBeGreaterThan(24);
    expect((toMs - fromMs) / 1000).toBeLessThan(27);
    await short.settle();

    const long = rig.desk.take(rig.order("a2"));
    await rig.play(70);
    const bounded = await long.ready;
    expect((bounded.toMs - bounded.fromMs) / 1000).toBeCloseTo(65, -1);
  });

  test("is shared by alarms that come together, and its draft stays until each has it in the ledger", async () => {
    const rig = createRig();
    await rig.desk.start();
    rig.connect();
    await rig.play(6);
    const first = rig.desk.take(rig.order("a1"));
    await rig.play(2);
    const second = rig.desk.take(rig.order("a2"));
    first.release();
    second.release();
    await rig.play(6);
    expect(await first.ready).toBe(await second.ready);
    expect(rig.files().filter((name) => name.endsWith(".draft.mp4"))).toHaveLength(1);
    await first.settle();
    expect(rig.files().filter((name) => name.endsWith(".draft.mp4"))).toHaveLength(1);
    await second.settle();
    expect(rig.files().filter((name) => name.endsWith(".draft.mp4"))).toHaveLength(0);
  });

  test("holds what there is when the camera is lost, and says so", async () => {
    const rig = createRig();
    await rig.desk.start();
    rig.connect();
    await rig.play(7);
    const clip = rig.desk.take(rig.order("a1"));
    await rig.play(1);
    rig.hub.end();
    const taken = await clip.ready;
    expect(taken.lack).toBe("camera.lost");
    expect(probe(taken.path).seconds).toBeGreaterThan(5);
  });

  test("shows what came before the camera was lost, also when the alarm came after", async () => {
    const rig = createRig();
    await rig.desk.start();
    rig.connect();
    await rig.play(7);
    rig.hub.end();
    await rig.clock.advance(2000);
    const taken = await rig.desk.take(rig.order("a1")).ready;
    expect(taken.lack).toBe("camera.lost");
    expect((taken.toMs - START_MS) / 1000).toBeCloseTo(7, 0);
  });

  test("of a camera without pictures fails with a reason when its time is over", async () => {
    const rig = createRig();
    await rig.desk.start();
    const clip = rig.desk.take(rig.order("a1"));
    clip.release();
    await rig.clock.advance(5000);
    await expect(clip.ready).rejects.toMatchObject({ code: "clip.no_pictures" });
  });

  test("fails with a reason where the disk takes nothing", async () => {
    const rig = createRig();
    await rig.desk.start();
    rmSync(join(rig.folder, "clips"), { recursive: true });
    writeFileSync(join(rig.folder, "clips"), "no folder");
    rig.connect();
    await rig.play(2);
    const clip = rig.desk.take(rig.order("a1"));
    await expect(clip.ready).rejects.toMatchObject({ kind: "transient" });
  });
});

describe("a clip that the gateway's end cut off", () => {
  async function cutOff() {
    const rig = createRig();
    await rig.desk.start();
    rig.connect();
    await rig.play(8);
    const order = rig.order("a1");
    const clip = rig.desk.take(order);
    await rig.play(2);
    await rig.desk.stop();
    await expect(clip.ready).rejects.toMatchObject({ code: "clip.interrupted" });
    const next = createRig(rig.folder, START_MS + 60_000);
    await next.desk.start();
    return { order, next };
  }

  test("is made of its draft at the next start, and says that it is not whole", async () => {
    const { order, next } = await cutOff();
    const taken = await next.desk.recover(order);
    expect(taken.lack).toBe("clip.cut_off");
    expect((taken.fromMs - START_MS) / 1000).toBeCloseTo(3, 0);
    expect((taken.toMs - START_MS) / 1000).toBeCloseTo(10, 0);
    expect(probe(taken.path)).toMatchObject({ complaints: "", beginsWithKeyFrame: true });
    await next.desk.forgetRemains();
    expect(next.files().filter((name) => name.endsWith(".draft.mp4"))).toEqual([]);
  });

  test("is cut from the recordings where these hold more", async () => {
    const { order, next } = await cutOff();
    next.segments.record({ startMs: START_MS, seconds: 30 });
    const taken = await next.desk.recover(order);
    expect(taken.lack).toBeUndefined();
    expect((taken.toMs - START_MS) / 1000).toBeCloseTo(12, 0);
  });

  test("is missed with a reason where nothing is left of it", async () => {
    const rig = createRig();
    await rig.desk.start();
    await expect(rig.desk.recover(rig.order("a9"))).rejects.toMatchObject({ code: "clip.no_pictures" });
  });
});

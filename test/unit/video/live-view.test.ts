import { describe, expect, test } from "vitest";
import type { LiveFormat, LiveStream } from "../../../src/core/live.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createLiveView, MOST_VIEWERS } from "../../../src/video/live-view.ts";
import { MOST_WAITING_BYTES, STUCK_MS } from "../../../src/video/viewer-pacing.ts";
import { createStreamDouble, fragment, INIT } from "../../support/live-double.ts";
import { createSinkDouble } from "../../support/live-viewers.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createMediaDouble } from "./media-double.ts";

function village() {
  const clock = createManualClock();
  const mpeg1 = createMediaDouble();
  const streams = { sub: createStreamDouble(), main: createStreamDouble(), only: createStreamDouble() };
  const live = createLiveView({ mpeg1, clock, log: silentLogger }, [
    { id: "pond", sub: streams.sub, main: streams.main },
    { id: "gate", sub: streams.only },
  ]);
  const watch = (stream: LiveStream, camera = "pond", format: LiveFormat = "mp4") => {
    const sink = createSinkDouble();
    const leave = live.watch({ camera, stream, format }, sink);
    return { ...sink, sink, leave };
  };
  const play = (stream: keyof typeof streams, ...labels: readonly string[]): void => {
    if (!streams[stream].hub.init) streams[stream].hub.begin(INIT);
    for (const label of labels) streams[stream].hub.push(fragment(label));
  };
  const leases = () => streams.sub.leases() + streams.main.leases() + streams.only.leases();
  return { clock, live, streams, watch, play, leases };
}

describe("a live viewer", () => {
  test("who waited for the camera is given its first key frame and what follows", () => {
    const { watch, play } = village();
    const { heard, sessions } = watch("sub");
    play("sub", "p1", "K2", "p3");
    expect(heard).toEqual(["begin sub", "in", "K2", "p3"]);
    expect(sessions).toEqual([{ mediaType: INIT.mediaType, stream: "sub" }]);
  });

  test("who comes late is given everything since the last key frame", () => {
    const { watch, play } = village();
    play("sub", "K1", "p2", "K3", "p4");
    const { heard } = watch("sub");
    play("sub", "p5");
    expect(heard).toEqual(["begin sub", "in", "K3", "p4", "p5"]);
  });

  test("who comes late to a very large group of pictures is given its key frame, then the next", () => {
    const { watch, play, streams } = village();
    play("sub", "K1");
    streams.sub.hub.push(fragment("p2", 3 * 1024 * 1024));
    const { heard } = watch("sub");
    play("sub", "p3", "K4", "p5");
    expect(heard).toEqual(["begin sub", "in", "K1", "K4", "p5"]);
  });

  test("goes on by itself when the camera begins anew", () => {
    const { watch, play, streams } = village();
    play("sub", "K1");
    const { heard, sessions } = watch("sub");
    streams.sub.hub.end();
    const larger = { ...INIT, mediaType: 'video/mp4; codecs="avc1.4d0028"' };
    streams.sub.hub.begin(larger);
    play("sub", "p2", "K3");
    expect(heard).toEqual(["begin sub", "in", "K1", "begin sub", "in", "K3"]);
    expect(sessions.at(-1)?.mediaType).toBe(larger.mediaType);
  });

  test("goes on by itself when the resolution changes without an end", () => {
    const { watch, play, streams } = village();
    play("sub", "K1");
    const { heard } = watch("sub");
    streams.sub.hub.begin(INIT);
    play("sub", "p2", "K3");
    expect(heard).toEqual(["begin sub", "in", "K1", "begin sub", "in", "K3"]);
  });

  test("who wishes the main stream sees the sub stream until it comes, and again while it is gone", () => {
    const { watch, play, streams } = village();
    play("sub", "K1");
    const { heard } = watch("main");
    play("main", "p1", "K2", "p3");
    play("sub", "K4");
    streams.main.hub.end();
    play("sub", "K5");
    play("main", "K6");
    expect(heard).toEqual([
      ...["begin sub", "in", "K1"],
      ...["begin main", "in", "K2", "p3"],
      // What a late viewer of the sub stream gets: everything since its last key frame.
      ...["begin sub", "in", "K4", "K5"],
      ...["begin main", "in", "K6"],
    ]);
  });

  test("who wishes the main stream of a camera that has one only sees that", () => {
    const { watch, play } = village();
    play("only", "K1");
    expect(watch("main", "gate").heard).toEqual(["begin sub", "in", "K1"]);
  });

  test("holds a lease on what it wishes and falls back to, and nothing after it left", () => {
    const { watch, streams, leases } = village();
    const viewer = watch("main");
    expect([streams.main.leases(), streams.sub.leases()]).toEqual([1, 1]);
    const second = watch("sub");
    expect([streams.main.leases(), streams.sub.leases()]).toEqual([1, 2]);
    for (const { leave } of [viewer, second, viewer]) leave();
    expect(leases()).toBe(0);
  });

  test("hears nothing more after it left", () => {
    const { watch, play } = village();
    play("sub", "K1");
    const { heard, leave } = watch("main");
    leave();
    play("sub", "K2");
    play("main", "K3");
    expect(heard).toEqual(["begin sub", "in", "K1"]);
  });

  test("of a camera that there is not is refused", () => {
    const { watch, leases } = village();
    expect(() => watch("sub", "none")).toThrow(
      expect.objectContaining({ code: "camera.unknown", kind: "permanent" }),
    );
    expect(leases()).toBe(0);
  });
});

describe("the live view", () => {
  test("drops a viewer that never reads after a bounded time, with a code, and disturbs nobody else", async () => {
    const { clock, live, watch, streams, leases } = village();
    const good = watch("sub");
    const stuck = watch("sub");
    stuck.sink.reads = false;
    streams.sub.hub.begin(INIT);
    const frames = STUCK_MS / 1000 + 5;
    for (let second = 0; second < frames; second++) {
      streams.sub.hub.push(fragment("K1", 100 * 1024));
      await clock.advance(1000);
    }
    expect(stuck.heard.at(-1)).toBe("viewer.too_slow");
    expect(stuck.sink.waiting).toBeLessThanOrEqual(MOST_WAITING_BYTES);
    expect(good.heard.filter((what) => what === "K1")).toHaveLength(frames);
    expect(live.figures()).toMatchObject({ viewers: { mp4: 1, mpeg1: 0 }, droppedViewers: 1 });
    expect(live.figures().droppedFrames).toBeGreaterThan(0);
    expect(leases()).toBe(1);
  });

  test("keeps nothing of a hundred viewers that came and went", () => {
    const { live, watch, play, leases } = village();
    play("sub", "K1");
    for (let count = 0; count < 100; count++) watch(count % 2 === 0 ? "main" : "sub").leave();
    expect(leases()).toBe(0);
    expect(live.figures().viewers).toEqual({ mp4: 0, mpeg1: 0 });
  });

  test("refuses more viewers than it can bear, and takes one again when one leaves", () => {
    const { watch } = village();
    const viewers = Array.from({ length: MOST_VIEWERS }, () => watch("sub"));
    expect(() => watch("sub")).toThrow(expect.objectContaining({ code: "live.full", kind: "transient" }));
    viewers[0]?.leave();
    watch("sub");
  });

  test("ends every viewer when it stops", async () => {
    const { live, watch, leases } = village();
    const { heard } = watch("main");
    await live.stop();
    expect(heard).toEqual(["live.stopped"]);
    expect(leases()).toBe(0);
  });
});

import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { createLiveView } from "../../../src/video/live-view.ts";
import { LINGER_MS, MOST_TRANSCODERS } from "../../../src/video/transcoders.ts";
import { createStreamDouble, fragment, INIT, type StreamDouble } from "../../support/live-double.ts";
import { createSinkDouble } from "../../support/live-viewers.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createMediaDouble } from "./media-double.ts";

const CAMERAS = Array.from({ length: MOST_TRANSCODERS + 1 }, (_, index) => `camera-${index}`);

function village() {
  const clock = createManualClock();
  const media = createMediaDouble();
  const streams = new Map<string, StreamDouble>(CAMERAS.map((id) => [id, createStreamDouble()]));
  const live = createLiveView(
    { mpeg1: media, clock, log: silentLogger },
    [...streams].map(([id, sub]) => ({ id, sub })),
  );
  const stream = (camera = "camera-0") => streams.get(camera) as StreamDouble;
  const watch = (camera = "camera-0") => {
    const sink = createSinkDouble();
    return { heard: sink.heard, leave: live.watch({ camera, stream: "sub", format: "mpeg1" }, sink) };
  };
  const play = (...labels: readonly string[]): void => {
    if (!stream().hub.init) stream().hub.begin(INIT);
    for (const label of labels) stream().hub.push(fragment(label));
  };
  const input = (index: number): string[] => (media.transcoders[index]?.input ?? []).map(String);
  return { clock, media, live, stream, watch, play, input };
}

/** A transport stream packet; of a key frame when it says so. */
function packet(keyFrame: boolean): Buffer {
  const bytes = Buffer.alloc(188);
  bytes.set([0x47, 0x41, 0x00, 0x30, 0x07, keyFrame ? 0x40 : 0x00]);
  return bytes;
}

describe("MPEG-1", () => {
  test("comes from one transcoder, whatever the number of viewers", async () => {
    const { clock, media, watch, play, input, stream } = village();
    play("K1", "p2");
    const viewers = [watch(), watch(), watch()];
    play("p3");
    expect(media.transcoders).toHaveLength(1);
    expect(input(0)).toEqual(["init", "K1", "p2", "p3"]);
    expect(stream().leases()).toBe(1);
    media.transcoders[0]?.stdout.write(Buffer.concat([packet(false), packet(true), packet(false)]));
    await clock.settle();
    // Each begins at a picture that stands alone.
    for (const { heard } of viewers) expect(heard).toEqual(["begin sub", "GA"]);
  });

  test("starts at the camera's first key frame", () => {
    const { media, watch, play, input } = village();
    watch();
    expect(media.transcoders).toHaveLength(0);
    play("p1", "K2", "p3");
    expect(input(0)).toEqual(["init", "K2", "p3"]);
  });

  test("ends some seconds after its last viewer, with its lease", async () => {
    const { clock, media, live, watch, play, stream } = village();
    play("K1");
    watch().leave();
    await clock.advance(LINGER_MS - 1);
    const back = watch();
    await clock.advance(LINGER_MS * 2);
    expect(media.transcoders).toHaveLength(1);
    expect(live.figures().transcoders).toBe(1);
    back.leave();
    await clock.advance(LINGER_MS);
    expect(media.transcoders[0]?.stopped).toBe(true);
    expect(live.figures().transcoders).toBe(0);
    expect(stream().leases()).toBe(0);
    expect(clock.pending()).toBe(0);
  });

  test("begins anew with the camera, and tells its viewers", async () => {
    const { clock, media, watch, play, input, stream } = village();
    play("K1");
    const { heard } = watch();
    stream().hub.end();
    play("p2", "K3");
    await clock.settle();
    expect(media.transcoders[0]?.stopped).toBe(true);
    expect(input(1)).toEqual(["init", "K3"]);
    expect(heard).toEqual(["begin sub", "begin sub"]);
  });

  test.each([
    ["back", -90_000],
    ["an hour ahead", 3600 * 90_000],
  ])("is not filled with copies when time stamps jump %s", (_how, jump) => {
    const { media, watch, stream, input, play } = village();
    play("K1");
    watch();
    stream().hub.push(fragment("K2", 0, 90_000));
    stream().hub.push(fragment("p3", 0, 90_000 + jump));
    stream().hub.push(fragment("K4", 0, 93_000 + jump));
    expect(media.transcoders).toHaveLength(2);
    expect(input(0)).toEqual(["init", "K1", "K2"]);
    expect(input(1)).toEqual(["init", "K4"]);
  });

  test("leaves out what a transcoder does not keep up with, and replaces one that hangs", async () => {
    const { clock, media, watch, play, input } = village();
    play("K1");
    watch();
    media.transcoders[0]?.clog();
    play("p2");
    await clock.advance(2000);
    play("K3", "p4");
    expect(input(0)).toEqual(["init", "K1", "p2"]);
    media.transcoders[0]?.unclog();
    await clock.settle();
    play("p5", "K6", "p7");
    expect(input(0)).toEqual(["init", "K1", "p2", "K6", "p7"]);
    media.transcoders[0]?.clog();
    play("p8");
    await clock.advance(11_000);
    play("p9", "K0");
    expect(media.transcoders).toHaveLength(2);
    expect(input(1)).toEqual(["init", "K0"]);
  });

  test("is taken up by another process when one fails, and given up when none of them lives", async () => {
    const { clock, media, live, watch, play } = village();
    play("K1");
    const { heard } = watch();
    for (const [index, label] of ["K2", "K3", "K4"].entries()) {
      media.transcoders[index]?.exit("transcoder.ended");
      await clock.settle();
      play(label);
    }
    expect(media.transcoders).toHaveLength(3);
    expect(heard.at(-1)).toBe("live.no_transcoder");
    expect(live.figures()).toMatchObject({ viewers: { mpeg1: 0 }, transcoders: 0 });
  });

  test("is given for so many cameras at once; one that only lingers makes room", () => {
    const { watch } = village();
    const [first, ...others] = CAMERAS;
    const last = others.at(-1) ?? "";
    const viewers = CAMERAS.slice(0, MOST_TRANSCODERS).map((camera) => watch(camera));
    expect(() => watch(last)).toThrow(
      expect.objectContaining({ code: "live.transcoders_busy", kind: "transient" }),
    );
    watch(first);
    viewers[1]?.leave();
    watch(last);
  });

  test("leaves nothing running when the live view stops", async () => {
    const { media, live, watch, play, stream } = village();
    play("K1");
    const { heard } = watch();
    await live.stop();
    expect(heard.at(-1)).toBe("live.stopped");
    expect(media.transcoders[0]?.stopped).toBe(true);
    expect(stream().leases()).toBe(0);
  });
});

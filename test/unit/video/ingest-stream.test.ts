import { afterEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import type { IngestRequest } from "../../../src/core/media.ts";
import { createIngestStream, type IngestStream } from "../../../src/video/ingest-stream.ts";
import { createLoginGate } from "../../../src/video/login-gate.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { until } from "../../support/until.ts";
import { box, fragmentBytes, INIT_BYTES } from "./boxes.ts";
import { createMediaDouble } from "./media-double.ts";

const REQUEST: IngestRequest = { camera: "pond", stream: "main", url: "rtsp://camera.test:554/main" };
const PATIENCE = { firstPictureMs: 30_000, nextPictureMs: 10_000 };
const SPS = 0x67;
const IDR = 0x65;

const started: IngestStream[] = [];

afterEach(async () => {
  for (const stream of started.splice(0)) await stream.stop();
});

function startStream(request: IngestRequest = REQUEST, otherUrls: readonly string[] = []) {
  const clock = createSteppedClock();
  const media = createMediaDouble();
  const gate = createLoginGate(clock);
  const dependencies = { media, clock, random: () => 0, log: silentLogger, gate };
  const stream = createIngestStream(dependencies, { request, otherUrls, patience: PATIENCE });
  started.push(stream);
  const states: string[] = [];
  stream.changes.on(({ state, reason }) => states.push(`${state} ${reason}`.trim()));
  stream.start();
  const session = async (count: number) =>
    until(() => media.ingests.length === count && media.ingests[count - 1]);
  /** The newest session sends a frame, stamped with the clock unless told otherwise. */
  const send = (
    frame: Buffer = fragmentBytes(true, "", clock.now().monotonicMs * 90),
    isFirst = false,
  ): void => {
    media.ingests.at(-1)?.stdout.write(isFirst ? Buffer.concat([INIT_BYTES, frame]) : frame);
  };
  const frameAt = (keyFrame = true): Buffer => fragmentBytes(keyFrame, "", clock.now().monotonicMs * 90);
  /** Frames twice a second for so long. */
  const play = async (
    seconds: number,
    stamp: () => number = () => clock.now().monotonicMs * 90,
  ): Promise<void> => {
    for (let count = 0; count < seconds * 2; count++) {
      clock.step(500);
      const before = media.ingests.length;
      send(fragmentBytes(false, "", stamp()));
      await new Promise(setImmediate);
      if (media.ingests.length !== before) return;
    }
  };
  return { clock, media, stream, states, session, send, frameAt, play };
}

/** A key frame with these bytes of H.264 NAL units. */
function keyFrame(decodeTime: number, ...nals: readonly (readonly number[])[]): Buffer {
  const moof = fragmentBytes(true, "", decodeTime);
  const lengthOf = (nal: readonly number[]): number[] => [0, 0, 0, nal.length];
  return Buffer.concat([
    moof.subarray(0, moof.readUInt32BE(0)),
    box("mdat", Buffer.from(nals.flatMap((nal) => [...lengthOf(nal), ...nal]))),
  ]);
}

describe("a stream that nobody reads", () => {
  test("has no session, and says so", async () => {
    const { stream, media, states } = startStream();
    await new Promise(setImmediate);
    expect(media.ingests).toEqual([]);
    expect(stream.status().state).toBe("idle");
    expect(states).toEqual([]);
  });
});

describe("a stream of a make with several addresses", () => {
  const OTHERS = ["rtsp://camera.test:554/other", "rtsp://camera.test:554/third"];
  const paths = (media: ReturnType<typeof createMediaDouble>): string[] =>
    media.ingests.map(({ request }) => new URL(request.url).pathname);

  test("is asked for at the next when the camera does not know it, and stays where it was found", async () => {
    const { clock, stream, media, states, session, send } = startStream(REQUEST, OTHERS);
    stream.lease();
    (await session(1)).exit("rtsp.not_found");
    const second = await session(2);
    expect(states).toEqual(["connecting"]);
    send(undefined, true);
    await until(() => states.includes("running"));
    second.exit("rtsp.ended");
    await until(() => states.includes("lost rtsp.ended"));
    clock.step(1000);
    await session(3);
    expect(paths(media)).toEqual(["/main", "/other", "/other"]);
  });

  test("is lost where it is at none, and all are tried again after a while", async () => {
    const { clock, stream, media, states, session } = startStream(REQUEST, OTHERS);
    stream.lease();
    for (const count of [1, 2, 3]) (await session(count)).exit("rtsp.not_found");
    await until(() => states.includes("lost rtsp.not_found"));
    expect(media.ingests).toHaveLength(3);
    clock.step(1000);
    await session(4);
    expect(paths(media)).toEqual(["/main", "/other", "/third", "/main"]);
  });

  test.each(["rtsp.timeout", "rtsp.unauthorized"])("is not looked for elsewhere after %s", async (reason) => {
    const { clock, stream, media, states, session } = startStream(REQUEST, OTHERS);
    stream.lease();
    (await session(1)).exit(reason);
    await until(() => states.length > 1);
    clock.step(60_000);
    await session(2);
    expect(paths(media)).toEqual(["/main", "/main"]);
  });
});

describe("a stream that is read", () => {
  test("has one session, however many read it, from the first to the last and some seconds more", async () => {
    const { clock, stream, media, states, session, send } = startStream();
    const leave = [stream.lease(), stream.lease(), stream.lease()];
    const ingest = await session(1);
    send(undefined, true);
    await until(() => states.includes("running"));
    for (const letGo of leave) letGo();
    clock.step(9_999);
    expect(ingest.stopped).toBe(false);
    clock.step(1);
    await until(() => states.at(-1) === "idle");
    expect(ingest.stopped).toBe(true);
    expect(stream.hub.init).toBeUndefined();
    expect(media.ingests).toHaveLength(1);
  });

  test("keeps its session when a reader goes and another comes soon", async () => {
    const { clock, stream, media, session } = startStream();
    const first = stream.lease();
    await session(1);
    first();
    first();
    clock.step(5_000);
    stream.lease();
    clock.step(20_000);
    await new Promise(setImmediate);
    expect(media.ingests[0]?.stopped).toBe(false);
  });

  test("begins again when it is read after it had ended, and never has two sessions", async () => {
    const { clock, stream, states, session } = startStream();
    stream.lease()();
    const first = await session(1);
    clock.step(10_000);
    stream.lease();
    const second = await session(2);
    expect([first.stopped, second.stopped]).toEqual([true, false]);
    expect(states.filter((state) => state === "idle").length).toBeLessThanOrEqual(1);
  });

  test("runs from its first key frame on and is stalled without new frames", async () => {
    const { clock, stream, states, session, send, frameAt } = startStream();
    stream.lease();
    await session(1);
    send(frameAt(false), true);
    await new Promise(setImmediate);
    expect(states).toEqual(["connecting"]);
    send(frameAt());
    await until(() => states.includes("running"));
    clock.step(10_000);
    await until(() => states.includes("lost video.no_new_picture"));
    expect(states).toContain("stalled video.no_new_picture");
  });

  test("does not run on when its owner stops, whoever holds a lease", async () => {
    const { stream, session } = startStream();
    stream.lease();
    const ingest = await session(1);
    await stream.stop();
    await stream.stop();
    expect(ingest.stopped).toBe(true);
    expect(stream.status().state).toBe("idle");
  });
});

describe("a stream that changes in the middle", () => {
  test("begins anew at once in another size, and no reader gets a frame of it under the old one", async () => {
    const { clock, stream, states, session, send, play } = startStream();
    const heard: Buffer[] = [];
    stream.hub.attach({ onInit() {}, onFragment: ({ bytes }) => heard.push(bytes), onEnd() {} });
    stream.lease();
    await session(1);
    const first = keyFrame(0, [SPS, 1, 2], [IDR, 9]);
    send(first, true);
    await until(() => states.includes("running"));
    await play(12);
    const again = keyFrame(clock.now().monotonicMs * 90, [SPS, 1, 2], [IDR, 9]);
    const other = keyFrame(clock.now().monotonicMs * 90, [SPS, 7, 7], [IDR, 9]);
    send(again);
    send(other);
    await session(2);
    expect(states.at(-1)).toBe("connecting video.changed");
    expect(heard.some((bytes) => bytes.equals(again))).toBe(true);
    expect(heard.some((bytes) => bytes.equals(other))).toBe(false);
  });

  test("waits between attempts when it changes all the time", async () => {
    const { stream, states, session, send } = startStream();
    stream.lease();
    await session(1);
    send(keyFrame(0, [SPS, 1], [IDR]), true);
    send(keyFrame(1, [SPS, 2], [IDR]));
    await until(() => states.includes("lost video.changed"));
  });

  test("begins anew when its time creeps or jumps ahead", async () => {
    const creeping = startStream();
    creeping.stream.lease();
    await creeping.session(1);
    creeping.send(undefined, true);
    await creeping.play(12);
    let ticks = creeping.clock.now().monotonicMs * 90;
    await creeping.play(30, () => ++ticks);
    await creeping.session(2);
    expect(creeping.states.slice(-2)).toEqual(["stalled video.time_stuck", "connecting video.time_stuck"]);

    const jumping = startStream();
    jumping.stream.lease();
    await jumping.session(1);
    jumping.send(undefined, true);
    await jumping.play(12);
    await jumping.play(1, () => (jumping.clock.now().monotonicMs + 3_600_000) * 90);
    await jumping.session(2);
    expect(jumping.states.at(-1)).toBe("connecting video.time_jump");
  });
});

describe("a stream of no use", () => {
  test.each(["video.no_video", "video.unsupported_codec"])(
    "is unsupported with %s and asked rarely",
    async (reason) => {
      const { clock, stream, media, states, session } = startStream();
      stream.lease();
      (await session(1)).exit(reason);
      await until(() => states.includes(`unsupported ${reason}`));
      clock.step(59_999);
      await new Promise(setImmediate);
      expect(media.ingests).toHaveLength(1);
      clock.step(1);
      (await session(2)).exit(reason);
      await new Promise(setImmediate);
      clock.step(119_999);
      await new Promise(setImmediate);
      expect(media.ingests).toHaveLength(2);
    },
  );

  test("is unsupported when its codec shows only in what it sends", async () => {
    const { stream, states, session } = startStream();
    stream.lease();
    const ingest = await session(1);
    ingest.stdout.write(Buffer.concat([box("ftyp", Buffer.from("iso5")), box("moov")]));
    await until(() => states.includes("unsupported video.unsupported_codec"));
    expect(ingest.stopped).toBe(true);
    expect(stream.hub.init).toBeUndefined();
  });
});

describe("a stream with sound", () => {
  test.each(["audio.unsupported", "video.no_new_picture"])(
    "goes on without, at once, after %s before anything came",
    async (reason) => {
      const { stream, states, session } = startStream({ ...REQUEST, audio: true });
      stream.lease();
      const first = await session(1);
      expect(first.request.audio).toBe(true);
      first.exit(reason);
      expect((await session(2)).request.audio).toBe(false);
      expect(states).toEqual(["connecting"]);
    },
  );
});

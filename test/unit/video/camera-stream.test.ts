import { afterEach, describe, expect, test } from "vitest";
import { type Logger, silentLogger } from "../../../src/core/log.ts";
import type { CameraObservation } from "../../../src/core/observation.ts";
import type { Camera } from "../../../src/core/site.ts";
import { type CameraStream, createCameraStream } from "../../../src/video/camera-stream.ts";
import { createSteppedClock, type SteppedClock } from "../../support/stepped-clock.ts";
import { until } from "../../support/until.ts";
import { fragmentBytes, INIT_BYTES } from "./boxes.ts";
import { createMediaDouble } from "./media-double.ts";

const FORMAT = { width: 2, height: 2, framesPerSecond: 5 };
const CAMERA: Camera = {
  id: "pond",
  name: "东塘",
  main: "rtsp://camera.test:554/main",
  sub: "rtsp://camera.test:554/sub",
  login: { username: "admin", password: "geheim-7" },
  zones: [],
};

let stream: CameraStream | undefined;

afterEach(async () => {
  await stream?.stop();
});

async function startStream(options: { log?: Logger; camera?: Camera; random?: () => number } = {}) {
  const steppedClock = createSteppedClock();
  let pendingWaitMs: number | undefined;
  const clock: SteppedClock = {
    ...steppedClock,
    sleep(delayMs, signal) {
      pendingWaitMs = delayMs;
      return steppedClock.sleep(delayMs, signal);
    },
  };
  const media = createMediaDouble();
  const { log = silentLogger, random = () => 0, camera = CAMERA } = options;
  const started = createCameraStream({ media, clock, random, log }, camera, FORMAT);
  stream = started;
  const states: string[] = [];
  started.observations.on(({ state, reason }: CameraObservation) => states.push(`${state} ${reason}`.trim()));
  await started.start();
  /** The newest session, once there are so many. */
  const session = async (count: number) => {
    const ingest = await until(() => media.ingests.length === count && media.ingests[count - 1]);
    return ingest;
  };
  const begun = new Set<number>();
  const sendPicture = async (): Promise<void> => {
    let seen = false;
    const stopListening = started.pictures.on(() => {
      seen = true;
    });
    const isNew = !begun.has(media.ingests.length);
    begun.add(media.ingests.length);
    const fragment = fragmentBytes(isNew, "", clock.now().monotonicMs * 90);
    media.ingests.at(-1)?.stdout.write(isNew ? Buffer.concat([INIT_BYTES, fragment]) : fragment);
    const decoder = await until(() => media.decoders.find(({ stopped }) => !stopped));
    decoder.stdout.write(Buffer.alloc(4));
    await until(() => seen);
    stopListening();
  };
  const fail = async (count: number, reason: string): Promise<void> => (await session(count)).exit(reason);
  /** Lets the wait before the next attempt pass; tells how long it was. */
  const passWait = async (): Promise<number> => {
    const waitMs = await until(() => pendingWaitMs);
    pendingWaitMs = undefined;
    clock.step(waitMs);
    return waitMs;
  };
  return { clock, media, stream: started, states, session, sendPicture, fail, passWait };
}

describe("a camera stream", () => {
  test("analyses the sub stream with the login, and the main stream where there is no other", async () => {
    const { session } = await startStream();
    expect((await session(1)).request).toMatchObject({ url: CAMERA.sub, login: CAMERA.login });
    await stream?.stop();
    const { sub: _none, ...single } = CAMERA;
    const other = await startStream({ camera: single });
    expect((await other.session(1)).request.url).toBe(CAMERA.main);
  });

  test("is connecting until a picture was decoded, then running", async () => {
    const { stream, states, session, sendPicture } = await startStream();
    await session(1);
    expect(stream.state().state).toBe("connecting");
    expect(stream.health?.()).toMatchObject({ status: "starting" });
    await sendPicture();
    expect(states).toEqual(["running"]);
    expect(stream.health?.()).toEqual({ name: "camera pond", status: "ok" });
  });

  test("stalls when fragments come but no new picture does, ends the session and begins another", async () => {
    const { clock, media, states, session, sendPicture, passWait } = await startStream();
    await session(1);
    await sendPicture();
    clock.step(9_000);
    media.ingests[0]?.stdout.write(fragmentBytes(false));
    expect(states).toEqual(["running"]);
    clock.step(1_000);
    expect(states).toEqual(["running", "stalled video.no_new_picture"]);
    await until(() => states.includes("lost video.no_new_picture"));
    expect(media.ingests[0]?.stopped).toBe(true);
    await passWait();
    await session(2);
    await sendPicture();
    expect(states.at(-1)).toBe("running");
  });

  test("gives a camera with rare key frames half a minute for its first picture", async () => {
    const { clock, states, session } = await startStream();
    (await session(1)).stdout.write(INIT_BYTES);
    clock.step(29_000);
    expect(states).toEqual([]);
    clock.step(1_000);
    await until(() => states.includes("lost video.no_new_picture"));
  });

  test("is not called stalled by the watch of a session that is over", async () => {
    const { clock, media, states, session, sendPicture, passWait } = await startStream();
    await session(1);
    await sendPicture();
    media.ingests[0]?.exit("rtsp.ended");
    media.decoders[0]?.stdout.write(Buffer.alloc(4));
    await until(() => states.includes("lost rtsp.ended"));
    await passWait();
    await session(2);
    clock.step(8_000);
    await sendPicture();
    clock.step(5_000);
    expect(states).toEqual(["running", "lost rtsp.ended", "running"]);
  });

  test("ends a session that sends no video file", async () => {
    const { states, session } = await startStream();
    const ingest = await session(1);
    ingest.stdout.write(Buffer.from("HTTP/1.1 400 Bad Request\r\n"));
    await until(() => states.includes("lost video.bad_media"));
    expect(ingest.stopped).toBe(true);
  });

  test("tries again for ever, waiting longer each time up to half a minute", async () => {
    const { fail, passWait } = await startStream();
    const waits: number[] = [];
    for (let count = 1; count <= 9; count++) {
      await fail(count, "rtsp.connection_refused");
      waits.push(await passWait());
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  });

  test("takes up to half off each wait, so that a county's boxes do not knock together", async () => {
    const { fail, passWait } = await startStream({ random: () => 0.999_999 });
    await fail(1, "rtsp.connection_refused");
    expect(await passWait()).toBe(500);
  });

  test("waits briefly again after a session that had been healthy", async () => {
    const { clock, fail, session, sendPicture, passWait } = await startStream();
    for (let count = 1; count <= 4; count++) {
      await fail(count, "rtsp.timeout");
      await passWait();
    }
    await session(5);
    for (let seconds = 0; seconds < 63; seconds += 9) {
      await sendPicture();
      clock.step(9_000);
    }
    await fail(5, "rtsp.ended");
    expect(await passWait()).toBe(1000);
  });

  test("reports the same failure once, not at every attempt", async () => {
    const { fail, states, passWait } = await startStream();
    for (let count = 1; count <= 3; count++) {
      await fail(count, "rtsp.unreachable");
      await passWait();
    }
    expect(states).toEqual(["lost rtsp.unreachable"]);
  });

  test("asks a camera that refused the login only after a minute, then ever more rarely", async () => {
    const { fail, states, passWait } = await startStream();
    const waits: number[] = [];
    for (let count = 1; count <= 6; count++) {
      await fail(count, "rtsp.unauthorized");
      waits.push(await passWait());
    }
    expect(states).toEqual(["refused rtsp.unauthorized"]);
    expect(waits).toEqual([60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  });

  test("looks longer, at once and unseen, at a camera that does not tell its picture size", async () => {
    const { fail, states, session, sendPicture, passWait } = await startStream();
    await fail(1, "video.no_parameters");
    expect((await session(2)).request.thorough).toBe(true);
    await sendPicture();
    expect(states).toEqual(["running"]);
    await fail(2, "rtsp.ended");
    await until(() => states.includes("lost rtsp.ended"));
    await passWait();
    expect((await session(3)).request.thorough).toBe(true);
  });

  test("waits like after any failure when looking longer did not help", async () => {
    const { fail, states, session, passWait } = await startStream();
    await fail(1, "video.no_parameters");
    await fail(2, "video.no_parameters");
    await until(() => states.includes("lost video.no_parameters"));
    expect(await passWait()).toBe(1000);
    expect((await session(3)).request.thorough).toBe(false);
  });

  test("goes on when a media process cannot even be made", async () => {
    const clock = createSteppedClock();
    const media = createMediaDouble();
    let attempts = 0;
    const broken = {
      ...media,
      ingest() {
        attempts++;
        throw new Error("no more processes");
      },
    };
    stream = createCameraStream({ media: broken, clock, random: () => 0, log: silentLogger }, CAMERA, FORMAT);
    await stream.start();
    await until(() => stream?.state().state === "lost");
    await until(() => {
      clock.step(1000);
      return attempts > 3;
    });
  });

  test("stops while connecting, while running and while waiting, and leaves no process", async () => {
    const connecting = await startStream();
    await connecting.session(1);
    await connecting.stream.stop();
    const running = await startStream();
    await running.session(1);
    await running.sendPicture();
    await running.stream.stop();
    const waiting = await startStream();
    await waiting.fail(1, "rtsp.timeout");
    await until(() => waiting.states.length === 1);
    await waiting.stream.stop();
    await waiting.stream.stop();
    for (const { media } of [connecting, running]) {
      expect(media.ingests.map(({ stopped }) => stopped)).toEqual([true]);
      expect(media.decoders.every(({ stopped }) => stopped)).toBe(true);
    }
    waiting.clock.step(100_000);
    expect(waiting.media.ingests).toHaveLength(1);
  });

  test("shows the pictures since the last key frame as a snapshot, or says that there is none", async () => {
    const { stream, session, sendPicture } = await startStream();
    await session(1);
    await expect(stream.snapshot()).rejects.toMatchObject({ code: "video.no_picture", kind: "transient" });
    await sendPicture();
    expect(await stream.snapshot()).toEqual(Buffer.concat([INIT_BYTES, fragmentBytes(true)]));
  });

  test("has its main stream up only while somebody reads it, and is then not well without it", async () => {
    const { clock, media, stream, states, session, sendPicture } = await startStream();
    await session(1);
    await sendPicture();
    expect(stream.main.status().state).toBe("idle");
    const letGo = stream.main.lease();
    const main = await session(2);
    expect(main.request).toMatchObject({ url: CAMERA.main, stream: "main" });
    main.exit("rtsp.not_found");
    await until(() => stream.main.status().state === "lost");
    expect(states).toEqual(["running"]);
    expect(stream.health?.()).toMatchObject({ status: "degraded", reason: "rtsp.not_found" });
    letGo();
    clock.step(10_000);
    await until(() => stream.main.status().state === "idle");
    expect(media.ingests).toHaveLength(2);
  });

  test("with one stream has it once, for the analysis and everybody else", async () => {
    const { sub: _none, ...single } = CAMERA;
    const { media, stream, session } = await startStream({ camera: { ...single, audio: true } });
    stream.main.lease();
    expect((await session(1)).request).toMatchObject({ stream: "main", audio: true });
    expect(stream.main).toBe(stream.sub);
    await new Promise(setImmediate);
    expect(media.ingests).toHaveLength(1);
  });

  test("asks with a wrong password once, not once a stream", async () => {
    const { media, stream, session, passWait } = await startStream();
    stream.main.lease();
    (await session(1)).exit("rtsp.unauthorized");
    await until(() => stream.main.status().state === "refused");
    expect(media.ingests).toHaveLength(1);
    await passWait();
    await session(2);
    await new Promise(setImmediate);
    expect(media.ingests).toHaveLength(2);
  });

  test("writes no password and no path to the log", async () => {
    const lines: string[] = [];
    const logger = (context: object): Logger => {
      const write = (fields: object, message: string): void => {
        lines.push(JSON.stringify({ ...context, ...fields, message }));
      };
      return {
        ...{ debug: write, info: write, warn: write, error: write },
        child: (fields) => logger({ ...context, ...fields }),
      };
    };
    const { fail, states } = await startStream({ log: logger({}) });
    await fail(1, "rtsp.unauthorized");
    await until(() => states.length === 1);
    expect(lines.join("\n")).toContain("rtsp.unauthorized");
    expect(lines.join("\n")).not.toMatch(/geheim|\/sub/);
  });
});

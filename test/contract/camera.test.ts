import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CameraWire, layWire, noise } from "../support/camera-wire.ts";
import { type CameraServer, footage, startCameras, thirdPartyCameras } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";
import { watchCamera } from "./camera-rig.ts";

const lacking = thirdPartyCameras();
const CAMERAS = { cameras: { room: `${footage("one-by-one-person.mp4")}@0-12` }, seconds: 120 };
/** Encoding the clips, once on a machine. */
const ENCODING_MS = 120_000;
const HASTY = { firstPictureMs: 15_000, nextPictureMs: 2000 };

describe.skipIf(lacking)(
  `a camera of GStreamer's RTSP server${lacking ? ` (skipped: ${lacking})` : ""}`,
  () => {
    let server: CameraServer;
    let wire: CameraWire;

    beforeAll(async () => {
      server = await startCameras(CAMERAS);
    }, ENCODING_MS);

    afterAll(async () => {
      await server.kill();
    });

    async function watchThroughWire() {
      wire = await layWire(server.port);
      const watched = await watchCamera(`rtsp://127.0.0.1:${wire.port}/room/sub`, { patience: HASTY });
      await watched.becomes(/running/);
      return watched;
    }

    test("gives pictures, a live stream and a snapshot over one session", async () => {
      const watched = await watchCamera(server.url("room"));
      await watched.becomes(/running/);
      await until(() => watched.pictures() >= 5);
      expect(watched.stream.hub.init?.mediaType).toMatch(/^video\/mp4; codecs="avc1\.42[0-9a-f]{4}"$/);
      const snapshot = await watched.stream.snapshot();
      expect(snapshot.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
      expect(watched.states).toEqual(["running"]);
      await watched.stream.stop();
      const atStop = watched.pictures();
      await watched.stream.stop();
      expect(watched.pictures()).toBe(atStop);
    });

    test("is lost when its server dies and comes back by itself with it", async () => {
      const watched = await watchCamera(server.url("room"));
      await watched.becomes(/running/);
      await server.kill();
      const lostAt = await watched.becomes(/lost/);
      expect(watched.stream.hub.init).toBeUndefined();
      server = await startCameras({ ...CAMERAS, port: server.port });
      await watched.becomes(/running/, lostAt);
    });

    test("is stalled, then lost, behind a pulled cable, and comes back when it is plugged in", async () => {
      const watched = await watchThroughWire();
      wire.mode = "silent";
      await watched.becomes(/stalled video\.no_new_picture/);
      const lostAt = await watched.becomes(/lost video\.no_new_picture/);
      wire.mode = "through";
      await watched.becomes(/running/, lostAt);
      await wire.close();
    });

    test("comes back after a line that hung up again and again", async () => {
      const watched = await watchThroughWire();
      wire.mode = "silent";
      await watched.becomes(/lost/);
      wire.mode = "closed";
      const before = wire.connections;
      await until(() => wire.connections >= before + 2, { timeoutMs: 30_000 });
      wire.mode = "through";
      await watched.becomes(/running/, 1);
      await wire.close();
    });

    test("survives noise in the middle of its stream", async () => {
      const watched = await watchThroughWire();
      const before = watched.pictures();
      for (let count = 0; count < 5; count++) wire.inject(noise(2000));
      await until(() => watched.pictures() > before + 10 && watched.stream.state().state === "running", {
        timeoutMs: 45_000,
      });
      await wire.close();
    });

    test("that sends noise instead of RTSP is lost, and stays so without harm", async () => {
      wire = await layWire(server.port);
      wire.mode = "garbage";
      const watched = await watchCamera(`rtsp://127.0.0.1:${wire.port}/room/sub`, { patience: HASTY });
      await watched.becomes(/lost/);
      await until(() => wire.connections >= 2, { timeoutMs: 30_000 });
      expect(watched.states.every((state) => state.startsWith("lost"))).toBe(true);
      await wire.close();
    });

    test("that takes the connection and says nothing is given up after ten seconds", async () => {
      wire = await layWire(server.port);
      wire.mode = "silent";
      const watched = await watchCamera(`rtsp://127.0.0.1:${wire.port}/room/sub`);
      await watched.becomes(/lost rtsp\.timeout/);
      await wire.close();
    });

    test("can be left at any moment of connecting", async () => {
      wire = await layWire(server.port);
      wire.mode = "silent";
      const watched = await watchCamera(`rtsp://127.0.0.1:${wire.port}/room/sub`);
      await until(() => wire.connections === 1);
      await watched.stream.stop();
      await wire.close();
    });

    test("at an address it does not serve is lost with the reason", async () => {
      const watched = await watchCamera(`rtsp://127.0.0.1:${server.port}/elsewhere`);
      await watched.becomes(/lost rtsp\.not_found/);
    });

    test("at another address of its make is seen there", async () => {
      const main = server.url("room");
      const watched = await watchCamera(`rtsp://127.0.0.1:${server.port}/elsewhere`, {
        otherAddresses: [{ main, sub: main }],
      });
      await watched.becomes(/running/);
      expect(watched.states.join()).not.toContain("lost");
    });
  },
);

test("a camera that is switched off is lost with the reason", async () => {
  const watched = await watchCamera("rtsp://127.0.0.1:9/pond");
  await watched.becomes(/lost rtsp\.connection_refused/);
});

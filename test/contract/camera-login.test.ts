import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRtspServer } from "../../hw/virtual/rtsp/server.ts";
import type { VideoSource } from "../../hw/virtual/rtsp/video-source.ts";
import { createFileSource } from "../../hw/virtual/scene/file-source.ts";
import type { Login } from "../../src/core/site.ts";
import { until } from "../support/until.ts";
import { watchCamera } from "./camera-rig.ts";

const LOGIN: Login = { username: "admin", password: "p@ss/w:rd?#%" };
const folder = mkdtempSync(join(tmpdir(), "cunshao-"));
const server = createRtspServer({ host: "127.0.0.1", port: 0 });
let source: VideoSource;
let url = "";

beforeAll(async () => {
  const clip = join(folder, "clip.mp4");
  const drawing = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=15", "-t", "4", "-pix_fmt", "yuv420p"];
  execFileSync("ffmpeg", ["-nostdin", "-v", "error", ...drawing, "-preset", "ultrafast", clip]);
  source = createFileSource(clip, { width: 320, height: 180 });
  await source.start();
  server.mount("/pond", source, { login: LOGIN });
  const { port } = await server.start();
  url = `rtsp://127.0.0.1:${port}/pond`;
});

afterAll(async () => {
  await server.stop();
  await source.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("a camera with a login", () => {
  test("runs with the right password, whatever characters it has", async () => {
    const watched = await watchCamera(url, { login: LOGIN });
    await watched.becomes(/running/);
    expect(watched.states).toEqual(["running"]);
  });

  test.each([
    ["a wrong password", { ...LOGIN, password: "p@ss" }],
    ["no login at all", undefined],
  ])("is refused with %s", async (_name, login) => {
    const watched = await watchCamera(url, login ? { login } : {});
    await watched.becomes(/refused rtsp\.unauthorized/);
    expect(watched.stream.health?.()).toMatchObject({ status: "degraded", reason: "rtsp.unauthorized" });
  });

  test("is stalled within the time for a new picture when it goes silent, and runs again afterwards", async () => {
    const patience = { firstPictureMs: 15_000, nextPictureMs: 2000 };
    const watched = await watchCamera(url, { login: LOGIN, patience });
    await watched.becomes(/running/);
    server.unplug("/pond", "silent");
    await watched.becomes(/stalled/);
    const lostAt = await watched.becomes(/lost/);
    server.plug("/pond");
    await watched.becomes(/running/, lostAt);
    await until(() => server.players("/pond") === 1);
  });
});

import { createRtspServer, type RtspServer } from "../../hw/virtual/rtsp/server.ts";
import type { Polygon } from "../../src/core/geometry.ts";
import { type CameraWire, layWire } from "../support/camera-wire.ts";
import { createFilmCamera, type FilmOptions, makeFilm } from "../support/film.ts";
import type { RigOptions } from "../support/gateway-rig.ts";

const SUB: FilmOptions = {
  codec: "h264",
  width: 640,
  height: 360,
  framesPerSecond: 15,
  frames: 60,
  keyFrameEvery: 12,
  kilobitsPerSecond: 512,
};

export const FRAMES_PER_SECOND = SUB.framesPerSecond;
export const GOOD = ["h264", "h265", "b-frames"] as const;

/** The whole picture. */
const ZONE: Polygon = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

export interface SoakVillage {
  readonly cameras: RigOptions["cameras"];
  /** Cuts the camera `reboots` off; `back` lets it come up again. */
  reboot(): void;
  back(): void;
  stop(): Promise<void>;
}

/** Good cameras, one that reboots, one that says nothing, one that sends garbage, and one where there is none. */
export async function createSoakVillage(): Promise<SoakVillage> {
  const server: RtspServer = createRtspServer({ host: "127.0.0.1", port: 0 });
  const sources = {
    h264: createFilmCamera(makeFilm(SUB)),
    h265: createFilmCamera(makeFilm({ ...SUB, codec: "h265" })),
    "b-frames": createFilmCamera(makeFilm({ ...SUB, bFrames: 2 })),
    reboots: createFilmCamera(makeFilm(SUB)),
  };
  for (const [id, source] of Object.entries(sources)) {
    server.mount(`/${id}`, source);
    server.mount(`/${id}/sub`, source);
    await source.start();
  }
  const { port } = await server.start();
  const silent: CameraWire = await layWire(port);
  silent.mode = "silent";
  const garbage: CameraWire = await layWire(port);
  garbage.mode = "garbage";
  const url = (id: string, at = port): string => `rtsp://127.0.0.1:${at}/${id}`;
  return {
    cameras: [
      { id: "h264", url: url("h264"), sub: url("h264/sub") },
      { id: "h265", url: url("h265") },
      { id: "b-frames", url: url("b-frames") },
      { id: "reboots", url: url("reboots"), sub: url("reboots/sub") },
      { id: "silent", url: url("h264", silent.port) },
      { id: "garbage", url: url("h264", garbage.port) },
      // Port 9 is "discard": nobody listens.
      { id: "nowhere", url: url("pond", 9) },
    ].map((camera) => ({ ...camera, polygon: ZONE })),
    reboot() {
      for (const path of ["/reboots", "/reboots/sub"]) server.unplug(path);
    },
    back() {
      for (const path of ["/reboots", "/reboots/sub"]) server.plug(path);
    },
    async stop() {
      await silent.close();
      await garbage.close();
      await server.stop();
      for (const source of Object.values(sources)) await source.stop();
    },
  };
}

import { onTestFinished } from "vitest";
import { createVirtualOnvifCamera, type VirtualOnvifCamera } from "../../hw/virtual/onvif/camera-model.ts";
import { serveOnvifCamera } from "../../hw/virtual/onvif/onvif-server.ts";
import type { CameraControl } from "../../src/core/camera-control.ts";
import { systemClock } from "../../src/core/time.ts";
import { createCameraControl } from "../../src/drivers/onvif/camera-control.ts";
import type { OnvifTarget } from "../../src/drivers/onvif/messages.ts";
import { onvifWorkerThread } from "./onvif-worker.ts";

export const ONVIF_LOGIN = { username: "admin", password: "pond <1&2>" };

/** The real driver on an address; it is closed with the test. */
export function controlOf(url: string, login: OnvifTarget["login"] | "none" = ONVIF_LOGIN): CameraControl {
  const { hostname, port, pathname } = new URL(url);
  const address = { host: hostname, port: Number(port), path: pathname, isSecure: false };
  const target: OnvifTarget = login === "none" ? address : { ...address, login };
  const control = createCameraControl({ clock: systemClock, startWorker: onvifWorkerThread }, target);
  onTestFinished(() => control.close());
  return control;
}

/** A virtual camera that serves until the test is over, and the real driver on it. */
export async function startOnvifCamera(
  given: Partial<VirtualOnvifCamera> = {},
  login: OnvifTarget["login"] | "none" = ONVIF_LOGIN,
): Promise<{ camera: VirtualOnvifCamera; control: CameraControl; url: string }> {
  const stream = (token: string, width: number, height: number, framesPerSecond: number) => ({
    token,
    name: token,
    url: `rtsp://127.0.0.1:8554/pond/${token}`,
    width,
    height,
    framesPerSecond,
    govLength: framesPerSecond * 2,
  });
  const camera = createVirtualOnvifCamera({
    name: "东塘",
    login: ONVIF_LOGIN,
    profiles: [stream("sub", 640, 360, 15), stream("main", 1280, 720, 25)],
    ...given,
  });
  const server = await serveOnvifCamera(camera, { clock: systemClock });
  onTestFinished(() => server.stop());
  return { camera, control: controlOf(server.url, login), url: server.url };
}

import { createSocket } from "node:dgram";
import { createVirtualOnvifCamera } from "../../hw/virtual/onvif/camera-model.ts";
import { answerSearches } from "../../hw/virtual/onvif/discovery-responder.ts";
import type { FoundCamera } from "../../src/core/camera-control.ts";
import { systemClock } from "../../src/core/time.ts";
import { createCameraDiscovery } from "../../src/drivers/onvif/camera-control.ts";
import { onvifWorkerThread } from "../support/onvif-worker.ts";

/** In a network namespace of its own: two cameras and a liar answer a search; returns what was found. */
export async function searchAmongCameras(): Promise<readonly FoundCamera[]> {
  const camera = (name: string) =>
    createVirtualOnvifCamera({ name, login: { username: "", password: "" }, profiles: [] });
  const parts = [
    await answerSearches(camera("东塘"), "http://127.0.0.1:8001/onvif/device_service"),
    await answerSearches(camera("村口 2"), "http://127.0.0.1:8002/onvif/device_service"),
    await answerSearches(camera("liar"), "javascript:alert(1)"),
    await answerNonsense(),
  ];
  try {
    return await createCameraDiscovery({ clock: systemClock, startWorker: onvifWorkerThread }).search(1500);
  } finally {
    for (const part of parts) await part.stop();
  }
}

/** A device that answers every search with what is no SOAP. */
async function answerNonsense(): Promise<{ stop(): Promise<void> }> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.on("message", (_message, { address, port }) => socket.send("<<<not soap", port, address));
  await new Promise<void>((resolve) => socket.bind(3702, resolve));
  socket.addMembership("239.255.255.250", "127.0.0.1");
  return { stop: () => new Promise((resolve) => socket.close(() => resolve())) };
}

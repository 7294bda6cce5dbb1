// The vision worker thread: one for all cameras, so that sums over pixels never delay a relay or a page.
import { parentPort } from "node:worker_threads";
import type { FromWorker, ToWorker } from "./messages.ts";
import { MovementDetector } from "./movement-detector.ts";
import { MovementFinder } from "./movement-finder.ts";

const detectors = new Map<string, MovementDetector>();
const finders = new Map<string, MovementFinder>();

parentPort?.on("message", (message: ToWorker) => {
  if (message.kind === "watch") {
    detectors.set(message.camera, new MovementDetector(message));
    finders.set(message.camera, new MovementFinder(message));
    return;
  }
  const detector = detectors.get(message.camera);
  if (!detector) return;
  const { camera, at } = message;
  const zones = detector.look(message);
  const moving = finders.get(camera)?.look(detector.shapes, at.monotonicMs);
  const found: FromWorker = { camera, at, zones, ...moving };
  parentPort?.postMessage(found);
});

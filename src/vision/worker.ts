// The vision worker thread: one for all cameras, so that sums over pixels never delay a relay or a page.
import { parentPort } from "node:worker_threads";
import { CameraExaminer } from "./camera-examiner.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { MovementDetector } from "./movement-detector.ts";
import { MovementFinder } from "./movement-finder.ts";

const detectors = new Map<string, MovementDetector>();
const finders = new Map<string, MovementFinder>();
const examiners = new Map<string, CameraExaminer>();

parentPort?.on("message", (message: ToWorker) => {
  if (message.kind === "watch") {
    const { camera, width, height, memory } = message;
    detectors.set(camera, new MovementDetector(message));
    finders.set(camera, new MovementFinder(message));
    examiners.set(camera, new CameraExaminer(camera, width, height, memory));
    return;
  }
  if (message.kind === "learn-anew") {
    examiners.get(message.camera)?.learnAnew();
    return;
  }
  const detector = detectors.get(message.camera);
  if (!detector) return;
  const { camera, at, pixels } = message;
  const examined = examiners.get(camera)?.examine(pixels, at);
  const zones = detector.look(message);
  const moving = finders.get(camera)?.look(detector.shapes, at.monotonicMs);
  const found: FromWorker = {
    camera,
    at,
    zones,
    stirring: detector.isStirring,
    ...examined,
    ...moving,
  };
  parentPort?.postMessage(found);
});

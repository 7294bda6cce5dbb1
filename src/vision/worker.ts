// The vision worker thread: one for all cameras, so that sums over pixels never delay a relay or a page.
import { parentPort } from "node:worker_threads";
import { CameraExaminer } from "./camera-examiner.ts";
import { CameraWatch } from "./camera-watch.ts";
import type { FromWorker, PictureMessage, ToWorker } from "./messages.ts";
import type { PersonModelFacts } from "./people/person-model.ts";

interface Watched {
  readonly width: number;
  readonly height: number;
  readonly watch: CameraWatch;
  readonly examiner: CameraExaminer;
}

const cameras = new Map<string, Watched>();
let facts: PersonModelFacts | undefined;

function post(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

function look({ camera, at, size, pixels }: PictureMessage): void {
  const watched = cameras.get(camera);
  if (!watched) return;
  const { luma, ...found } = watched.watch.look({ camera, at, ...(size ?? watched), pixels });
  post({ camera, at, ...found, ...watched.examiner.examine(luma, at) });
}

/** Whatever comes of it, the camera's turn is answered: the next waits for it. */
function cutLooks(camera: string): void {
  const pictures = cameras.get(camera)?.watch.takeLooks() ?? [];
  post(
    { kind: "looks", camera, pictures },
    pictures.map(({ pixels }) => pixels.buffer as ArrayBuffer),
  );
}

parentPort?.on("message", (message: ToWorker) => {
  switch (message.kind) {
    case "watch": {
      const { camera, width, height, memory } = message;
      const watch = new CameraWatch(message);
      watch.setModel(facts);
      const examiner = new CameraExaminer(camera, width, height, memory);
      cameras.set(camera, { width, height, watch, examiner });
      return;
    }
    case "zones":
      cameras.get(message.camera)?.watch.setZones(message.zones);
      return;
    case "lines":
      cameras.get(message.camera)?.watch.setLines(message.lines);
      return;
    case "learn-anew":
      cameras.get(message.camera)?.examiner.learnAnew();
      if (message.background) cameras.get(message.camera)?.watch.learnAnew();
      return;
    case "model":
      facts = message.facts;
      for (const { watch } of cameras.values()) watch.setModel(facts);
      return;
    case "turn":
      cutLooks(message.camera);
      return;
    case "looked": {
      const { camera, people } = message;
      const watch = cameras.get(camera)?.watch;
      const found = watch?.took(people);
      if (watch && found) post({ kind: "people", camera, nextTrack: watch.nextTrack, ...found });
      return;
    }
    case "picture":
      look(message);
  }
});

import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import type { PresenceObservation } from "../../../src/core/observation.ts";
import type { Camera } from "../../../src/core/site.ts";
import type { Moment } from "../../../src/core/time.ts";
import type { FromWorker, ToWorker } from "../../../src/vision/messages.ts";
import { createVisionWatch, type VisionWorker } from "../../../src/vision/watch.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";

const AT: Moment = { wallMs: 0, monotonicMs: 0 };
const POLYGON = [
  [0, 0],
  [1, 0],
  [1, 1],
] as const;

function camera(id: string): Camera {
  return {
    id,
    name: id,
    main: `rtsp://${id}.test/`,
    zones: [{ id: "bank", name: "塘埂", polygon: POLYGON }],
  };
}

interface WorkerDouble extends VisionWorker {
  readonly received: ToWorker[];
  readonly transferred: unknown[];
  find(camera: string, present: boolean, changed?: boolean): void;
  die(): void;
}

function createWorkerDouble(): WorkerDouble {
  const events = new EventEmitter();
  const received: ToWorker[] = [];
  const transferred: unknown[] = [];
  const double = {
    received,
    transferred,
    on: events.on.bind(events),
    postMessage(message: ToWorker, transfer: readonly unknown[] = []) {
      received.push(message);
      transferred.push(...transfer);
    },
    async terminate() {
      events.emit("exit", 1);
      return 1;
    },
    find(name: string, present: boolean, changed = false) {
      const found: FromWorker = {
        camera: name,
        at: AT,
        zones: [{ zone: "bank", present, changed, boxes: [] }],
        stirring: present,
      };
      events.emit("message", found);
    },
    die() {
      events.emit("error", new Error("out of memory"));
      events.emit("exit", 1);
    },
  };
  return double as unknown as WorkerDouble;
}

async function startWatch(...cameras: readonly string[]) {
  const clock = createSteppedClock();
  const workers: WorkerDouble[] = [];
  const startWorker = (): VisionWorker => {
    const worker = createWorkerDouble();
    workers.push(worker);
    return worker;
  };
  const watch = createVisionWatch({ clock, log: silentLogger, startWorker }, cameras.map(camera), {
    width: 4,
    height: 2,
  });
  const seen: string[] = [];
  const format = ({ camera: id, zone, present }: PresenceObservation) => `${id} ${zone} ${present}`;
  watch.observations.on((observation) => {
    if (observation.kind === "presence") seen.push(format(observation));
  });
  const armed: string[] = [];
  watch.armed.on(() => armed.push("armed"));
  await watch.start();
  const submit = (id: string, at = AT): Uint8Array<ArrayBuffer> => {
    const pixels = new Uint8Array(8);
    watch.submit({ camera: id, width: 4, height: 2, pixels, at });
    return pixels;
  };
  const worker = (number: number): WorkerDouble => {
    const found = workers[number];
    if (!found) throw new Error(`no worker ${number}`);
    return found;
  };
  const picturesAt = (number: number): number =>
    worker(number).received.filter(({ kind }) => kind === "picture").length;
  return { clock, watch, workers, worker, seen, armed, submit, picturesAt };
}

describe("the vision watch", () => {
  test("tells its worker every camera's zones first", async () => {
    const { worker } = await startWatch("pond", "gate");
    expect(worker(0).received).toMatchObject([
      { kind: "watch", camera: "pond", width: 4, height: 2, zones: [{ id: "bank" }] },
      { kind: "watch", camera: "gate" },
    ]);
  });

  test("tells the running worker when a zone has moved, and the next one from the beginning", async () => {
    const { clock, watch, worker } = await startWatch("pond");
    const moved = [{ id: "bank", polygon: [...POLYGON].reverse() }];
    watch.setZones("pond", moved);
    expect(worker(0).received.at(-1)).toEqual({ kind: "zones", camera: "pond", zones: moved });
    worker(0).die();
    clock.step(1000);
    expect(worker(1).received[0]).toMatchObject({ kind: "watch", camera: "pond", zones: moved });
  });

  test("hands the picture's buffer over instead of copying it", async () => {
    const { worker, submit } = await startWatch("pond");
    const pixels = submit("pond");
    expect(worker(0).transferred).toEqual([pixels.buffer]);
  });

  test("lets two pictures of a camera wait, and leaves out what comes while they do", async () => {
    const { watch, worker, submit, picturesAt } = await startWatch("pond", "gate");
    for (let count = 0; count < 5; count++) submit("pond");
    submit("gate");
    expect(picturesAt(0)).toBe(3);
    expect(watch.figures("pond").skipped).toBe(3);
    worker(0).find("pond", false);
    submit("pond");
    expect(picturesAt(0)).toBe(4);
  });

  test("is armed, once, when a picture of every camera was judged", async () => {
    const { watch, worker, armed } = await startWatch("pond", "gate");
    worker(0).find("pond", false);
    expect(armed).toEqual([]);
    expect(watch.health?.()).toMatchObject({ status: "starting" });
    worker(0).find("gate", false);
    worker(0).find("gate", false);
    expect(armed).toEqual(["armed"]);
    expect(watch.health?.()).toMatchObject({ status: "ok" });
  });

  test("reports empty zones at first, presence on every look, and the end of it", async () => {
    const { watch, worker, seen } = await startWatch("pond");
    worker(0).find("pond", false);
    worker(0).find("pond", false);
    worker(0).find("pond", true, true);
    worker(0).find("pond", true);
    expect(watch.occupied("pond")).toEqual(["bank"]);
    worker(0).find("pond", false, true);
    worker(0).find("pond", false);
    expect(seen).toEqual(["pond bank false", "pond bank true", "pond bank true", "pond bank false"]);
    expect(watch.occupied("pond")).toEqual([]);
  });

  test("starts another worker a second after one died, and goes on", async () => {
    const { clock, watch, workers, worker, submit, picturesAt } = await startWatch("pond");
    submit("pond");
    submit("pond");
    worker(0).die();
    submit("pond");
    expect(watch.figures("pond").skipped).toBe(1);
    clock.step(1000);
    expect(workers).toHaveLength(2);
    expect(worker(1).received[0]).toMatchObject({ kind: "watch", camera: "pond" });
    submit("pond", clock.now());
    expect(picturesAt(1)).toBe(1);
  });

  test("says that a zone is empty which the worker that died had seen somebody in", async () => {
    const { clock, worker, seen, armed } = await startWatch("pond");
    worker(0).find("pond", true, true);
    worker(0).die();
    clock.step(1000);
    worker(1).find("pond", false);
    expect(seen).toEqual(["pond bank true", "pond bank false"]);
    expect(armed).toEqual(["armed"]);
  });

  test("says whose pictures stir, so that all of their frames are looked at", async () => {
    const { watch, worker } = await startWatch("pond", "gate");
    const stirred: string[] = [];
    watch.stirred.on((id) => stirred.push(id));
    worker(0).find("pond", false);
    worker(0).find("gate", true);
    expect(stirred).toEqual(["gate"]);
  });

  test("leaves out a picture that comes late, and says so", async () => {
    const { clock, watch, submit, picturesAt } = await startWatch("pond");
    clock.step(901);
    submit("pond");
    expect(picturesAt(0)).toBe(0);
    expect(watch.figures("pond")).toMatchObject({ judged: 0, skipped: 1 });
  });

  test("tells how old frames were when they had been judged, and the oldest of the last minute", async () => {
    const { clock, watch, worker } = await startWatch("pond");
    clock.step(300);
    worker(0).find("pond", false);
    expect(watch.figures("pond")).toEqual({
      judged: 1,
      skipped: 0,
      ageSecondsSum: 0.3,
      oldestAgeSeconds: 0.3,
    });
    clock.step(60_000);
    expect(watch.figures("pond").oldestAgeSeconds).toBe(0);
  });

  test("starts no worker after it was stopped", async () => {
    const { clock, watch, workers, worker } = await startWatch("pond");
    worker(0).die();
    await watch.stop();
    clock.step(10_000);
    expect(workers).toHaveLength(1);
    await watch.stop();
  });
});

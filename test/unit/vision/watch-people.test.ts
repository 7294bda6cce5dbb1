import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { Moment } from "../../../src/core/time.ts";
import type { FromWorker, PeopleMessage, ToWorker } from "../../../src/vision/messages.ts";
import type { PersonModel, PersonModelFacts } from "../../../src/vision/people/person-model.ts";
import { createVisionWatch, type VisionWorker } from "../../../src/vision/watch.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { until } from "../../support/until.ts";

const AT: Moment = { wallMs: 0, monotonicMs: 0 };
const FACTS: PersonModelFacts = {
  id: "by-hand",
  sha256: "",
  sides: { multiple: 32, width: 640, height: 640 },
  usualScore: 0.4,
};
const BOX = { x: 0.1, y: 0.1, width: 0.1, height: 0.3 };
const TRACK = {
  id: 7,
  feet: [0.15, 0.4],
  box: BOX,
  score: 0.8,
  sureness: 1.8,
  moved: true,
  zones: ["bank"],
} as const;

/** A watch of one pond whose worker and model a test plays by hand. */
async function startWatch(load: PersonModel["load"] = async () => FACTS) {
  const clock = createSteppedClock();
  const workers: { events: EventEmitter; received: ToWorker[] }[] = [];
  const startWorker = (): VisionWorker => {
    const events = new EventEmitter();
    const received: ToWorker[] = [];
    workers.push({ events, received });
    const worker = {
      on: events.on.bind(events),
      postMessage: (message: ToWorker) => void received.push(message),
      terminate: async () => 1,
    };
    return worker as unknown as VisionWorker;
  };
  let detect: PersonModel["detect"] = async () => [];
  const model: PersonModel = { load, detect: (picture) => detect(picture), async close() {} };
  const zones = [
    {
      id: "bank",
      name: "bank",
      polygon: [
        [0, 0],
        [1, 0],
        [1, 1],
      ] as const,
    },
  ];
  const watch = createVisionWatch(
    { clock, log: silentLogger, startWorker, people: { model, coreShare: 0.5 } },
    [{ id: "pond", name: "pond", main: "rtsp://pond.test/", zones }],
    { width: 4, height: 4 },
  );
  const told: string[] = [];
  watch.observations.on((observation) => {
    const what =
      observation.kind === "presence"
        ? `${observation.zone} ${observation.present}`
        : observation.tracks.map(({ id }) => id).join();
    told.push(`${observation.kind} ${what} by ${observation.detector}`);
  });
  await watch.start();
  const send = (message: FromWorker): void => void workers.at(-1)?.events.emit("message", message);
  return {
    clock,
    watch,
    told,
    workers,
    send,
    failLooks: () => {
      detect = async () => {
        throw new GatewayError("it died", { code: "detector.crashed", kind: "transient" });
      };
    },
    moves: (present: boolean, wantsLook = false): void =>
      send({
        camera: "pond",
        at: AT,
        zones: [{ zone: "bank", present, changed: false, boxes: present ? [BOX] : [] }],
        stirring: present,
        crossings: [{ line: "path", direction: "in", box: BOX }],
        wantsLook,
      }),
    people: (present: boolean, more: Partial<PeopleMessage> = {}): void =>
      send({
        kind: "people",
        camera: "pond",
        at: AT,
        zones: [
          {
            zone: "bank",
            present,
            changed: false,
            boxes: present ? [BOX] : [],
            tracks: present ? [TRACK] : [],
          },
        ],
        tracks: present ? [TRACK] : [],
        crossings: [],
        isPending: false,
        nextTrack: 8,
        ...more,
      }),
    received: (kind: ToWorker["kind"]) =>
      workers.at(-1)?.received.filter((message) => message.kind === kind) ?? [],
  };
}

describe("the vision watch with a model that finds people", () => {
  test("lets the model tell of the zones, and movement no more", async () => {
    const { told, moves, people, received } = await startWatch();
    await until(() => received("model").length === 1);
    moves(true);
    expect(told).toEqual([]);
    people(true);
    expect(told).toEqual(["presence bank true by by-hand", "tracks 7 by by-hand"]);
  });

  test("tells once that the last who was followed is gone", async () => {
    const { told, people, received } = await startWatch();
    await until(() => received("model").length === 1);
    people(true);
    people(false);
    people(false);
    expect(told.filter((each) => each.startsWith("tracks"))).toEqual([
      "tracks 7 by by-hand",
      "tracks  by by-hand",
    ]);
  });

  test("counts who goes over a line once, by whoever tells", async () => {
    const { watch, moves, people, received } = await startWatch();
    const crossed: string[] = [];
    watch.crossings.on(({ detector }) => crossed.push(detector));
    await until(() => received("model").length === 1);
    moves(true);
    people(true, { crossings: [{ line: "path", direction: "in", box: BOX }] });
    expect(crossed).toEqual(["by-hand"]);
  });

  test("gives a camera its turn and has its pictures looked at", async () => {
    const { moves, received, send } = await startWatch();
    await until(() => received("model").length === 1);
    moves(true, true);
    expect(received("turn")).toEqual([{ kind: "turn", camera: "pond" }]);
    send({
      kind: "looks",
      camera: "pond",
      pictures: [{ width: 32, height: 32, pixels: new Uint8Array(3072) }],
    });
    await until(() => received("looked").length === 1);
    expect(received("looked")).toEqual([{ kind: "looked", camera: "pond", people: [[]] }]);
  });

  test("goes on by movement when the model dies, and says so", async () => {
    const { watch, told, moves, people, failLooks, received, send } = await startWatch();
    await until(() => received("model").length === 1);
    people(true);
    failLooks();
    moves(true, true);
    send({
      kind: "looks",
      camera: "pond",
      pictures: [{ width: 32, height: 32, pixels: new Uint8Array(3072) }],
    });
    await until(() => received("model").length === 2);
    expect(watch.health?.()).toMatchObject({
      name: "vision",
      status: "degraded",
      reason: "detector.crashed",
    });
    told.length = 0;
    moves(false);
    expect(told).toEqual(["presence bank false by movement"]);
  });

  test("watches movement from the start with a model that cannot be had", async () => {
    const { watch, told, moves } = await startWatch(async () => {
      throw new GatewayError("no such file", { code: "detector.missing", kind: "permanent" });
    });
    moves(true);
    expect(told).toEqual(["presence bank true by movement"]);
    await until(() => watch.health?.()?.reason === "detector.missing");
  });

  test("tells a worker that is started again of the model, and gives no id of a track twice", async () => {
    const { clock, people, workers, received } = await startWatch();
    await until(() => received("model").length === 1);
    people(true);
    workers[0]?.events.emit("exit", 1);
    clock.step(1000);
    expect(received("watch")).toMatchObject([{ camera: "pond", firstTrack: 8 }]);
    expect(received("model")).toMatchObject([{ facts: { id: "by-hand" } }]);
  });
});

// The program that looks for people, as the gateway runs it: a real process, ONNX Runtime, real models, real pictures.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createOwnPrograms } from "../../src/drivers/node/own-program.ts";
import { tryModel } from "../../src/vision/people/model-trial.ts";
import { defaultModel } from "../../src/vision/people/people.ts";
import type { PersonModel } from "../../src/vision/people/person-model.ts";
import { createPersonProcess } from "../../src/vision/people/person-process.ts";
import { footagePicture, missing, NANODET, YOLOX } from "../support/footage-pictures.ts";
import { PROJECT } from "../support/project.ts";
import { footage } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";

const PROGRAM = pathToFileURL(join(PROJECT, "dist/src/vision/people/look-program.js"));
const YOLOX_SHA256 = "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14";
const WIDE = { width: 416, height: 224 };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cunshao-model-"));
  return () => rm(folder, { recursive: true, force: true });
});

function open(model: { readonly file: string; readonly sha256: string }, program = PROGRAM): PersonModel {
  const startProgram = createOwnPrograms({ log: silentLogger });
  const opened = createPersonProcess({ clock: systemClock, startProgram, program }, { ...model, threads: 1 });
  onTestFinished(() => opened.close());
  return opened;
}

/** A file of the test's own with the sum that it has. */
function put(name: string, content: Uint8Array | string): { readonly file: string; readonly sha256: string } {
  const file = join(folder, name);
  writeFileSync(file, content);
  return { file, sha256: createHash("sha256").update(content).digest("hex") };
}

const own = missing(NANODET, footage("worker-zone.mp4"));
describe.skipIf(own)(`NanoDet-g, as the set-up made it${own && ` (${own})`}`, () => {
  test("finds the worker, in the right place, and nobody on the car park", async () => {
    const model = open(defaultModel(join(PROJECT, "dist/models")));
    const { id, usualScore, sides } = await model.load();
    expect({ id, sides }).toEqual({ id: "nanodet-g", sides: { multiple: 32, width: 1280, height: 1280 } });
    const [worker, ...others] = await model.detect(footagePicture("worker-zone.mp4", 2, WIDE));
    expect(worker?.score).toBeGreaterThan(usualScore);
    expect((worker?.box.x ?? 0) + (worker?.box.width ?? 0) / 2).toBeCloseTo(0.3, 1);
    expect(worker?.box.height).toBeCloseTo(0.71, 1);
    expect(others.filter(({ score }) => score >= usualScore)).toEqual([]);
    const parked = await model.detect(footagePicture("car-park.mp4", 5, WIDE));
    expect(parked.filter(({ score }) => score >= usualScore)).toEqual([]);
  });

  test.each([
    { width: 32, height: 32 },
    { width: 320, height: 192 },
    { width: 192, height: 320 },
    { width: 640, height: 352 },
  ])("takes pictures of $width by $height", async (size) => {
    const model = open(defaultModel(join(PROJECT, "dist/models")));
    for (const { box } of await model.detect(footagePicture("worker-zone.mp4", 2, size))) {
      expect(box.x + box.width).toBeLessThanOrEqual(1.000001);
      expect(box.y + box.height).toBeLessThanOrEqual(1.000001);
    }
  });

  test("is tried in the size that is usual", async () => {
    const trial = await tryModel(open(defaultModel(join(PROJECT, "dist/models"))), systemClock, 3);
    expect(trial).toMatchObject({ id: "nanodet-g", ...WIDE });
    expect(trial.lookMs).toBeGreaterThan(0);
  });

  test("of which half is missing is refused, whether or not its sum was taken from that half", async () => {
    const whole = readFileSync(NANODET);
    const half = put("half.onnx", whole.subarray(0, whole.length / 2));
    await expect(open(half).load()).rejects.toMatchObject({ code: "detector.unreadable", kind: "permanent" });
    const { sha256 } = defaultModel("");
    await expect(open({ file: half.file, sha256 }).load()).rejects.toMatchObject({
      code: "detector.wrong_sum",
      message: expect.stringContaining(half.sha256),
    });
  });
});

const other = missing(YOLOX, footage("store-aisle.mp4"));
describe.skipIf(other)(`YOLOX-nano, as a technician brings it${other && ` (${other})`}`, () => {
  test("finds the three people in the aisle", async () => {
    const model = open({ file: YOLOX, sha256: YOLOX_SHA256 });
    expect(await model.load()).toMatchObject({
      id: "yolox-416x416",
      sides: { multiple: 32, width: 416, height: 416 },
    });
    const people = await model.detect(footagePicture("store-aisle.mp4", 2, WIDE));
    expect(people.filter(({ score }) => score > 0.5)).toHaveLength(3);
  });
});

describe("a file that is no model for people", () => {
  test.each<[string, string | Uint8Array]>([
    ["a text", "Once upon a time there was a model."],
    ["a web page that was saved instead", "<!DOCTYPE html><title>404</title>"],
    ["an empty file", ""],
    ["noise", Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 251)],
  ])("%s: is refused as unreadable", async (name, content) => {
    await expect(open(put(name.replaceAll(" ", "-"), content)).load()).rejects.toMatchObject({
      code: "detector.unreadable",
      kind: "permanent",
    });
  });

  test("a model of something else is refused, with what it takes and gives", async () => {
    const { FLOAT, onnxFile } = await import(join(PROJECT, "src/setup/onnx-writer.mjs"));
    const value = (name: string) => ({ name, type: FLOAT, shape: [1, 3] });
    const bytes = onnxFile({
      name: "identity",
      inputs: [value("in")],
      outputs: [value("out")],
      weights: [],
      nodes: [{ op: "Identity", inputs: ["in"], outputs: ["out"] }],
      metadata: {},
    });
    await expect(open(put("identity.onnx", bytes)).load()).rejects.toMatchObject({
      code: "detector.wrong_shape",
      message: expect.stringContaining("float32[1,3]"),
    });
  });

  test.each([
    ["is not there", () => join(folder, "nowhere.onnx"), "detector.missing"],
    ["is a folder", () => folder, "detector.unreadable"],
    ["never ends", () => "/dev/zero", "detector.unreadable"],
  ])("that %s is refused", async (_what, file, code) => {
    await expect(open({ file: file(), sha256: "00" }).load()).rejects.toMatchObject({ code });
  });
});

describe("a program that a model brings down", () => {
  const FACTS = '{id: "m", sha256: "00", sides: {multiple: 32, width: 64, height: 64}, usualScore: 0.4}';
  const PICTURE = { width: 32, height: 32, pixels: new Uint8Array(32 * 32 * 3) };

  /** Loads what it is told, and then does `onLook`. */
  function program(name: string, onLook: string): URL {
    const load = `process.send({kind: "loaded", facts: ${FACTS}})`;
    const { file } = put(
      `${name}.mjs`,
      `process.on("message", ({kind}) => { if (kind === "load") ${load}; else { ${onLook} } });`,
    );
    return pathToFileURL(file);
  }

  test.each([
    ["a fault in native code", 'process.kill(process.pid, "SIGSEGV")', /SIGSEGV/],
    ["its own abort, with its last words", 'console.error("bad node"); process.abort()', /SIGABRT/],
    ["the end of memory", 'process.kill(process.pid, "SIGKILL")', /SIGKILL/],
    ["an error that nobody caught", 'throw new Error("no such tensor")', /exit code 1/],
  ])("by %s rejects the look, and the gateway goes on", async (name, onLook, message) => {
    const model = open({ file: "any", sha256: "00" }, program(name.replaceAll(" ", "-"), onLook));
    await expect(model.detect(PICTURE)).rejects.toMatchObject({
      code: "detector.crashed",
      kind: "transient",
      message: expect.stringMatching(message),
    });
  });

  test("that is no program rejects too", async () => {
    const model = open({ file: "any", sha256: "00" }, pathToFileURL(join(folder, "nothing.mjs")));
    await expect(model.load()).rejects.toMatchObject({ code: "detector.crashed" });
  });

  test("ends when the gateway is killed", async () => {
    const driver = pathToFileURL(join(PROJECT, "dist/src/drivers/node/own-program.js"));
    const gateway = spawn(process.execPath, [
      "--input-type=module",
      "-e",
      `import {createOwnPrograms} from ${JSON.stringify(driver.href)};
       const register = {add: (pid) => console.log(pid), remove: () => {}};
       createOwnPrograms({log: console, register})(new URL(${JSON.stringify(PROGRAM.href)}));`,
    ]);
    onTestFinished(() => void gateway.kill("SIGKILL"));
    let pid = "";
    gateway.stdout.setEncoding("utf8").on("data", (text: string) => {
      pid += text;
    });
    await until(() => /^\d+\n$/.test(pid) && existsSync(`/proc/${pid.trim()}`));
    // It has begun to run, and not only to start.
    await until(() => readFileSync(`/proc/${pid.trim()}/oom_score_adj`, "utf8").trim() === "500");
    gateway.kill("SIGKILL");
    await until(() => !existsSync(`/proc/${pid.trim()}`));
  });
});

// The converted model against the one it was made of, run by TensorFlow.js itself.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { io, setBackend, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import type { LookPicture } from "../../src/vision/people/person-model.ts";
import { footagePicture, missing, NANODET, NANODET_SOURCE } from "../support/footage-pictures.ts";
import { footage } from "../support/rtsp-cameras.ts";

/** The TensorFlow.js file takes this size only. */
const SIDE = 416;
const CELLS = { 8: 52 * 52, 16: 26 * 26, 32: 13 * 13 } as const;
/** Of blue, green and red, as the model was trained. */
const MEAN = [103.53, 116.28, 123.675] as const;
const DEVIATION = [57.375, 57.12, 58.395] as const;

const source = (name: string): string => join(NANODET_SOURCE, name);
const obstacle = missing(NANODET, source("nanodet.json"), source("nanodet.bin"), footage("people.mp4"));

/** Outputs by name as the converted file calls them, cell by cell instead of channel by channel. */
type Outputs = ReadonlyMap<string, Float32Array>;

async function byTensorFlow({ pixels }: LookPicture): Promise<Outputs> {
  const library = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(`${dirname(library)}/`);
  await setBackend("wasm");
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(source("nanodet.json"), "utf8"));
  const weightSpecs = weightsManifest.flatMap(({ weights }: { weights: unknown[] }) => weights);
  const weightData = new Uint8Array(readFileSync(source("nanodet.bin"))).buffer;
  const model = await loadGraphModel(io.fromMemory({ modelTopology, weightSpecs, weightData }));
  const plane = SIDE * SIDE;
  const input = new Float32Array(3 * plane);
  for (let i = 0; i < plane; i++) {
    for (const channel of [0, 1, 2] as const) {
      const value = pixels[3 * i + 2 - channel] as number;
      input[channel * plane + i] = (value - MEAN[channel]) / DEVIATION[channel];
    }
  }
  const given = model.predict(tensor(input, [1, 3, SIDE, SIDE])) as Tensor[];
  const outputs = new Map<string, Float32Array>();
  for (const output of given) {
    const [, cells, channels] = output.shape;
    const stride = Object.entries(CELLS).find(([, count]) => count === cells)?.[0];
    outputs.set(
      `${channels === 80 ? "scores" : "distances"}-${stride}`,
      (await output.data()) as Float32Array,
    );
  }
  return outputs;
}

async function byOnnxRuntime({ pixels }: LookPicture): Promise<Outputs> {
  const session = await InferenceSession.create(NANODET, { intraOpNumThreads: 1 });
  const given = await session.run({ picture: new OnnxTensor("uint8", pixels, [1, SIDE, SIDE, 3]) });
  return new Map(
    Object.entries(given).map(([name, { data, dims }]) => {
      const [, channels = 0, rows = 0, columns = 0] = dims;
      const cells = rows * columns;
      const turned = Float32Array.from(
        { length: cells * channels },
        (_, i) => data[(i % channels) * cells + Math.floor(i / channels)] as number,
      );
      return [name, turned];
    }),
  );
}

/** Stretched people would not be found: the picture keeps its aspect, with grey below. */
function inSquare(picture: LookPicture): LookPicture {
  const pixels = new Uint8Array(SIDE * SIDE * 3).fill(114);
  pixels.set(picture.pixels);
  return { width: SIDE, height: SIDE, pixels };
}

function furthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

describe.skipIf(obstacle)(`the converted NanoDet-g${obstacle && ` (${obstacle})`}`, () => {
  test.each([
    ["people.mp4", 0.5],
    ["worker-zone.mp4", 2],
    ["one-by-one-person.mp4", 10],
  ])("says of %s at %s s what its source says", async (clip, atSeconds) => {
    const picture = inSquare(footagePicture(clip, atSeconds, { width: SIDE, height: 224 }));
    const expected = await byTensorFlow(picture);
    const given = await byOnnxRuntime(picture);
    expect([...given.keys()].sort()).toEqual([...expected.keys()].sort());
    expect(given.size).toBe(6);
    for (const [name, values] of given) {
      const other = expected.get(name) ?? new Float32Array();
      expect(values.length).toBe(other.length);
      expect(furthest(values, other), name).toBeLessThan(name.startsWith("scores") ? 5e-6 : 5e-5);
    }
    // Something was there to be equal about.
    expect(Math.max(...["8", "16", "32"].map((stride) => surestPerson(given, stride)))).toBeGreaterThan(0.3);
  });
});

function surestPerson(outputs: Outputs, stride: string): number {
  const scores = outputs.get(`scores-${stride}`) ?? new Float32Array();
  return scores.reduce((most, score, i) => (i % 80 === 0 ? Math.max(most, score) : most), 0);
}

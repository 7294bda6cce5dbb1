import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_MODEL_SHA256 } from "../../../src/vision/people/people.ts";
import { missing, NANODET_SOURCE } from "../../support/footage-pictures.ts";
import { PROJECT } from "../../support/project.ts";

const load = (name: string) => import(join(PROJECT, "src/setup", name));
type Fetch = (source: string) => Promise<void>;
const { providePersonModel, SUMS } = (await load("person-model.mjs")) as {
  providePersonModel(folder: string, fetchPackage: Fetch): Promise<void>;
  SUMS: Readonly<Record<string, string>>;
};
const { nanodetToOnnx } = (await load("nanodet-to-onnx.mjs")) as {
  nanodetToOnnx(model: unknown, weights: Uint8Array, metadata: object): Buffer;
};

const SOURCES = ["nanodet.json", "nanodet.bin"];
const obstacle = missing(...SOURCES.map((name) => join(NANODET_SOURCE, name)));

let folder = "";
let said = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cunshao-provide-"));
  said = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const offline: Fetch = async () => {
  throw new Error("npm could not fetch it: EAI_AGAIN");
};
const fromDisk: Fetch = async (source) => {
  for (const name of SOURCES) copyFileSync(join(NANODET_SOURCE, name), join(source, name));
};

describe("the set-up", () => {
  test("goes on without a network, and says what is missing and what that means", async () => {
    await providePersonModel(folder, offline);
    expect(said).toMatch(/MISSING.*EAI_AGAIN/);
    expect(said).toContain("not whether it is a person");
    expect(existsSync(join(folder, "nanodet-g.onnx"))).toBe(false);
  });

  test("takes no file that only has the right name", async () => {
    await providePersonModel(folder, async (source) => {
      for (const name of SOURCES) writeFileSync(join(source, name), "{}");
    });
    expect(said).toMatch(/MISSING.*nanodet\.json/);
    expect(existsSync(join(folder, "nanodet-g.onnx"))).toBe(false);
  });

  test("makes the model that the gateway expects", () => {
    expect(SUMS["nanodet-g.onnx"]).toBe(DEFAULT_MODEL_SHA256);
  });

  describe.skipIf(obstacle)(`with the package${obstacle && ` (${obstacle})`}`, () => {
    test("makes the model, with its licence beside it, and does nothing the second time", async () => {
      await providePersonModel(folder, fromDisk);
      expect(said).toContain("ready");
      expect(readFileSync(join(folder, "nanodet-g.txt"), "utf8")).toContain("Apache License 2.0");
      said = "";
      await providePersonModel(folder, offline);
      expect(said).toContain("there");
    });

    test("makes it again, without a network, when it was broken or the converter has changed", async () => {
      await providePersonModel(folder, fromDisk);
      writeFileSync(join(folder, "nanodet-g.onnx"), "torn");
      await providePersonModel(folder, offline);
      expect(readFileSync(join(folder, "nanodet-g.onnx")).length).toBeGreaterThan(7e6);
    });

    test("converts no other model", () => {
      const [description = "", weights = ""] = SOURCES.map((name) => join(NANODET_SOURCE, name));
      const model = JSON.parse(readFileSync(description, "utf8"));
      const bytes = readFileSync(weights);
      expect(() => nanodetToOnnx(model, bytes.subarray(4), {})).toThrow(/bytes of weights/);
      const nodes = model.modelTopology.node as { op: string }[];
      for (const node of nodes) if (node.op === "MaxPool") node.op = "AvgPool";
      expect(() => nanodetToOnnx(model, bytes, {})).toThrow(/AvgPool is not known/);
    });
  });

  test("needs no folder to be there", async () => {
    const inner = join(folder, "a/b");
    mkdirSync(join(folder, "a"));
    await providePersonModel(inner, offline);
    expect(said).toContain("MISSING");
  });
});

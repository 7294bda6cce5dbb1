import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { modelFault } from "../../../src/config/detector.ts";
import { changed, configurationOf, problemsOf } from "./config-rig.ts";

const SUM = "695E750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14";

const village = (setting: string) => changed("panel:", `detector: ${setting}\npanel:`);

describe("how people are found", () => {
  test("is by the model that comes with the program, where nothing is said", async () => {
    const { detector } = await configurationOf();
    expect(detector).toEqual({ kind: "people", model: undefined, threads: 1, share: 0.5 });
  });

  test.each([
    ["people", { kind: "people", model: undefined, threads: 1, share: 0.5 }],
    ["movement", { kind: "movement" }],
    ["{threads: 3}", { kind: "people", model: undefined, threads: 3, share: 0.5 }],
    [
      `{model: /etc/cunshao/yolox_nano.onnx, sha256: ${SUM}}`,
      {
        kind: "people",
        model: { file: "/etc/cunshao/yolox_nano.onnx", sha256: SUM.toLowerCase() },
        threads: 1,
        share: 0.5,
      },
    ],
    ["{share: 1.5}", { kind: "people", model: undefined, threads: 1, share: 1.5 }],
  ])("is set by detector: %s", async (written, setting) => {
    expect((await configurationOf({ village: village(written) })).detector).toEqual(setting);
  });

  test.each([
    ["yolo", "detector", "people, movement, or {model: <an ONNX file>, sha256: <its sum>, threads, share}"],
    [`{model: yolox.onnx, sha256: ${SUM}}`, "detector.model", "the path of an ONNX file, from /"],
    ["{model: /yolox.onnx}", "detector.sha256", "the SHA-256 of the model's file, as sha256sum prints it"],
    ["{model: /yolox.onnx, sha256: 12ab}", "detector.sha256", "64 hexadecimal digits"],
    [`{sha256: ${SUM}}`, "detector.model", "the path of the ONNX file that the sum is of"],
    ["{share: 0}", "detector.share", "a number from 0.05 to 4"],
    ["{threads: 16}", "detector.threads", "a whole number from 1 to 4"],
    ["{modell: /yolox.onnx}", "detector.modell", "no such key here"],
  ])("is refused as %s, with what was expected", async (written, path, expected) => {
    const problems = await problemsOf({ village: village(written) });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(path);
    expect(problems[0]).toContain(expected);
  });
});

describe("the file of a model", () => {
  test("is looked for before the gateway runs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cunshao-model-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "m.onnx");
    expect(await modelFault(file)).toBe(`${file}: there is no such file [detector.missing]`);
    expect(await modelFault(folder)).toBe(`${folder}: is not a file [detector.unreadable]`);
    writeFileSync(file, "x");
    expect(await modelFault(file)).toBeUndefined();
    expect(await modelFault(join(file, "below"))).toContain("[detector.missing]");
  });
});

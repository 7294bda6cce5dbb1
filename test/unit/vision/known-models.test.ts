import { describe, expect, test } from "vitest";
import { modelKind } from "../../../src/vision/people/known-models.ts";
import type { Declared, Numbers } from "../../../src/vision/people/model-kind.ts";
import type { LookPicture } from "../../../src/vision/people/person-model.ts";

type Shape = readonly (number | string)[];
const floats = (...shape: Shape): Declared => ({ name: `any-${shape.join("-")}`, type: "float32", shape });
const bytes = (...shape: Shape): Declared => ({ name: "anything", type: "uint8", shape });

const NANODET_GRIDS = [80, 44].flatMap((channels) =>
  ["a", "b", "c"].map((grid) => floats(1, channels, `rows-${grid}`, `columns-${grid}`)),
);

/** Blue, green and red differ, and so do all pixels of a row. */
function picture(width: number, height: number): LookPicture {
  return { width, height, pixels: Uint8Array.from({ length: width * height * 3 }, (_, i) => i % 256) };
}

describe("a model is told by its inputs and outputs", () => {
  test.each<[string, Declared[], Declared[], string, number, number]>([
    ["YOLOX-nano or -tiny", [floats(1, 3, 416, 416)], [floats(1, 3549, 85)], "yolox-416x416", 416, 416],
    ["a wide YOLOX", [floats(1, 3, 224, 416)], [floats(1, 1911, 85)], "yolox-416x224", 416, 224],
    ["a YOLOX of people alone", [floats(1, 3, 640, 640)], [floats(1, 8400, 6)], "yolox-640x640", 640, 640],
    ["a YOLOX with open sides", [floats(1, 3, "h", "w")], [floats(1, "n", 85)], "yolox", 1280, 1280],
    ["the converted NanoDet-g", [bytes(1, "h", "w", 3)], NANODET_GRIDS, "nanodet-g", 1280, 1280],
  ])("%s", (_what, inputs, outputs, id, width, height) => {
    expect(modelKind(inputs, outputs)).toMatchObject({ id, sides: { multiple: 32, width, height } });
  });

  test.each<[string, Declared[], Declared[]]>([
    ["YOLOv5, which has three boxes a cell", [floats(1, 3, 640, 640)], [floats(1, 25_200, 85)]],
    ["YOLOv8, which gives channels first", [floats(1, 3, 640, 640)], [floats(1, 84, 8400)]],
    ["what tells a thousand things apart", [floats(1, 3, 224, 224)], [floats(1, 1000)]],
    ["a YOLOX of other classes", [floats(1, 3, 416, 416)], [floats(1, 3549, 25)]],
    ["a YOLOX with sides that do not divide", [floats(1, 3, 400, 400)], [floats(1, 3281, 85)]],
    ["a YOLOX too large for any box", [floats(1, 3, 4096, 4096)], [floats(1, 344_064, 85)]],
    ["a YOLOX in half precision", [{ ...floats(1, 3, 416, 416), type: "float16" }], [floats(1, 3549, 85)]],
    ["what takes two pictures", [bytes(1, "h", "w", 3), bytes(1, "h", "w", 3)], NANODET_GRIDS],
    ["what takes and gives nothing", [], []],
  ])("and %s is refused", (_what, inputs, outputs) => {
    expect(() => modelKind(inputs, outputs)).toThrow(
      expect.objectContaining({ code: "detector.wrong_shape", kind: "permanent" }),
    );
  });
});

describe("YOLOX", () => {
  const small = modelKind([floats(1, 3, 64, 96)], [floats(1, 126, 85)]);

  function boxes(fill: (box: (cell: number) => Float32Array) => void): Numbers {
    const data = new Float32Array(126 * 85);
    fill((cell) => data.subarray(cell * 85, (cell + 1) * 85));
    return { dims: [1, 126, 85], data };
  }

  test("is fed blue, green, red as planes, with grey beside a smaller picture", () => {
    const { dims, data } = small.feed(picture(32, 64));
    expect(dims).toEqual([1, 3, 64, 96]);
    expect([data[0], data[64 * 96], data[2 * 64 * 96]]).toEqual([2, 1, 0]);
    expect([data[31], data[32], data[95], data[96]]).toEqual([95, 114, 114, (32 * 3 + 2) % 256]);
  });

  test("gives boxes around cells, in strides", () => {
    // The grid of stride 8 is 12 cells wide: this is column 3 of row 2, then column 1 of row 1 of stride 32.
    const output = boxes((box) => {
      box(2 * 12 + 3).set([0.5, 0.5, Math.log(2), Math.log(4), 0.9, 0.8]);
      box(96 + 24 + 3 + 1).set([0, 0, 0, 0, 1, 0.5]);
    });
    const [first, second, ...more] = small.read([output], picture(96, 64));
    expect(more).toEqual([]);
    expect(first?.score).toBeCloseTo(0.72);
    expect(first?.box.x).toBeCloseTo((3.5 * 8 - 8) / 96);
    expect(first?.box.y).toBeCloseTo((2.5 * 8 - 16) / 64);
    expect(first?.box.width).toBeCloseTo(16 / 96);
    expect(first?.box.height).toBeCloseTo(32 / 64);
    expect(second?.box.x).toBeCloseTo((32 - 16) / 96);
  });

  test("counts what it finds in fractions of the picture, not of its square", () => {
    const output = boxes((box) => box(0).set([0.5, 0.5, 0, 0, 1, 1]));
    expect(small.read([output], picture(32, 64))[0]?.box.width).toBeCloseTo(8 / 32);
  });

  test("finds people, and nothing else", () => {
    const dog = boxes((box) => {
      box(0).set([0.5, 0.5, 1, 1, 1]);
      box(0)[5 + 16] = 1;
    });
    expect(small.read([dog], picture(96, 64))).toEqual([]);
  });

  test("finds no person in what is rather something else", () => {
    const output = (dog: number): Numbers =>
      boxes((box) => {
        box(0).set([0.5, 0.5, 1, 1, 1, 0.5]);
        box(0)[5 + 16] = dog;
      });
    expect(small.read([output(0.6)], picture(96, 64))).toEqual([]);
    expect(small.read([output(0.4)], picture(96, 64))).toHaveLength(1);
  });

  test("that gives another shape than it declares is refused", () => {
    const wrong = { dims: [1, 125, 85], data: new Float32Array(125 * 85) };
    expect(() => small.read([wrong], picture(96, 64))).toThrow(
      expect.objectContaining({ code: "detector.wrong_shape" }),
    );
    expect(() => small.read([], picture(96, 64))).toThrow(
      expect.objectContaining({ code: "detector.wrong_shape" }),
    );
  });
});

describe("NanoDet-g", () => {
  const kind = modelKind([bytes(1, "h", "w", 3)], NANODET_GRIDS);

  /** Grids of a picture of 96 by 64 in which the person of one cell of stride 8 is seen. */
  function grids(): Numbers[] {
    const outputs = [8, 16, 32].flatMap((stride) =>
      [80, 44].map((channels) => {
        const dims = [1, channels, 64 / stride, 96 / stride];
        return { dims, data: new Float32Array(dims.reduce((product, side) => product * side)) };
      }),
    );
    const [scores, distances] = outputs;
    const cell = 2 * 12 + 3;
    if (scores) scores.data[cell] = 0.7;
    // As good as certain: 1, 2, 3 and 1 strides to the left, top, right and bottom.
    for (const [side, bin] of [1, 2, 3, 1].entries()) {
      if (distances) distances.data[(side * 11 + bin) * 96 + cell] = 100;
    }
    return outputs;
  }

  test("is fed the picture as it is", () => {
    const given = picture(96, 64);
    expect(kind.feed(given)).toEqual({ dims: [1, 64, 96, 3], data: given.pixels });
  });

  test("gives boxes by their distances from the middle of a cell", () => {
    const [found, ...more] = kind.read(grids(), picture(96, 64));
    expect(more).toEqual([]);
    expect(found?.score).toBeCloseTo(0.7);
    expect(found?.box.x).toBeCloseTo((28 - 8) / 96);
    expect(found?.box.y).toBeCloseTo((20 - 16) / 64);
    expect(found?.box.width).toBeCloseTo((8 + 24) / 96);
    expect(found?.box.height).toBeCloseTo((16 + 8) / 64);
  });

  test("finds no person in what is rather something else", () => {
    const withDog = (score: number): Numbers[] => {
      const outputs = grids();
      const [scores] = outputs;
      if (scores) scores.data[16 * 96 + 2 * 12 + 3] = score;
      return outputs;
    };
    expect(kind.read(withDog(0.8), picture(96, 64))).toEqual([]);
    expect(kind.read(withDog(0.6), picture(96, 64))).toHaveLength(1);
  });

  test("may give its outputs in any order", () => {
    expect(kind.read(grids().reverse(), picture(96, 64))).toEqual(kind.read(grids(), picture(96, 64)));
  });

  test("whose grids do not fit the picture is refused", () => {
    expect(() => kind.read(grids(), picture(128, 64))).toThrow(
      expect.objectContaining({ code: "detector.wrong_shape" }),
    );
  });
});

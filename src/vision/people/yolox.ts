import {
  type Declared,
  LARGEST_SIDE,
  type ModelKind,
  type Numbers,
  STRIDES,
  wrongShape,
} from "./model-kind.ts";
import { type Candidate, personBoxes } from "./person-boxes.ts";
import { LEAST_SCORE, type LookPicture, type PersonBox } from "./person-model.ts";

/** Of each box: middle x and y, width, height, whether there is anything, then the classes, the person first. */
const BEFORE_CLASSES = 5;
/** COCO's classes, or a model that was trained on people alone. */
const CLASS_COUNTS = [80, 1];
/** What the authors' own export leaves beside a picture that does not fill its square. */
const BLANK = 114;

/**
 * YOLOX of any size, as its authors' export_onnx.py writes it (https://github.com/Megvii-BaseDetection/YOLOX): blue,
 * green, red from 0 to 255, the picture in the upper left; boxes in strides, read as in demo_postprocess.
 */
export function yolox(inputs: readonly Declared[], outputs: readonly Declared[]): ModelKind | undefined {
  const [input] = inputs;
  const [output] = outputs;
  if (!input || !output || inputs.length > 1 || outputs.length > 1) return undefined;
  const [batch, channels, height, width] = input.shape;
  const perBox = output.shape[2];
  const isYolox =
    input.type === "float32" &&
    input.shape.length === 4 &&
    isOpenOr(batch, 1) &&
    channels === 3 &&
    output.type === "float32" &&
    output.shape.length === 3 &&
    typeof perBox === "number" &&
    CLASS_COUNTS.includes(perBox - BEFORE_CLASSES);
  if (!isYolox) return undefined;
  if (isSide(height) && isSide(width)) {
    if (!isOpenOr(output.shape[1], boxesOf(width, height))) return undefined;
    return {
      id: `yolox-${width}x${height}`,
      sides: { multiple: 32, width, height },
      usualScore: 0.4,
      input: input.name,
      feed: (picture) => planes(picture, width, height),
      read: (outputs, picture) => read(outputs, picture, { perBox, width, height }),
    };
  }
  if (typeof height === "number" && height > 0) return undefined;
  return {
    id: "yolox",
    sides: { multiple: 32, width: LARGEST_SIDE, height: LARGEST_SIDE },
    usualScore: 0.4,
    input: input.name,
    feed: (picture) => planes(picture, picture.width, picture.height),
    read: (outputs, picture) =>
      read(outputs, picture, { perBox, width: picture.width, height: picture.height }),
  };
}

function isSide(side: number | string | undefined): side is number {
  return typeof side === "number" && side > 0 && side % 32 === 0 && side <= LARGEST_SIDE;
}

function isOpenOr(side: number | string | undefined, expected: number): boolean {
  return side === expected || typeof side === "string" || side === -1;
}

function boxesOf(width: number, height: number): number {
  return STRIDES.reduce((sum, stride) => sum + (width / stride) * (height / stride), 0);
}

/** The picture in the upper left of `width` by `height`, as planes of blue, green and red. */
function planes(picture: LookPicture, width: number, height: number): Numbers {
  const { pixels } = picture;
  const plane = width * height;
  const data = new Float32Array(3 * plane);
  if (picture.width < width || picture.height < height) data.fill(BLANK);
  for (let row = 0, from = 0; row < picture.height; row++) {
    for (let to = row * width, end = to + picture.width; to < end; to++, from += 3) {
      data[to] = pixels[from + 2] as number;
      data[to + plane] = pixels[from + 1] as number;
      data[to + 2 * plane] = pixels[from] as number;
    }
  }
  return { dims: [1, 3, height, width], data };
}

function read(
  outputs: readonly Numbers[],
  picture: LookPicture,
  { perBox, width, height }: { readonly perBox: number; readonly width: number; readonly height: number },
): PersonBox[] {
  const [output] = outputs;
  if (output?.dims.join() !== [1, boxesOf(width, height), perBox].join()) {
    throw wrongShape(
      `the model gives ${output?.dims.join() ?? "nothing"} for a picture of ${width}x${height}`,
    );
  }
  const { data } = output;
  const candidates: Candidate[] = [];
  let at = 0;
  for (const stride of STRIDES) {
    for (let row = 0; row < height / stride; row++) {
      for (let column = 0; column < width / stride; column++, at += perBox) {
        const person = data[at + BEFORE_CLASSES] as number;
        const score = (data[at + 4] as number) * person;
        if (!(score >= LEAST_SCORE) || isRather(data, at + BEFORE_CLASSES, at + perBox, person)) continue;
        const x = (column + (data[at] as number)) * stride;
        const y = (row + (data[at + 1] as number)) * stride;
        const halfWidth = (Math.exp(data[at + 2] as number) * stride) / 2;
        const halfHeight = (Math.exp(data[at + 3] as number) * stride) / 2;
        candidates.push({
          left: x - halfWidth,
          top: y - halfHeight,
          right: x + halfWidth,
          bottom: y + halfHeight,
          score,
        });
      }
    }
  }
  return personBoxes(candidates, picture.width, picture.height);
}

/** Whether the model takes what is in a box for something else than a person: a dog, a duck, a boat. */
function isRather(data: Numbers["data"], from: number, to: number, person: number): boolean {
  for (let at = from + 1; at < to; at++) if ((data[at] as number) > person) return true;
  return false;
}

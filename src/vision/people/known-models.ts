import { type Declared, type ModelKind, wrongShape } from "./model-kind.ts";
import { nanodet } from "./nanodet.ts";
import { yolox } from "./yolox.ts";

/**
 * Tells a model by its inputs and outputs; names of files and tensors say nothing reliable.
 * @throws GatewayError `detector.wrong_shape` (permanent).
 */
export function modelKind(inputs: readonly Declared[], outputs: readonly Declared[]): ModelKind {
  const found = nanodet(inputs, outputs) ?? yolox(inputs, outputs);
  if (found) return found;
  const list = (declared: readonly Declared[]): string =>
    declared
      .slice(0, 8)
      .map(({ type, shape }) => `${type}[${shape.join(",")}]`)
      .join(" ");
  throw wrongShape(
    `the model takes ${list(inputs) || "nothing"} and gives ${list(outputs) || "nothing"}; known are YOLOX ` +
      "(float32[1,3,height,width] to float32[1,boxes,85]) and the converted NanoDet-g",
  );
}

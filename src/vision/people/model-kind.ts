import { GatewayError } from "../../core/errors.ts";
import type { LookPicture, PersonBox, PersonModelFacts } from "./person-model.ts";

/** An input or output as the model's file declares it; a side that is open has a name, or -1, instead of a number. */
export interface Declared {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** Numbers in a shape, as they go into the runtime and come out of it. */
export interface Numbers {
  readonly dims: readonly number[];
  readonly data: Uint8Array | Float32Array;
}

/** How a family of models is fed and read. */
export interface ModelKind extends Pick<PersonModelFacts, "id" | "sides" | "usualScore"> {
  readonly input: string;
  /** @param picture whose sides fit `sides`. */
  feed(picture: LookPicture): Numbers;
  /** @throws GatewayError `detector.wrong_shape` when the outputs are not those of this family. */
  read(outputs: readonly Numbers[], picture: LookPicture): PersonBox[];
}

/** Models with open sides take pictures up to this: beyond it a look takes a second, and its memory grows. In pixels. */
export const LARGEST_SIDE = 1280;
/** Each output is a grid of the picture's pixels by so many: the model halves the picture five times. */
export const STRIDES = [8, 16, 32] as const;

export function wrongShape(message: string): GatewayError {
  return new GatewayError(message, { code: "detector.wrong_shape", kind: "permanent" });
}

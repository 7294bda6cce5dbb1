import type { InferenceSession, Tensor } from "onnxruntime-node";
import { errorCode, errorMessage } from "../../core/errors.ts";
import { modelKind } from "./known-models.ts";
import type { LoadQuestion } from "./look-messages.ts";
import { failure, readModel, sumOf } from "./model-file.ts";
import { type Declared, type Numbers, wrongShape } from "./model-kind.ts";
import type { LookPicture, PersonBox, PersonModelFacts } from "./person-model.ts";

export interface LoadedModel {
  readonly facts: PersonModelFacts;
  look(picture: LookPicture): Promise<PersonBox[]>;
}

/**
 * Checks and opens a model, and has it look at a small grey picture: what a file declares and what it does are two things.
 * @throws GatewayError as `PersonModel` lists them, or `detector.no_runtime` where ONNX Runtime has no build for this
 *   machine. It may also end or hang the process: native code.
 */
export async function loadModel({ file, sha256, threads }: Omit<LoadQuestion, "kind">): Promise<LoadedModel> {
  const bytes = await readModel(file);
  const sum = sumOf(bytes);
  if (sum !== sha256) {
    throw failure("detector.wrong_sum", `${file} has the SHA-256 ${sum}; expected was ${sha256}`);
  }
  const runtime = await import("onnxruntime-node").catch((cause: unknown) => {
    throw failure("detector.no_runtime", `ONNX Runtime does not run on this machine: ${errorMessage(cause)}`);
  });
  const session = await runtime.InferenceSession.create(bytes, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    // Errors only; they also come as exceptions.
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  }).catch((cause: unknown) => {
    throw failure("detector.unreadable", `${file} is no ONNX model that can be used: ${errorMessage(cause)}`);
  });
  const kind = modelKind(session.inputMetadata.map(declared), session.outputMetadata.map(declared));

  async function look(picture: LookPicture): Promise<PersonBox[]> {
    const { dims, data } = kind.feed(picture);
    const tensor: Tensor =
      data instanceof Uint8Array
        ? new runtime.Tensor("uint8", data, dims)
        : new runtime.Tensor("float32", data, dims);
    const outputs = await session.run({ [kind.input]: tensor });
    const people = kind.read(
      session.outputNames.map((name) => numbers(outputs[name])),
      picture,
    );
    for (const output of Object.values(outputs)) output.dispose();
    return people;
  }

  const { id, sides, usualScore } = kind;
  await look(greyPicture(sides.multiple)).catch((cause: unknown) => {
    if (errorCode(cause) === "detector.wrong_shape") throw cause;
    throw wrongShape(`the model could not look at a picture: ${errorMessage(cause)}`);
  });
  return { facts: { id, sha256, sides, usualScore }, look };
}

function declared(value: InferenceSession.ValueMetadata): Declared {
  return value.isTensor
    ? { name: value.name, type: value.type, shape: value.shape }
    : { name: value.name, type: "none", shape: [] };
}

function numbers(tensor: Tensor | undefined): Numbers {
  const data = tensor?.data;
  if (!tensor || !(data instanceof Float32Array || data instanceof Uint8Array)) {
    throw wrongShape("the model gives something other than numbers");
  }
  return { dims: tensor.dims, data };
}

function greyPicture(side: number): LookPicture {
  return { width: 2 * side, height: side, pixels: new Uint8Array(2 * side * side * 3).fill(114) };
}

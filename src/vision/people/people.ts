// vision/people: one picture becomes the people in it, by a model that is a file. It may import core/ and onnxruntime-node.
import { join } from "node:path";
import type { DetectorSetting, ModelSetting } from "../../core/detector.ts";
import type { PersonModel } from "./person-model.ts";
import { createPersonProcess, type PersonProcessDependencies } from "./person-process.ts";

/** What the set-up makes of the same weights everywhere: see `src/setup/person-model.mjs`. */
export const DEFAULT_MODEL_SHA256 = "03f2c6d3ec7af725cb1532d3f17aeb3a6691d8c7f7b5acac46af3e74df86da73";

/** @param modelsFolder `dist/models` of the program. */
export function defaultModel(modelsFolder: string): ModelSetting {
  return { file: join(modelsFolder, "nanodet-g.onnx"), sha256: DEFAULT_MODEL_SHA256 };
}

/** The file of the model that a site is to be watched with; undefined where the site wants movement only. */
export function modelOf(setting: DetectorSetting, modelsFolder: string): ModelSetting | undefined {
  return setting.kind === "movement" ? undefined : (setting.model ?? defaultModel(modelsFolder));
}

/** The model that a site is to be watched with; undefined where the site wants movement only. Starts nothing yet. */
export function openPersonModel(
  dependencies: PersonProcessDependencies,
  setting: DetectorSetting,
  modelsFolder: string,
): PersonModel | undefined {
  const model = modelOf(setting, modelsFolder);
  if (!model || setting.kind === "movement") return undefined;
  return createPersonProcess(dependencies, { ...model, threads: setting.threads });
}

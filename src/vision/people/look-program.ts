// The program that looks for people: a process of its own, because ONNX Runtime is native code that reads a file which a
// technician brought. It answers one question after the other and ends with the gateway.
import { writeFileSync } from "node:fs";
import { errorCode, errorMessage, GatewayError } from "../../core/errors.ts";
import type { LoadQuestion, LookAnswer, LookQuestion } from "./look-messages.ts";
import { type LoadedModel, loadModel } from "./onnx-model.ts";

let model: LoadedModel | undefined;

async function answer(question: LoadQuestion | LookQuestion): Promise<LookAnswer> {
  try {
    if (question.kind === "load") {
      model = await loadModel(question);
      return { kind: "loaded", facts: model.facts };
    }
    if (!model) throw new GatewayError("no model is loaded", { code: "detector.not_loaded", kind: "bug" });
    return { kind: "people", people: await model.look(question.picture) };
  } catch (error) {
    return { kind: "refused", code: errorCode(error), message: errorMessage(error) };
  }
}

try {
  // Where memory runs out, the kernel ends this program and not the gateway: proc(5).
  writeFileSync("/proc/self/oom_score_adj", "500");
} catch {
  // Elsewhere than on Linux there is no such file, and nothing else to do.
}
process.on("disconnect", () => process.exit(0));
process.on("message", (question: LoadQuestion | LookQuestion) => {
  void answer(question).then((given) => process.send?.(given));
});

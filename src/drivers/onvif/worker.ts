// drivers/onvif: cameras' controls over ONVIF. The npm package throws inside its own callbacks when a camera answers
// nonsense, and reads answers of any length: so it runs in a worker thread with a memory limit, which may die.
import { parentPort, workerData } from "node:worker_threads";
import { errorCode, errorMessage } from "../../core/errors.ts";
import { searchCameras } from "./discovery.ts";
import type { OnvifOperations, OnvifReply, OnvifRequest, OnvifTarget } from "./messages.ts";
import { createOnvifCamera } from "./onvif-camera.ts";

const target = workerData as OnvifTarget | undefined;

function unreachable(): Promise<never> {
  return Promise.reject(new Error("this worker was given no camera"));
}

const operations: Partial<OnvifOperations> = target ? createOnvifCamera(target) : { search: searchCameras };

async function answer({ id, operation, arguments: given }: OnvifRequest): Promise<OnvifReply> {
  try {
    const work = (operations[operation] ?? unreachable) as (...words: readonly unknown[]) => Promise<unknown>;
    return { id, ok: true, value: await work(...given) };
  } catch (error) {
    return { id, ok: false, code: errorCode(error), message: errorMessage(error) };
  }
}

parentPort?.on("message", async (request: OnvifRequest) => parentPort?.postMessage(await answer(request)));

import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { OnvifTarget } from "../../src/drivers/onvif/messages.ts";
import { PROJECT } from "./project.ts";

/** The built worker, as the gateway starts it. */
export function onvifWorkerThread(target: OnvifTarget | undefined): Worker {
  return new Worker(join(PROJECT, "dist/src/drivers/onvif/worker.js"), {
    workerData: target,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
}

import { Worker } from "node:worker_threads";
import { GatewayError } from "../../core/errors.ts";
import type { Clock, Timer } from "../../core/time.ts";
import type { OnvifOperations, OnvifReply, OnvifRequest, OnvifTarget } from "./messages.ts";

/** Connecting takes four questions, an operation one to ten; who has not answered by then is given up. */
const OPERATION_MS = 20_000;
/** A camera that is being moved is asked every second or so; after this the thread's memory is given back. */
const IDLE_MS = 60_000;
/** An answer of ONVIF has some kB; the limit is for those that never end. */
const MEMORY_MIB = 64;

export type OnvifWorkerThread = Pick<Worker, "on" | "postMessage" | "terminate">;

export interface OnvifWorker {
  /** @throws GatewayError `onvif.*`, whatever the camera does. */
  call<Name extends keyof OnvifOperations>(
    operation: Name,
    ...words: Parameters<OnvifOperations[Name]>
  ): Promise<Awaited<ReturnType<OnvifOperations[Name]>>>;
  close(): Promise<void>;
}

interface Waiting {
  readonly timer: Timer;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Runs the worker while it is used. A worker that dies takes only its own calls with it; the next starts another. */
export function createOnvifWorker(
  clock: Clock,
  target: OnvifTarget | undefined,
  startWorker: (target: OnvifTarget | undefined) => OnvifWorkerThread = startBuiltWorker,
): OnvifWorker {
  const waiting = new Map<number, Waiting>();
  let thread: OnvifWorkerThread | undefined;
  let idle: Timer | undefined;
  let lastId = 0;

  function begin(): OnvifWorkerThread {
    const begun = startWorker(target);
    let death = "the worker ended";
    begun.on("message", (reply: OnvifReply) => settle(reply));
    begun.on("error", (error: unknown) => {
      death = String(error);
    });
    begun.on("exit", () => {
      if (thread === begun)
        giveUp("onvif.bad_answer", "permanent", `the camera's answer could not be read: ${death}`);
    });
    thread = begun;
    return begun;
  }

  function settle(reply: OnvifReply): void {
    const call = waiting.get(reply.id);
    if (!call) return;
    waiting.delete(reply.id);
    call.timer.cancel();
    if (reply.ok) call.resolve(reply.value);
    else call.reject(errorFrom(reply));
    if (waiting.size === 0) idle = clock.after(IDLE_MS, () => void close());
  }

  function giveUp(code: string, kind: "transient" | "permanent", message: string): void {
    thread = undefined;
    idle?.cancel();
    const calls = [...waiting.values()];
    waiting.clear();
    for (const { timer, reject } of calls) {
      timer.cancel();
      reject(new GatewayError(message, { code, kind }));
    }
  }

  async function close(): Promise<void> {
    const ending = thread;
    giveUp("onvif.unreachable", "transient", "the connection to the camera was closed");
    await ending?.terminate();
  }

  return {
    call(operation, ...words) {
      idle?.cancel();
      return new Promise((resolve, reject) => {
        const id = ++lastId;
        const timer = clock.after(OPERATION_MS, () => {
          const ending = thread;
          giveUp("onvif.timeout", "transient", "the camera did not answer in time");
          void ending?.terminate();
        });
        waiting.set(id, { timer, resolve: resolve as (value: unknown) => void, reject });
        const request: OnvifRequest = { id, operation, arguments: words };
        (thread ?? begin()).postMessage(request);
      });
    },
    close,
  };
}

const TRANSIENT = new Set(["onvif.unreachable", "onvif.timeout"]);

function errorFrom({ code, message }: Extract<OnvifReply, { ok: false }>): GatewayError {
  const known = code.startsWith("onvif.") ? code : "onvif.bad_answer";
  return new GatewayError(message, { code: known, kind: TRANSIENT.has(known) ? "transient" : "permanent" });
}

function startBuiltWorker(target: OnvifTarget | undefined): OnvifWorkerThread {
  return new Worker(new URL("./worker.js", import.meta.url), {
    workerData: target,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MIB },
  });
}

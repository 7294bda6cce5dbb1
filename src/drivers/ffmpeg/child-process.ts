// drivers/ffmpeg: the media child processes. It may import core/ only; `main.ts` hands it to video/ and act/.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Logger } from "../../core/log.ts";
import type { ChildExit, MediaChild } from "../../core/media.ts";
import { type Clock, within } from "../../core/time.ts";
import type { ChildRegister } from "./child-register.ts";

export interface ChildDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  readonly register: ChildRegister;
}

export interface ChildRequest {
  readonly command: string;
  readonly arguments: readonly string[];
  /** For the log, free of secrets: `ingest pond-east`. */
  readonly title: string;
  /** How the command is asked to end: by the letter q, or by the end of its input. */
  readonly quit: "q" | "end-of-input";
  /** Reads a stable code off the command's own messages. */
  readonly explain: (messages: string) => string;
}

/** How long each step of stopping may take before the next, in ms. */
const QUIT_MS = 1500;
const TERMINATE_MS = 2000;
/** Enough for the last messages; what comes before is dropped. */
const MAX_MESSAGE_CHARS = 4000;

/** Starts a command in a process group of its own, so that nothing it starts can outlive it. */
export function startChild(dependencies: ChildDependencies, request: ChildRequest): MediaChild {
  const { clock, log, register } = dependencies;
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(request.command, request.arguments, {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid !== undefined) register.add(pid);

  let messages = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    messages = (messages + text).slice(-MAX_MESSAGE_CHARS);
  });
  // A pipe whose reader is gone is the normal way in which a child's end shows first; `ended` tells the rest.
  child.stdin.on("error", (error) =>
    log.debug({ child: request.title, code: error.name }, "child took no more input"),
  );

  const ended = new Promise<ChildExit>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const missing = error.code === "ENOENT";
      log.error({ child: request.title, code: error.code }, "cannot start a media process");
      resolve({
        code: null,
        signal: null,
        reason: missing ? `${request.command}.missing` : "media.not_started",
      });
    });
    child.once("close", (code, signal) => {
      if (pid !== undefined) register.remove(pid);
      resolve({ code, signal, reason: request.explain(messages) });
    });
  });

  const signalGroup = (signal: "SIGTERM" | "SIGKILL"): void => {
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      // ESRCH: the group is gone already, which is what was wanted.
      log.debug({ child: request.title, error: String(error) }, "no process group to signal");
    }
  };
  const endsWithin = async (timeoutMs: number): Promise<boolean> => {
    try {
      await within(clock, timeoutMs, request.title, ended);
      return true;
    } catch {
      return false;
    }
  };

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (request.quit === "q" && child.stdin.writable) child.stdin.write("q");
    else child.stdin.end();
    // Nobody reads any more; an unread pipe would keep the child from ending.
    child.stdout.resume();
    if (await endsWithin(QUIT_MS)) return;
    signalGroup("SIGTERM");
    if (await endsWithin(TERMINATE_MS)) return;
    log.warn({ child: request.title }, "media process had to be killed");
    signalGroup("SIGKILL");
    await ended;
  };

  return {
    stdout: child.stdout,
    stdin: child.stdin,
    ended,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

// drivers/node: programs of ours in processes of their own. It may import core/, drivers/ and node:child_process.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { errorCode, errorMessage } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { OwnProgram, ProgramEnd, StartOwnProgram } from "../../core/own-program.ts";
import type { ChildRegister } from "../ffmpeg/child-register.ts";

/** Enough for the last message; what comes before is dropped. */
const MAX_WORDS_CHARS = 2000;

export interface OwnProgramDependencies {
  readonly log: Logger;
  /** Where given, the next start ends what a killed gateway left behind: a program that hangs does not notice. */
  readonly register?: ChildRegister | undefined;
}

export function createOwnPrograms({ log, register }: OwnProgramDependencies): StartOwnProgram {
  const noteDown = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      log.warn({ code: errorCode(error) }, "could not note a process of ours");
    }
  };
  return (file) => {
    let child: ChildProcess;
    try {
      child = fork(fileURLToPath(file), {
        serialization: "advanced",
        stdio: ["ignore", "ignore", "pipe", "ipc"],
        // Its own group: Ctrl-C in a terminal is for the gateway alone, which ends its programs in order.
        detached: true,
        execArgv: [],
      });
    } catch (error) {
      return neverStarted(errorMessage(error));
    }
    const { pid } = child;
    if (pid !== undefined) noteDown(() => register?.add(pid));
    let lastWords = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      lastWords = (lastWords + text).slice(-MAX_WORDS_CHARS);
    });
    const ended = new Promise<ProgramEnd>((resolve) => {
      child.on("error", (error) => {
        // A signal that could not be sent ends up here, too: then the process has gone, and `close` follows.
        if (pid === undefined) resolve({ code: null, signal: null, lastWords: error.message });
      });
      child.once("close", (code, signal) => {
        if (pid !== undefined) noteDown(() => register?.remove(pid));
        resolve({ code, signal, lastWords: lastWords.trim() });
      });
    });
    return {
      send(message) {
        // What cannot be sent any more has ended, which `ended` tells.
        if (child.connected) child.send(message as object, () => {});
      },
      onMessage: (listener) => void child.on("message", listener),
      ended,
      kill: () => void child.kill("SIGKILL"),
    };
  };
}

function neverStarted(lastWords: string): OwnProgram {
  return {
    send: () => {},
    onMessage: () => {},
    ended: Promise.resolve({ code: null, signal: null, lastWords }),
    kill: () => {},
  };
}

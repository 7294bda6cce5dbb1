// drivers/ffmpeg: the media child processes. It may import core/ only; `main.ts` hands it to video/ and act/.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { Readable, Writable } from "node:stream";
import { errorCode } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { ChildExit, MediaChild } from "../../core/media.ts";
import { type Clock, within } from "../../core/time.ts";
import type { ChildRegister } from "./child-register.ts";

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

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
  /** Reads a stable code off the command's own messages and how long it ran. */
  readonly explain: (messages: string, ranMs: number) => string;
  /** Told of the command's messages as they come, in pieces of any length. */
  readonly onMessage?: (text: string) => void;
}

/** A media process as drivers hold it. */
export interface RunningChild extends MediaChild {
  /** Ends the whole process group (or the child that leads none) at once, with nothing flushed or played out. */
  kill(): Promise<void>;
}

/** How long each step of stopping may take before the next, in ms. */
const QUIT_MS = 1000;
const TERMINATE_MS = 500;
/** Enough for the last messages; what comes before is dropped. */
const MAX_MESSAGE_CHARS = 4000;

/**
 * Starts a command in a process group of its own, so that nothing it starts can outlive it. Never throws: what
 * cannot be started has ended, with the reason `<command>.missing` or `media.not_started`.
 */
export function startChild(dependencies: ChildDependencies, request: ChildRequest): RunningChild {
  const child = trySpawn(request, dependencies.log);
  return child ? attendChild(dependencies, request, child, "group") : neverStarted();
}

/**
 * Registers, watches and stops a child that was just spawned.
 * @param reach what a signal goes to: the group that the child leads, or the child alone where it leads none.
 */
export function attendChild(
  dependencies: ChildDependencies,
  request: ChildRequest,
  child: Child,
  reach: "group" | "child",
): RunningChild {
  const { clock, log, register } = dependencies;
  const startedMs = clock.now().monotonicMs;
  const { pid } = child;
  if (pid !== undefined) quietly(log, request, () => register.add(pid));

  let messages = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    messages = (messages + text).slice(-MAX_MESSAGE_CHARS);
    request.onMessage?.(text);
  });
  for (const pipe of [child.stdin, child.stdout, child.stderr]) {
    // A broken pipe is the normal way in which a child's end shows first; `ended` tells the rest.
    pipe.on("error", (error) => log.debug({ child: request.title, code: errorCode(error) }, "pipe closed"));
  }

  let isOver = false;
  const ended = new Promise<ChildExit>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      // `kill` is never called on the child itself, so this can only be about its start.
      log.error({ child: request.title, code: error.code }, "cannot start a media process");
      isOver = true;
      resolve({ code: null, signal: null, reason: reasonNotStarted(request, error) });
    });
    child.once("close", (code, signal) => {
      // From here on the number may belong to another process group.
      isOver = true;
      if (pid !== undefined) quietly(log, request, () => register.remove(pid));
      resolve({ code, signal, reason: request.explain(messages, clock.now().monotonicMs - startedMs) });
    });
  });

  const signalGroup = (signal: "SIGTERM" | "SIGKILL"): void => {
    if (pid === undefined || isOver) return;
    quietly(log, request, () => process.kill(reach === "group" ? -pid : pid, signal));
  };
  const endsWithin = (timeoutMs: number): Promise<boolean> => {
    return within(clock, timeoutMs, request.title, ended).then(
      () => true,
      () => false,
    );
  };
  const kill = async (): Promise<void> => {
    signalGroup("SIGKILL");
    // Nobody reads any more; an unread pipe would never close.
    child.stdout.resume();
    await ended;
  };
  const stop = async (): Promise<void> => {
    if (request.quit === "q" && child.stdin.writable) child.stdin.write("q");
    else child.stdin.end();
    child.stdout.resume();
    if (await endsWithin(QUIT_MS)) return;
    signalGroup("SIGTERM");
    if (await endsWithin(TERMINATE_MS)) return;
    // ffmpeg leaves a read that waits for the network only on the second signal.
    signalGroup("SIGTERM");
    if (await endsWithin(TERMINATE_MS)) return;
    log.warn({ child: request.title }, "media process had to be killed");
    await kill();
  };

  let stopping: Promise<void> | undefined;
  return {
    stdout: child.stdout,
    stdin: child.stdin,
    ended,
    kill,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function trySpawn(request: ChildRequest, log: Logger): Child | undefined {
  try {
    const child: Child = spawn(request.command, request.arguments, {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    // Out of file descriptors, Node gives a child without pipes and an error later.
    if (child.stdin as unknown) return child;
    child.once("error", () => {});
    log.error({ child: request.title }, "no pipes for a media process");
  } catch (error) {
    log.error({ child: request.title, code: errorCode(error) }, "cannot start a media process");
  }
  return undefined;
}

/** What could not be started at all: ended, with the reason `media.not_started`. */
export function neverStarted(): RunningChild {
  return {
    stdout: Readable.from([]),
    stdin: new Writable({ write: (_chunk, _encoding, done) => done() }),
    ended: Promise.resolve({ code: null, signal: null, reason: "media.not_started" }),
    kill: async () => {},
    stop: async () => {},
  };
}

function reasonNotStarted({ command }: ChildRequest, error: NodeJS.ErrnoException): string {
  return error.code === "ENOENT" ? `${command}.missing` : "media.not_started";
}

/** What fails here (a full disk under the register, a group gone already) must not take the gateway with it. */
function quietly(log: Logger, request: ChildRequest, action: () => void): void {
  try {
    action();
  } catch (error) {
    log.warn({ child: request.title, code: errorCode(error) }, "could not note or signal a media process");
  }
}

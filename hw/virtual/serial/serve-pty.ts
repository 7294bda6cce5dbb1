import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { GatewayError } from "../../../src/core/errors.ts";
import type { ByteDevice } from "./byte-device.ts";

export interface ServedPty {
  /** What a serial driver opens: the link if one was asked for, else `/dev/pts/<n>`. */
  readonly path: string;
  /** Pulls the cable: whoever has the port open sees it hang up. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Puts a device on a real pseudo terminal through Debian's `socat`. The child reads our pipe, so it ends with this
 * process however that ends.
 * @param options `link`: a symbolic link to make, so that a replugged device comes back under the same name.
 * @throws GatewayError `virtual.socat_missing`, `virtual.pty_failed` (permanent).
 */
export async function servePty(
  device: ByteDevice,
  options: { readonly link?: string } = {},
): Promise<ServedPty> {
  const link = options.link === undefined ? "" : `,link=${options.link}`;
  const child = spawn("socat", ["-d", "-d", `PTY,raw,echo=0${link}`, "STDIO"], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A write after the cable was pulled meets a closed pipe; a real device would not notice either.
  child.stdin.on("error", () => {});
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const terminal = await terminalOf(child);
  // With no one on the terminal the kernel tells socat "end of file"; a device must outlive the program that used it.
  const keeper = await holdOpen(terminal, child);
  child.stdout.on("data", (bytes: Buffer) =>
    device.receive(bytes, (answer) => {
      if (child.stdin.writable) child.stdin.write(answer);
    }),
  );
  let stopping: Promise<void> | undefined;
  async function pull(): Promise<void> {
    child.kill("SIGTERM");
    await ended;
    await keeper.close();
  }
  return {
    path: options.link ?? terminal,
    stop: () => {
      stopping ??= pull();
      return stopping;
    },
  };
}

function terminalOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let lastLine = "";
    let path: string | undefined;
    child.once("error", (cause) =>
      reject(
        new GatewayError("socat could not be started; install the Debian package socat", {
          code: "virtual.socat_missing",
          kind: "permanent",
          cause,
        }),
      ),
    );
    child.once("exit", (status) => reject(ptyFailed(`socat ended with ${status}: ${lastLine}`)));
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on("line", (line) => {
      lastLine = line;
      path ??= /PTY is (\S+)/.exec(line)?.[1];
      // Before this line the terminal is neither raw nor linked yet.
      if (path !== undefined && line.includes("starting data transfer loop")) resolve(path);
    });
  });
}

async function holdOpen(terminal: string, child: ChildProcess): Promise<FileHandle> {
  try {
    return await open(terminal, constants.O_RDWR | constants.O_NOCTTY);
  } catch (cause) {
    child.kill("SIGTERM");
    throw ptyFailed(`${terminal} cannot be opened`, cause);
  }
}

function ptyFailed(message: string, cause?: unknown): GatewayError {
  return new GatewayError(message, { code: "virtual.pty_failed", kind: "permanent", cause });
}

import { open, rm } from "node:fs/promises";
import { errorCode, GatewayError } from "../../core/errors.ts";
import type { ChildDependencies } from "./child-process.ts";
import { isMissing, runLimited, saysDiskFull } from "./limited-child.ts";

// What people send is made anew by ffmpeg, in a process of its own: what a file does to it stays there.

/** Behind everything that watches. */
const NICENESS = "10";
/** 12 megapixels, or a minute of voice, take a second on a PC, and several on a box that has other things to do. */
const TIMEOUT_MS = 30_000;
/** A frame's header stands behind at most some hundred kilobytes of what telephones write about themselves. */
const HEAD_BYTES = 1_000_000;

/** Nothing about the telephone or the place gets over, nor which version of ffmpeg this is. */
export const NAMELESS = [
  ...["-map_metadata", "-1", "-map_chapters", "-1"],
  ...["-fflags", "+bitexact", "-flags", "+bitexact"],
];

export interface AnewMaker {
  /**
   * Runs ffmpeg, nicely and within bounds, on local files alone.
   * @returns what it printed.
   * @throws GatewayError `refused` (permanent) where it did not get through; `ffmpeg.missing` (permanent); `<area>.full`, `<area>.failed` (transient).
   */
  make(title: string, options: readonly string[], refused: string): Promise<string>;
  /** On an error nothing is left at `target`. @throws GatewayError that of the work, or `<area>.failed` (transient). */
  cleanly<T>(target: string, work: () => Promise<T>): Promise<T>;
}

/** @param area which the codes of errors begin with. @param mostMemoryBytes in one piece. */
export function createAnewMaker(
  dependencies: ChildDependencies,
  area: string,
  mostMemoryBytes: number,
): AnewMaker {
  const read = [
    ...["-n", NICENESS, "ffmpeg", "-hide_banner", "-nostdin", "-nostats", "-v", "error", "-threads", "1"],
    ...["-protocol_whitelist", "file", "-max_alloc", String(mostMemoryBytes)],
  ];
  const passing = (what: string, message: string, cause?: unknown): GatewayError =>
    new GatewayError(message, { code: `${area}.${what}`, kind: "transient", cause });

  return {
    async make(title, options, refused) {
      const { exit, printed } = await runLimited(
        dependencies,
        {
          command: "nice",
          arguments: [...read, ...options],
          title,
          explain: (messages) => (saysDiskFull(messages) ? `${area}.full` : refused),
        },
        TIMEOUT_MS,
      );
      // `nice` says 127 where there is no ffmpeg, 126 where it cannot be run.
      if (exit && (isMissing(exit) || exit.code === 127 || exit.code === 126)) {
        throw refusal("ffmpeg.missing", "ffmpeg is not installed; run: sudo apt-get install ffmpeg");
      }
      if (exit?.reason === `${area}.full`) throw passing("full", "the disk is full");
      if (exit?.code !== 0) throw refusal(refused, "it cannot be read, or not to its end");
      return printed;
    },
    async cleanly(target, work) {
      try {
        return await work();
      } catch (error) {
        await rm(target, { force: true });
        if (error instanceof GatewayError) throw error;
        throw passing("failed", `it could not be looked at (${errorCode(error)})`, error);
      }
    },
  };
}

/** The beginning of a file, in which its size stands. */
export async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const head = new Uint8Array(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

export function refusal(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

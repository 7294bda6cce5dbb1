import type { ChildExit } from "../../core/media.ts";
import { type ChildDependencies, type ChildRequest, startChild } from "./child-process.ts";

/** Whether a command could not even be started, by how it ended. */
export function isMissing({ reason }: ChildExit): boolean {
  return reason === "media.not_started" || reason.endsWith(".missing");
}

/** Whether a command's messages say that the disk took no more. */
export function saysDiskFull(messages: string): boolean {
  return /No space left|Disk quota/.test(messages);
}

/**
 * Runs a command to its end, and ends it when it takes longer.
 * @returns how it ended, undefined where it took longer; and what it printed, the last 2000 characters.
 */
export async function runLimited(
  dependencies: ChildDependencies,
  request: Omit<ChildRequest, "quit">,
  timeoutMs: number,
): Promise<{ readonly exit: ChildExit | undefined; readonly printed: string }> {
  const child = startChild(dependencies, { ...request, quit: "end-of-input" });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed = (printed + chunk.toString("latin1")).slice(-2000);
  });
  let isLate = false;
  const late = dependencies.clock.after(timeoutMs, () => {
    isLate = true;
    void child.kill();
  });
  const exit = await child.ended;
  late.cancel();
  return { exit: isLate ? undefined : exit, printed };
}

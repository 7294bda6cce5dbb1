import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import type { ChildExit } from "../../../../src/core/media.ts";
import {
  type ChildRequest,
  type RunningChild,
  startChild,
} from "../../../../src/drivers/ffmpeg/child-process.ts";
import { until } from "../../../support/until.ts";
import { createChildRig, isAlive } from "./children.ts";

function shell(script: string, rest: Partial<ChildRequest> = {}): ChildRequest {
  return {
    command: "bash",
    arguments: ["-c", script],
    title: "test",
    quit: "q",
    explain: (messages) => messages.trim() || "nothing said",
    ...rest,
  };
}

/** The first line the child writes. */
async function firstLine(child: RunningChild): Promise<string> {
  const [chunk] = await once(child.stdout, "data");
  return String(chunk).trim();
}

describe("a media child", () => {
  test("tells its exit code and the reason read off its messages", async () => {
    const { dependencies } = createChildRig();
    const exit = await startChild(dependencies, shell("echo 401 >&2; exit 3")).ended;
    expect(exit).toEqual({ code: 3, signal: null, reason: "401" });
  });

  test("gives the last messages of a command that writes without end", async () => {
    const { dependencies } = createChildRig();
    const exit = await startChild(dependencies, shell("yes warning | head -c 200000 >&2; echo last >&2"))
      .ended;
    expect(exit.reason.length).toBeLessThanOrEqual(4000);
    expect(exit.reason).toMatch(/last$/);
  });

  test("is registered while it runs and not longer", async () => {
    const { dependencies, registered } = createChildRig();
    const child = startChild(dependencies, shell("read -r"));
    expect(registered()).toHaveLength(1);
    child.stdin.end();
    await child.ended;
    expect(registered()).toEqual([]);
  });

  test("is asked with the letter q first", async () => {
    const { dependencies } = createChildRig();
    const child = startChild(dependencies, shell("echo ready; read -r -n1 key; [ $key = q ] && exit 7"));
    await firstLine(child);
    await child.stop();
    expect((await child.ended).code).toBe(7);
  });

  test("or by the end of its input", async () => {
    const { dependencies } = createChildRig();
    const child = startChild(dependencies, shell("echo ready; cat; exit 8", { quit: "end-of-input" }));
    await firstLine(child);
    await child.stop();
    expect((await child.ended).code).toBe(8);
  });

  test("that does not listen gets TERM", async () => {
    const { dependencies } = createChildRig();
    const child = startChild(
      dependencies,
      shell("trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"),
    );
    await firstLine(child);
    await child.stop();
    expect((await child.ended).code).toBe(9);
  });

  test("that ignores TERM too is killed, with everything it started", async () => {
    const { dependencies, registered } = createChildRig();
    const child = startChild(
      dependencies,
      shell("trap '' TERM; sleep 600 & echo $!; while :; do wait; done"),
    );
    const grandchild = Number(await firstLine(child));
    await child.stop();
    expect((await child.ended).signal).toBe("SIGKILL");
    await until(() => !isAlive(grandchild));
    expect(registered()).toEqual([]);
  });

  test("can be killed at once", async () => {
    const { dependencies } = createChildRig();
    const child = startChild(dependencies, shell("echo ready; sleep 600"));
    await firstLine(child);
    await child.kill();
    expect((await child.ended).signal).toBe("SIGKILL");
  });

  test("ends though nobody reads what it still has to say", async () => {
    const { dependencies } = createChildRig();
    const child = startChild(dependencies, shell("head -c 1000000 /dev/zero; read -r -n1; exit 0"));
    await child.stop();
    expect((await child.ended).code).toBe(0);
  });

  test("may be stopped twice, and after its end", async () => {
    const { dependencies } = createChildRig();
    const child = startChild(dependencies, shell("read -r -n1"));
    await Promise.all([child.stop(), child.stop()]);
    await child.stop();
    await child.kill();
  });

  test("that closes its input early costs an error message, not the gateway", async () => {
    const { dependencies } = createChildRig();
    const child = startChild(
      dependencies,
      shell("exec 0<&-; echo ready; sleep 0.2", { quit: "end-of-input" }),
    );
    await firstLine(child);
    for (let count = 0; count < 20; count++) child.stdin.write(Buffer.alloc(100_000));
    expect((await child.ended).code).toBe(0);
  });

  test("whose command is missing has ended with a reason", async () => {
    const { dependencies, registered } = createChildRig();
    const child = startChild(dependencies, shell("", { command: "cunshao-no-such-command" }));
    child.stdin.write("x");
    const exit: ChildExit = await child.ended;
    expect(exit).toEqual({ code: null, signal: null, reason: "cunshao-no-such-command.missing" });
    await child.stop();
    await child.kill();
    expect(registered()).toEqual([]);
  });

  test("that cannot be started at all has ended with a reason", async () => {
    const { dependencies } = createChildRig();
    const child = startChild(dependencies, shell("", { arguments: ["x".repeat(3_000_000)] }));
    child.stdin.write("x");
    expect((await child.ended).reason).toBe("media.not_started");
    await child.stop();
  });

  test("runs and ends as ever when the register cannot be written, as on a full disk", async () => {
    const { dependencies, folder } = createChildRig();
    rmSync(dirname(folder), { recursive: true });
    writeFileSync(dirname(folder), "no folder");
    const child = startChild(dependencies, shell("echo ready; read -r -n1; exit 5"));
    await firstLine(child);
    await child.stop();
    expect((await child.ended).code).toBe(5);
  });
});

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * From here on this process, and what it starts, has a temporary folder of its own, which goes with the process and takes along
 * what was left behind in it. Vitest calls it by this name before a run of tests.
 */
export function setup(): void {
  // Short: the addresses of sockets in it have to fit into 107 characters.
  const folder = mkdtempSync(join(tmpdir(), "cunshao-"));
  // Some programs that tests start look into it as another user.
  chmodSync(folder, 0o711);
  process.env["TMPDIR"] = folder;
  // Not a teardown: an interrupted run of vitest calls none.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
}

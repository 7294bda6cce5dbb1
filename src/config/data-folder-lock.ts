// Keeps a data folder to one process: two writers of one ledger break each other's chain, and each would end the
// other's media processes as left over. May use core/ and node builtins.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { realpath } from "node:fs/promises";
import { createServer } from "node:net";
import { errorCode, GatewayError } from "../core/errors.ts";

/**
 * Takes an existing folder for this process. The lock is an abstract socket: the kernel frees it together with the
 * process, however that ends, so that none is ever stale.
 * @returns how to give it back.
 * @throws GatewayError `data.in_use` when another process has it.
 */
export async function lockDataFolder(folder: string): Promise<() => void> {
  const key = createHash("sha256")
    .update(await realpath(folder))
    .digest("hex")
    .slice(0, 24);
  const server = createServer((stranger) => stranger.destroy()).unref();
  server.listen(`\0cunshao-data-${key}`);
  try {
    await once(server, "listening");
  } catch (cause) {
    if (errorCode(cause) !== "EADDRINUSE") throw cause;
    throw new GatewayError(
      `Another cunshao is at work in ${folder}: stop that one first, or set CUNSHAO_DATA to another folder`,
      { code: "data.in_use", kind: "permanent", cause },
    );
  }
  return () => server.close();
}

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { errorCode, GatewayError } from "../../core/errors.ts";

/** The largest YOLOX has 400 MB; no box here could use it. */
const MAX_FILE_BYTES = 500_000_000;

/** @throws GatewayError `detector.missing`, `detector.unreadable` (permanent). */
export async function readModel(file: string): Promise<Uint8Array> {
  try {
    const found = await stat(file);
    if (!found.isFile()) throw failure("detector.unreadable", `${file} is not a file`);
    if (found.size > MAX_FILE_BYTES) {
      throw failure(
        "detector.unreadable",
        `${file} has ${found.size} bytes; at most ${MAX_FILE_BYTES} are read`,
      );
    }
    return await readFile(file);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") throw failure("detector.missing", `${file} is not there`);
    throw failure("detector.unreadable", `${file} cannot be read (${code})`);
  }
}

/** SHA-256, hexadecimal, lower case. */
export function sumOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function failure(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

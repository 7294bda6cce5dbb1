import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/** SHA-256 (hex) over the RFC 8785 canonical JSON of a value that came out of `JSON.parse`. */
export function canonicalHash(value: unknown): string {
  return createHash("sha256")
    .update(canonicalize(value) ?? "", "utf8")
    .digest("hex");
}

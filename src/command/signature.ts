import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import canonicalize from "canonicalize";
import type { CommandKey } from "../core/command.ts";

/** SubjectPublicKeyInfo of Ed25519 before its 32 bytes (RFC 8410, 4). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const SIGNATURE_BYTES = 64;

export type SignatureFault = "command.unsigned" | "command.unknown_key" | "command.bad_signature";

/** What is signed: the RFC 8785 canonical JSON of everything but `signature`. */
export function signedText({ signature: _signature, ...command }: Readonly<Record<string, unknown>>): string {
  return canonicalize(command) ?? "";
}

/** Names the content: the same id with another one is another command. */
export function digestOf(command: Readonly<Record<string, unknown>>): string {
  return createHash("sha256").update(signedText(command), "utf8").digest("hex");
}

/** Checks Ed25519 (RFC 8032) signatures in base64 or base64url by the keys of the configuration. */
export function createSignatureCheck(
  keys: readonly CommandKey[],
): (command: Readonly<Record<string, unknown>>) => SignatureFault | undefined {
  const known = new Map(keys.map(({ id, publicKey }) => [id, keyOf(publicKey)]));
  return (command) => {
    const { signature, key } = command;
    if (signature === undefined) return "command.unsigned";
    const found = typeof key === "string" ? known.get(key) : undefined;
    if (!found) return "command.unknown_key";
    const bytes = typeof signature === "string" ? Buffer.from(signature, "base64url") : Buffer.alloc(0);
    const isGood =
      bytes.length === SIGNATURE_BYTES && verify(null, Buffer.from(signedText(command)), found, bytes);
    return isGood ? undefined : "command.bad_signature";
  };
}

function keyOf(publicKey: string): KeyObject {
  const der = Buffer.concat([SPKI_PREFIX, Buffer.from(publicKey, "base64")]);
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

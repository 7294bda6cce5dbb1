import { z } from "zod";
import { id, text, truth } from "./fields.ts";

/** Who may order from afar: public keys of the township, made with `openssl genpkey -algorithm ed25519`. */
export const commands = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        id,
        publicKey: text(
          /^[A-Za-z0-9+/]{43}=$/,
          "the 32 bytes of an Ed25519 public key in base64 (44 characters)",
        ),
      }),
    )
    .max(16, "at most 16 keys")
    .refine((keys) => new Set(keys.map((key) => key.id)).size === keys.length, "each id once")
    .default([]),
  /** Whether a token alone is not enough. */
  signedOnly: truth.default(false),
});

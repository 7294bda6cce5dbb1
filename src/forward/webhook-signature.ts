import { createHmac, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { GatewayError } from "../core/errors.ts";

/** Signs a message; the result is one entry of the header `webhook-signature`. */
export type WebhookSigner = (id: string, timestampSeconds: number, body: Buffer) => string;

const SECRET_BYTES = { least: 24, most: 64 };
/** DER of PKCS #8 in front of the 32 bytes of an Ed25519 seed (RFC 8410, 7). */
const ED25519_PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * A signer for a secret in the form of the Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes for HMAC-SHA256, or
 * `whsk_` and base64 of an Ed25519 seed (32 bytes, or 64 with the public key behind it).
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @throws GatewayError `upstream.bad_signing_secret` (permanent).
 */
export function webhookSigner(secret: string): WebhookSigner {
  const [, kind, encoded = ""] = /^(whsec|whsk)_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const bytes = Buffer.from(encoded, "base64");
  if (kind === "whsec" && bytes.length >= SECRET_BYTES.least && bytes.length <= SECRET_BYTES.most) {
    return (id, seconds, body) =>
      `v1,${createHmac("sha256", bytes).update(`${id}.${seconds}.`).update(body).digest("base64")}`;
  }
  if (kind === "whsk" && (bytes.length === 32 || bytes.length === 64)) {
    const key = ed25519Key(bytes.subarray(0, 32));
    return (id, seconds, body) =>
      `v1a,${sign(null, Buffer.concat([Buffer.from(`${id}.${seconds}.`), body]), key).toString("base64")}`;
  }
  throw new GatewayError(
    "A signing secret is whsec_ and base64 of 24 to 64 bytes, or whsk_ and base64 of an Ed25519 key",
    { code: "upstream.bad_signing_secret", kind: "permanent" },
  );
}

function ed25519Key(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: "der", type: "pkcs8" });
}

import { createHmac, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { GatewayError } from "../core/errors.ts";
import { readWebhookSecret } from "../core/webhook-secret.ts";

/** Signs a message; the result is one entry of the header `webhook-signature`. */
export type WebhookSigner = (id: string, timestampSeconds: number, body: Buffer) => string;

/** DER of PKCS #8 in front of the 32 bytes of an Ed25519 seed (RFC 8410, 7). */
const ED25519_PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** @throws GatewayError `upstream.bad_signing_secret` (permanent). */
export function webhookSigner(text: string): WebhookSigner {
  const secret = readWebhookSecret(text);
  if (!secret) {
    throw new GatewayError("A signing secret is none of the Standard Webhooks", {
      code: "upstream.bad_signing_secret",
      kind: "permanent",
    });
  }
  const { kind, bytes } = secret;
  if (kind === "hmac") {
    return (id, seconds, body) =>
      `v1,${createHmac("sha256", bytes).update(`${id}.${seconds}.`).update(body).digest("base64")}`;
  }
  const key = ed25519Key(bytes);
  return (id, seconds, body) =>
    `v1a,${sign(null, Buffer.concat([Buffer.from(`${id}.${seconds}.`), body]), key).toString("base64")}`;
}

function ed25519Key(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: "der", type: "pkcs8" });
}

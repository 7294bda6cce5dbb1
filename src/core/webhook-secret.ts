/** A secret of the Standard Webhooks: of HMAC-SHA256, or the seed of an Ed25519 key. */
export interface WebhookSecret {
  readonly kind: "hmac" | "ed25519";
  readonly bytes: Buffer;
}

const HMAC_BYTES = { least: 24, most: 64 };

/**
 * Reads `whsec_` and base64 of 24 to 64 bytes, or `whsk_` and base64 of an Ed25519 seed (32 bytes, or 64 with the public key
 * behind it); undefined for anything else.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function readWebhookSecret(text: string): WebhookSecret | undefined {
  const [, kind, encoded = ""] = /^(whsec|whsk)_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = Buffer.from(encoded, "base64");
  if (kind === "whsec" && bytes.length >= HMAC_BYTES.least && bytes.length <= HMAC_BYTES.most) {
    return { kind: "hmac", bytes };
  }
  if (kind === "whsk" && (bytes.length === 32 || bytes.length === 64)) {
    return { kind: "ed25519", bytes: bytes.subarray(0, 32) };
  }
  return undefined;
}

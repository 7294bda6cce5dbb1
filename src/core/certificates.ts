import { createPrivateKey, X509Certificate } from "node:crypto";
import { GatewayError } from "./errors.ts";

/** How the panel is reached by TLS: by the box's own authority, not at all, or by files of the site (PEM). */
export type TlsSetting =
  | { readonly kind: "auto" }
  | { readonly kind: "off" }
  | { readonly kind: "files"; readonly certificate: string; readonly key: string };

/** A chain, the server's own certificate first, and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * @param nowMs wall time by which it must be valid; undefined does not ask.
 * @throws GatewayError `tls.bad_certificate`, `tls.bad_key`, `tls.key_mismatch`, `tls.expired`, `tls.not_yet_valid`
 *   (permanent).
 */
export function checkKeyPair({ certificate, key }: KeyPair, nowMs: number | undefined): void {
  const leaf = read(
    "tls.bad_certificate",
    "The certificate is not PEM",
    () => new X509Certificate(certificate),
  );
  const privateKey = read("tls.bad_key", "The key is not PEM without a password", () =>
    createPrivateKey(key),
  );
  if (!leaf.checkPrivateKey(privateKey)) {
    throw refusal("tls.key_mismatch", "The key does not belong to the certificate");
  }
  if (nowMs === undefined) return;
  if (nowMs > Date.parse(leaf.validTo)) {
    throw refusal("tls.expired", `The certificate ended on ${leaf.validTo}`);
  }
  if (nowMs < Date.parse(leaf.validFrom)) {
    throw refusal("tls.not_yet_valid", `The certificate begins on ${leaf.validFrom}`);
  }
}

function read<T>(code: string, message: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    // OpenSSL's words never carry the key, but they help nobody either.
    throw new GatewayError(message, { code, kind: "permanent", cause });
  }
}

function refusal(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

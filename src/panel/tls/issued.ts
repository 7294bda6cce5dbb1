import { createHash, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { KeyPair } from "../../core/certificates.ts";

/** Certificate and key of the box's own authority or of the server, PEM. */
export interface Issued extends KeyPair {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Whether a browser that asked for this name or address accepts the certificate. */
  covers(name: string): boolean;
}

/** Reads what `authority.ts` made, without loading what makes it. @throws when the certificate is not whole. */
export function readIssued({ certificate, key }: KeyPair): Issued {
  const first = new X509Certificate(certificate);
  return {
    certificate,
    key,
    notBeforeMs: Date.parse(first.validFrom),
    notAfterMs: Date.parse(first.validTo),
    covers: (name) =>
      (isIP(name) > 0
        ? first.checkIP(name)
        : first.checkHost(name, { subject: "never", wildcards: false })) !== undefined,
  };
}

export function derOf(certificatePem: string): Buffer {
  return new X509Certificate(certificatePem).raw;
}

/** SHA-256 of the certificate as phones and browsers show it: pairs of hex digits. */
export function fingerprintOf(der: Uint8Array): string {
  return (createHash("sha256").update(der).digest("hex").toUpperCase().match(/../g) ?? []).join(":");
}

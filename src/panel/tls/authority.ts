// The package asks for this polyfill of decorators before it is loaded.
import "reflect-metadata";
import { createHash, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import type { KeyPair } from "../../core/certificates.ts";
import { nameConstraints, permits } from "./name-constraints.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const NAME_CONSTRAINTS = "2.5.29.30";
const DAY_MS = 86_400_000;

/** The box cannot have been made before: a clock that says so has not been set. */
export const EARLIEST_MS = Date.parse("2026-01-01T00:00:00Z");
/** Phones and browsers whose clocks are late accept the authority all the same. */
const AUTHORITY_BEGINS_MS = Date.parse("2024-01-01T00:00:00Z");
const AUTHORITY_DAYS = 3_653;
/** Apple refuses server certificates of more than 398 days (support.apple.com/102028). */
const LEAF_DAYS = 397;
/** So that a reader whose clock is a day late accepts it, counted within the days above. */
const LEAF_LATENESS_DAYS = 1;

/** Certificate and key of the box's own authority or of the server, PEM. */
export interface Issued extends KeyPair {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * Makes an authority for one box. `nowMs` may be wrong: it begins at a fixed early date and never ends before ten years
 * after the earliest date that can be true.
 */
export async function makeAuthority(siteName: string, hostname: string, nowMs: number): Promise<Issued> {
  const keys = await makeKeys();
  // Two boxes of one village, or the same box with a new card, must not look alike in a phone's list.
  const mark = Buffer.from(await thumbprint(keys.publicKey))
    .toString("hex")
    .slice(0, 6);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`村哨 ${siteName} ${mark}`.slice(0, 64)] }],
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(AUTHORITY_BEGINS_MS),
    notAfter: new Date(Math.max(nowMs, EARLIEST_MS) + AUTHORITY_DAYS * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.Extension(NAME_CONSTRAINTS, true, nameConstraints(hostname)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return issued(certificate, keys.privateKey);
}

/** Issues a server certificate for those of `names` that the authority may vouch for. */
export async function issueLeaf(
  authority: KeyPair,
  names: readonly string[],
  nowMs: number,
): Promise<Issued> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await readKey(authority.key);
  const keys = await makeKeys();
  const begin = nowMs - LEAF_LATENESS_DAYS * DAY_MS;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [names[0]?.slice(0, 64) ?? "cunshao"] }],
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(begin),
    notAfter: new Date(Math.min(begin + LEAF_DAYS * DAY_MS, issuer.notAfter.getTime())),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) > 0 ? x509.IP : x509.DNS, value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const leaf = await issued(certificate, keys.privateKey);
  return { ...leaf, certificate: `${leaf.certificate}\n${authority.certificate}` };
}

/** Of `names` those that a browser accepts from this authority, in their order. */
export function permittedNames(authority: KeyPair, names: readonly string[]): string[] {
  const constraints = new x509.X509Certificate(authority.certificate).getExtension(NAME_CONSTRAINTS);
  if (!constraints) return [...names];
  return names.filter((name) => permits(new Uint8Array(constraints.value), name));
}

/** Reads back what `makeAuthority` or `issueLeaf` made. @throws when it is not whole. */
export async function readIssued(pair: KeyPair): Promise<Issued & { readonly names: readonly string[] }> {
  const certificate = new x509.X509Certificate(pair.certificate);
  await readKey(pair.key);
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension);
  return {
    ...pair,
    notBeforeMs: certificate.notBefore.getTime(),
    notAfterMs: certificate.notAfter.getTime(),
    names: names?.names.items.map(({ value }) => value) ?? [],
  };
}

export function derOf(certificatePem: string): Buffer {
  return Buffer.from(new x509.X509Certificate(certificatePem).rawData);
}

/** SHA-256 of the certificate as phones and browsers show it: pairs of hex digits. */
export function fingerprintOf(der: Uint8Array): string {
  return (createHash("sha256").update(der).digest("hex").toUpperCase().match(/../g) ?? []).join(":");
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, [
    "sign",
    "verify",
  ]) as Promise<webcrypto.CryptoKeyPair>;
}

async function thumbprint(key: webcrypto.CryptoKey): Promise<Uint8Array> {
  return createHash("sha256")
    .update(new Uint8Array(await webcrypto.subtle.exportKey("spki", key)))
    .digest();
}

async function issued(certificate: x509.X509Certificate, key: webcrypto.CryptoKey): Promise<Issued> {
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", key);
  return {
    certificate: certificate.toString("pem"),
    key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"),
    notBeforeMs: certificate.notBefore.getTime(),
    notAfterMs: certificate.notAfter.getTime(),
  };
}

async function readKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [pkcs8] = x509.PemConverter.decode(pem);
  if (!pkcs8) throw new TypeError("There is no key");
  return webcrypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]);
}

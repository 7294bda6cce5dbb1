// Loaded only when something is to be made: at nearly every start there is nothing, and it takes a tenth of the start.
// The package asks for this polyfill of decorators before it is loaded.
import "reflect-metadata";
import { createHash, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import type { KeyPair } from "../../core/certificates.ts";
import { type Issued, readIssued } from "./issued.ts";
import { nameConstraints, permits } from "./name-constraints.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const NAME_CONSTRAINTS = "2.5.29.30";
const DAY_MS = 86_400_000;

/** Phones and browsers whose clocks are late accept the authority all the same. */
const AUTHORITY_BEGINS_MS = Date.parse("2024-01-01T00:00:00Z");
const AUTHORITY_DAYS = 3_653;
/** Apple refuses server certificates of more than 398 days (support.apple.com/102028). */
const LEAF_DAYS = 397;
/** So that a reader whose clock is a day late accepts it, counted within the days above. */
const LEAF_LATENESS_DAYS = 1;

/**
 * Makes an authority for one box. It begins at a fixed early date, for phones whose clocks are late.
 * @param nowMs no earlier than what can be true.
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
    notAfter: new Date(nowMs + AUTHORITY_DAYS * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.Extension(NAME_CONSTRAINTS, true, nameConstraints(hostname)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return readIssued(await pairOf(certificate, keys.privateKey));
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
  const leaf = await pairOf(certificate, keys.privateKey);
  return readIssued({ ...leaf, certificate: `${leaf.certificate}\n${authority.certificate}` });
}

/** Of `names` those that a browser accepts from this authority, in their order. */
export function permittedNames(authority: KeyPair, names: readonly string[]): string[] {
  const constraints = new x509.X509Certificate(authority.certificate).getExtension(NAME_CONSTRAINTS);
  if (!constraints) return [...names];
  return names.filter((name) => permits(new Uint8Array(constraints.value), name));
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

async function pairOf(certificate: x509.X509Certificate, key: webcrypto.CryptoKey): Promise<KeyPair> {
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", key);
  return { certificate: certificate.toString("pem"), key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY") };
}

async function readKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [pkcs8] = x509.PemConverter.decode(pem);
  if (!pkcs8) throw new TypeError("There is no key");
  return webcrypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]);
}

import { createHash, X509Certificate as NodeCertificate, sign, webcrypto } from "node:crypto";
import { chmod, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, GatewayError } from "../core/errors.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** RFC 5280, 4.1.2.5: "no well-defined expiration". A box's clock may be years off when the key is made. */
const FOR_EVER = new Date("9999-12-31T23:59:59Z");
const SINCE = new Date("2020-01-01T00:00:00Z");

/** The box's own key for what it hands out. */
export interface ExportKey {
  /** Of the certificate, SHA-256 over its DER in hex: to be compared with what the ledger says. */
  readonly fingerprint: string;
  readonly certificatePem: string;
  readonly publicKeyPem: string;
  /** ECDSA over SHA-256 in DER, as openssl takes it. */
  sign(content: Uint8Array): Buffer;
}

/**
 * Opens the key, or makes it at the first start: ECDSA P-256 in a file that only the gateway can read, and a
 * certificate that carries the site's id.
 * @throws GatewayError `export.key` (permanent) where the files cannot be used.
 */
export async function openExportKey(folder: string, siteId: string): Promise<ExportKey> {
  const keyPath = join(folder, "export-key.pem");
  const certificatePath = join(folder, "export-certificate.pem");
  try {
    const files = await readBoth(keyPath, certificatePath);
    return keyOf(files ?? (await makeKey(folder, keyPath, certificatePath, siteId)));
  } catch (error) {
    throw new GatewayError(`the key for exports in ${folder} cannot be used: ${errorCode(error)}`, {
      code: "export.key",
      kind: "permanent",
      cause: error,
    });
  }
}

interface KeyFiles {
  readonly keyPem: string;
  readonly certificatePem: string;
}

async function readBoth(keyPath: string, certificatePath: string): Promise<KeyFiles | undefined> {
  try {
    const [keyPem, certificatePem] = await Promise.all([
      readFile(keyPath, "utf8"),
      readFile(certificatePath, "utf8"),
    ]);
    return { keyPem, certificatePem };
  } catch (error) {
    // Made in this order, so that a key without its certificate was never used.
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function makeKey(
  folder: string,
  keyPath: string,
  certificatePath: string,
  siteId: string,
): Promise<KeyFiles> {
  // Once in the life of a box: loaded then only. @peculiar/x509 needs the polyfill before its own first line.
  await import("reflect-metadata");
  const { X509CertificateGenerator } = await import("@peculiar/x509");
  const { subtle } = webcrypto;
  const keys = await subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=Cunshao ${siteId}`,
    keys,
    notBefore: SINCE,
    notAfter: FOR_EVER,
    signingAlgorithm: ALGORITHM,
  });
  const body = Buffer.from(await subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const lines = body.match(/.{1,64}/g)?.join("\n");
  const files = {
    keyPem: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
    certificatePem: `${certificate.toString("pem")}\n`,
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await writeSecretly(keyPath, files.keyPem);
  await writeSecretly(certificatePath, files.certificatePem);
  return files;
}

async function writeSecretly(path: string, text: string): Promise<void> {
  const draft = `${path}.draft`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

function keyOf({ keyPem, certificatePem }: KeyFiles): ExportKey {
  const certificate = new NodeCertificate(certificatePem);
  return {
    fingerprint: createHash("sha256").update(certificate.raw).digest("hex"),
    certificatePem,
    publicKeyPem: certificate.publicKey.export({ type: "spki", format: "pem" }).toString(),
    sign: (content) => sign("sha256", content, keyPem),
  };
}

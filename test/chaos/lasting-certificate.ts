// @peculiar/x509 needs the polyfill before its own first line.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** `<name>.pem` and `<name>.key`, for one host, good whatever the year: clocks are stepped here, and TLS is broken otherwise. */
export async function makeCertificate(folder: string, name: string, host: string): Promise<void> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    notBefore: new Date("2000-01-01"),
    notAfter: new Date("2099-12-31"),
    signingAlgorithm: ALGORITHM,
    extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: host }])],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  await writeFile(join(folder, `${name}.pem`), `${certificate.toString("pem")}\n`);
  await writeFile(
    join(folder, `${name}.key`),
    `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    { mode: 0o600 },
  );
}

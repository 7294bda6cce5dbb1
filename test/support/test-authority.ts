import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Why no certificates can be made here; undefined where they can. */
export const opensslMissing = spawnSync("openssl", ["version"]).error ? "openssl is missing" : undefined;

/**
 * An authority and a certificate by it for each name, for 127.0.0.1 (that of `localhost` for this name alone), as PEM files that are
 * gone after the test.
 * @returns where a file is: `ca.pem`, `<name>.pem`, `<name>.key`.
 */
export function makeCertificates(...names: readonly string[]): (file: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "cunshao-certificates-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const openssl = (...words: readonly string[]) =>
    execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const authority = ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority", "-days", "2"];
  openssl("req", "-x509", ...key, ...authority);
  for (const name of names) {
    const request = ["-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`];
    const host = name === "localhost" ? "DNS:localhost" : "IP:127.0.0.1";
    openssl("req", ...key, ...request, "-addext", `subjectAltName=${host}`);
    const signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy"];
    openssl("x509", "-req", "-in", `${name}.csr`, ...signing, "-days", "2", "-out", `${name}.pem`);
  }
  return (file) => join(folder, file);
}

import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Puts an authority where Chromium on Linux looks for those that a person has installed; Debian's libnss3-tools. */
export const CERTUTIL = "/usr/bin/certutil";

/**
 * What a browser is to be started with so that it believes a village's own authority, as on a phone on which somebody has
 * followed `/trust`.
 * @param folder for its home.
 * @param authority PEM file with the certificate, and, as the box keeps it, its key.
 */
export function believing(folder: string, authority: string): { env: NodeJS.ProcessEnv } {
  const home = join(folder, "home");
  const store = join(home, ".pki/nssdb");
  mkdirSync(store, { recursive: true });
  const certutil = (...words: string[]) => execFileSync(CERTUTIL, ["-d", `sql:${store}`, ...words]);
  const certificate = join(folder, "authority.crt");
  writeFileSync(certificate, new X509Certificate(readFileSync(authority)).raw);
  certutil("-N", "--empty-password");
  certutil("-A", "-n", "village", "-t", "C,,", "-i", certificate);
  return { env: { ...process.env, HOME: home } };
}

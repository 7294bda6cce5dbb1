import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { KeyPair } from "../../core/certificates.ts";
import { errorCode } from "../../core/errors.ts";

// A key and its certificate stand in one file, so that no power cut leaves one without the other.

const KEY = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----/;
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/;

/** Undefined when there is no such file. @throws when it cannot be read or holds something else. */
export async function readPair(path: string): Promise<KeyPair | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  const [key] = KEY.exec(text) ?? [];
  const [certificate] = CERTIFICATES.exec(text) ?? [];
  if (!key || !certificate) throw new TypeError(`${path} holds no key with its certificate`);
  return { key, certificate };
}

/** Writes durably, readable by this user only. */
export async function writePair(path: string, { key, certificate }: KeyPair): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.draft`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(`${key}\n${certificate}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Puts what cannot be used out of the way, for a technician to look at. */
export async function setAside(path: string): Promise<void> {
  await rename(path, `${path}.unusable`);
}

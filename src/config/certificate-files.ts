import { readFile } from "node:fs/promises";
import { checkKeyPair, type TlsSetting } from "../core/certificates.ts";
import { errorCode, errorMessage } from "../core/errors.ts";

/**
 * What is wrong with the certificate files of a configuration, with what to do; undefined when they are in order or there
 * are none. The gateway starts all the same, with the box's own authority: a pond must not be left alone for a date.
 */
export async function certificateFault(setting: TlsSetting, nowMs: number): Promise<string | undefined> {
  if (setting.kind !== "files") return undefined;
  const certificate = await read(setting.certificate);
  if (certificate.fault !== undefined) return certificate.fault;
  const key = await read(setting.key);
  if (key.fault !== undefined) return key.fault;
  try {
    checkKeyPair({ certificate: certificate.text, key: key.text }, nowMs);
    return undefined;
  } catch (error) {
    const file = errorCode(error) === "tls.bad_key" ? setting.key : setting.certificate;
    return `${file}: ${errorMessage(error)} [${errorCode(error)}]`;
  }
}

async function read(
  file: string,
): Promise<{ readonly text: string; readonly fault?: undefined } | { readonly fault: string }> {
  try {
    return { text: await readFile(file, "utf8") };
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return { fault: `${file}: there is no such file [tls.unreadable]` };
    return { fault: `${file}: cannot be read by this user (${code}) [tls.unreadable]` };
  }
}

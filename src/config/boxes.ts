import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { errorCode } from "../core/errors.ts";
import { id, networkUrl, secret, text } from "./fields.ts";
import { readWithSecrets } from "./file-with-secrets.ts";
import type { Problem } from "./problems.ts";

/** A box as `cunshao pull` finds it. */
export interface Box {
  readonly id: string;
  readonly url: string;
  readonly token: string;
  /** PEM. */
  readonly ca?: string | undefined;
  /** 64 hex digits in lower case. */
  readonly fingerprint?: string | undefined;
}

export type BoxesResult =
  | { readonly ok: true; readonly boxes: readonly Box[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const FINGERPRINT = "a certificate's SHA-256: 64 hex digits, with or without colons";
export const fingerprint = z
  .string(FINGERPRINT)
  .transform((written) => normalFingerprint(written) ?? "")
  .refine((digits) => digits !== "", FINGERPRINT);

const box = z.strictObject({
  id,
  url: networkUrl(["https:", "http:"]),
  token: secret,
  ca: text(/^\S+$/, "the path of a PEM file").optional(),
  fingerprint: fingerprint.optional(),
});

const boxesFile = z.strictObject({
  /** For boxes that say none of their own. */
  ca: text(/^\S+$/, "the path of a PEM file").optional(),
  boxes: z.array(box, "a list of boxes").min(1, "at least one box").max(5000, "at most 5000 boxes"),
});

/** `AB:CD:…` as openssl prints it, or plain; undefined for what is none. */
export function normalFingerprint(written: string): string | undefined {
  const digits = written.replaceAll(":", "").toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined;
}

/**
 * Reads the boxes of a township from YAML or JSON, with the tokens from `secrets.yaml` beside it; paths of certificates count from
 * the file. Never throws for what stands in the files.
 */
export async function loadBoxes(file: string): Promise<BoxesResult> {
  const read = await readWithSecrets(file, boxesFile);
  if (!read.ok) return read;
  const { written, secrets, secretsFile, problems, complain } = read;
  const boxes: Box[] = [];
  const seen = new Set<string>();
  const authorities = new Map<string, string | undefined>();
  for (const [index, { id: name, url, token, ca, fingerprint: pinned }] of written.boxes.entries()) {
    const at = ["boxes", index];
    if (seen.has(name)) complain([...at, "id"], "each id once: it names the box's folder");
    seen.add(name);
    const value = secrets.values.get(token.secret);
    if (value === undefined && secrets.problems.length === 0) {
      complain([...at, "token"], `a secret that ${secretsFile} defines; add a line "${token.secret}: …"`);
    }
    const authority = ca ?? written.ca;
    const path = authority === undefined ? undefined : resolve(dirname(file), authority);
    if (path !== undefined && !authorities.has(path)) authorities.set(path, await readPem(path));
    const pem = path === undefined ? undefined : authorities.get(path);
    if (path !== undefined && pem === undefined) {
      complain(
        ca === undefined ? ["ca"] : [...at, "ca"],
        "the path of a certificate in PEM that can be read",
      );
    }
    if ((pem ?? pinned) !== undefined && url.startsWith("http:")) {
      complain([...at, "url"], "https: a certificate says nothing over plain HTTP");
    }
    boxes.push({ id: name, url, token: value ?? "", ca: pem, fingerprint: pinned });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, boxes };
}

/** Undefined for what is none, or cannot be read. */
export async function readPem(path: string): Promise<string | undefined> {
  try {
    const pem = await readFile(path, "utf8");
    return pem.includes("-----BEGIN CERTIFICATE-----") ? pem : undefined;
  } catch (error) {
    if (errorCode(error) !== "unknown") return undefined;
    throw error;
  }
}

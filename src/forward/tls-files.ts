import { readFile } from "node:fs/promises";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { UpstreamTls } from "../core/upstream-wiring.ts";

/** What a TLS connection is made with, PEM. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Reads the files anew each time, because certificates are renewed. @throws GatewayError `upstream.tls_files` (permanent). */
export async function readTlsFiles(files: UpstreamTls | undefined): Promise<TlsMaterial> {
  if (!files) return {};
  const { authority, certificate, key } = files;
  return {
    ...(authority !== undefined && { ca: await read(authority) }),
    ...(certificate !== undefined && { cert: await read(certificate) }),
    ...(key !== undefined && { key: await read(key) }),
  };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new GatewayError(`${path} cannot be read (${errorCode(cause)})`, {
      code: "upstream.tls_files",
      kind: "permanent",
      cause,
    });
  }
}

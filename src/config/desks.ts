import { z } from "zod";
import type { DeskWiring } from "../core/desk-channel.ts";
import { id, networkUrl, secret } from "./fields.ts";
import { scopes } from "./listening.ts";
import { tlsFiles } from "./upstreams.ts";

/** A township's desk that cannot reach the box: the box opens the connection. */
export const desk = z.strictObject({
  id,
  url: networkUrl(["https:", "http:"]),
  /** What box and desk know each other by; the desk needs no other one here. */
  token: secret,
  scopes,
  tls: tlsFiles,
});

export function resolveDesk(
  { token, ...rest }: z.output<typeof desk>,
  secretOf: (name: string) => string,
): DeskWiring {
  return { ...rest, token: secretOf(token.secret) };
}

import { createHash } from "node:crypto";

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** What a camera asks for; `nonce` belongs to one connection. */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
}

export function challengeHeader({ realm, nonce }: Challenge, stale: boolean): string {
  return `Digest realm="${realm}", nonce="${nonce}", algorithm=MD5${stale ? ", stale=TRUE" : ""}`;
}

/**
 * Checks an `Authorization` header: RFC 2617 Digest with MD5, as cameras use it, with or without `qop=auth`.
 * `stale` means: well formed, but for another nonce.
 */
export function checkDigest(
  header: string | undefined,
  method: string,
  challenge: Challenge,
  login: Login,
): "right" | "wrong" | "stale" | "missing" {
  const fields = parseDigest(header);
  if (!fields) return "missing";
  const { username, realm, nonce, uri, response, qop, nc, cnonce } = fields;
  if (uri === undefined || response === undefined) return "wrong";
  if (nonce !== challenge.nonce) return "stale";
  if (username !== login.username || realm !== challenge.realm) return "wrong";
  const secret = md5(`${login.username}:${challenge.realm}:${login.password}`);
  const request = md5(`${method}:${uri}`);
  const middle = qop === undefined ? nonce : `${nonce}:${nc ?? ""}:${cnonce ?? ""}:${qop}`;
  return md5(`${secret}:${middle}:${request}`) === response.toLowerCase() ? "right" : "wrong";
}

type DigestFields = Partial<
  Record<"username" | "realm" | "nonce" | "uri" | "response" | "qop" | "nc" | "cnonce", string>
>;

function parseDigest(header: string | undefined): DigestFields | undefined {
  const body = /^Digest\s+(.*)$/i.exec(header ?? "")?.[1];
  if (body === undefined) return undefined;
  const fields = new Map<string, string>();
  for (const match of body.matchAll(/([a-z]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/gi)) {
    fields.set((match[1] ?? "").toLowerCase(), match[2] ?? match[3] ?? "");
  }
  return Object.fromEntries(fields);
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

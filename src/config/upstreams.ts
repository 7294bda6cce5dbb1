import { z } from "zod";
import type { Upstream } from "../core/upstream-wiring.ts";
import { readWebhookSecret } from "../core/webhook-secret.ts";
import { id, networkUrl, secret, text, whole, words } from "./fields.ts";

const pemFile = text(/^\/\S+$/, "the path of a PEM file, from /");

export const tlsFiles = z
  .strictObject({ authority: pemFile.optional(), certificate: pemFile.optional(), key: pemFile.optional() })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
    message: "certificate and key together, or neither",
  })
  .optional();

const http = z.strictObject({
  id,
  kind: z.literal("http"),
  url: networkUrl(["https:", "http:"]),
  token: secret,
  /** Secrets of the Standard Webhooks: `whsec_…` (HMAC-SHA256) or `whsk_…` (Ed25519). Two while one takes over from the other. */
  signing: z
    .array(secret, "a list of {secret: <its name in secrets.yaml>}")
    .min(1, "at least one")
    .max(4, "at most four")
    .optional(),
  tls: tlsFiles,
  /** What pictures and clips may take of the line on average. */
  evidenceKbitPerSecond: whole(16, 1_000_000).optional(),
});

const mqtt = z.strictObject({
  id,
  kind: z.literal("mqtt"),
  url: networkUrl(["mqtts:", "mqtt:"]),
  login: z.strictObject({ username: words(64, "a user name"), password: secret }).optional(),
  /** First part of every topic; the site's id comes next. */
  topic: text(/^[^\s#+/][^\s#+]{0,100}$/, "the first part of a topic, without # and +").default("cunshao"),
  /** Whose word counts: that of whoever keeps the events (`ledger`), or the broker's (`puback`). */
  acknowledge: z.enum(["ledger", "puback"], "ledger or puback").default("ledger"),
  tls: tlsFiles,
});

/** Where events go. */
export const upstream = z.discriminatedUnion("kind", [http, mqtt], "an upstream with kind: http or mqtt");

export function resolveUpstream(
  written: z.output<typeof upstream>,
  secretOf: (name: string) => string,
): Upstream {
  if (written.kind === "http") {
    const { token, signing, ...rest } = written;
    return {
      ...rest,
      token: secretOf(token.secret),
      ...(signing && { signing: signing.map((each) => secretOf(each.secret)) }),
    };
  }
  const { login, ...rest } = written;
  return {
    ...rest,
    ...(login && { login: { username: login.username, password: secretOf(login.password.secret) } }),
  };
}

/** Signing secrets that are none. */
export function checkSigning(
  upstreams: readonly z.output<typeof upstream>[],
  secretOf: (name: string) => string | undefined,
): { readonly path: readonly PropertyKey[]; readonly expected: string }[] {
  return upstreams.flatMap((each, index) =>
    each.kind !== "http"
      ? []
      : (each.signing ?? []).flatMap(({ secret: name }, place) => {
          const text = secretOf(name);
          if (text === undefined || readWebhookSecret(text)) return [];
          const expected =
            "a secret of the Standard Webhooks: whsec_ and base64 of 24 to 64 bytes, or whsk_ and base64 of an Ed25519 key";
          return [{ path: ["upstreams", index, "signing", place, "secret"], expected }];
        }),
  );
}

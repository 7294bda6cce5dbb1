import { createHash } from "node:crypto";
import type { AccessContext, PanelApp } from "../context.ts";
import { refusal } from "../problems.ts";
import { trustPage, trustStyle } from "../trust-page.ts";

/** What phones and browsers take for a certificate to install (RFC 2585; Android and iOS know the older name). */
const MEDIA_TYPE = "application/x-x509-ca-cert";
const STYLE_HASH = createHash("sha256").update(trustStyle).digest("base64");
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'`;

/**
 * `GET /authority.crt` (DER; `?format=pem` for PEM) and `GET /trust`, which tells how to install it. Open, over plain HTTP
 * too: who has not installed it yet cannot come otherwise, and there is nothing secret about it.
 * @param name of the village or township.
 */
export function trustRoutes(
  app: PanelApp,
  { certificates }: Pick<AccessContext, "certificates">,
  name: () => string,
): void {
  const hidden = { hide: true } as const;
  const config = { open: true, plain: true } as const;

  app.get<{ Querystring: { format?: unknown } }>(
    "/authority.crt",
    { config, schema: hidden },
    (request, reply) => {
      const authority = certificates?.authority();
      if (!authority) throw refusal("trust.none", "This box has no authority of its own in use");
      reply.header("cache-control", "no-store");
      if (request.query.format === "pem") return reply.type("application/x-pem-file").send(authority.pem);
      return reply
        .header("content-disposition", 'attachment; filename="cunshao-authority.crt"')
        .type(MEDIA_TYPE)
        .send(authority.der);
    },
  );

  app.get<{ Querystring: { language?: unknown } }>("/trust", { config, schema: hidden }, (request, reply) => {
    const { host = "" } = request.headers;
    const language = request.query.language === "en" ? "en" : "zh";
    return reply
      .header("cache-control", "no-store")
      .header("content-security-policy", POLICY)
      .type("text/html; charset=utf-8")
      .send(trustPage(name(), certificates?.authority(), host, language));
  });
}

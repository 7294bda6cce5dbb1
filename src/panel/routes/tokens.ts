import { z } from "zod";
import { PERMISSIONS, SCOPES } from "../../core/access.ts";
import type { StoredToken } from "../../core/accounts.ts";
import { isoTime } from "../../core/time.ts";
import type { AccessRoutes } from "../context.ts";
import { identityOf } from "../identity.ts";

const Scope = z.enum(PERMISSIONS).refine((scope) => SCOPES.includes(scope), "people alone manage accounts");

const NewToken = z.object({
  name: z
    .string()
    .trim()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, "letters, digits, . _ -; at most 63")
    .describe("What the ledger calls whoever holds it"),
  scopes: z.array(Scope).min(1, "at least one scope"),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => isoTime(Date.parse(text)))
    .optional(),
});

const TokenBody = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(PERMISSIONS)).readonly(),
  madeBy: z.string(),
  madeAt: z.string(),
  expiresAt: z.string().optional(),
  lastUsedAt: z.string().optional(),
  lastAddress: z.string().optional(),
});

const MadeToken = TokenBody.extend({ token: z.string().describe("Shown this once") });

const Id = z.object({ id: z.string().regex(/^[0-9a-f]{16}$/) });

/** Tokens of machines, for administrators; those of the configuration are not among them. */
export const tokenRoutes: AccessRoutes = (app, { machines, audit }) => {
  app.route({
    method: "GET",
    url: "/tokens",
    config: { needs: "accounts" },
    schema: { summary: "Tokens made over the API", response: { 200: z.array(TokenBody) } },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return (await machines.list()).map(describe);
    },
  });

  app.route({
    method: "POST",
    url: "/tokens",
    config: { needs: "accounts" },
    schema: { summary: "Make a token; it is shown this once", body: NewToken, response: { 201: MadeToken } },
    handler: async (request, reply) => {
      const { token, stored } = await machines.make(request.body, identityOf(request).name);
      const { name, scopes, expiresAt } = stored;
      await audit.note(request, {
        type: "org.cunshao.token.made",
        subject: name,
        data: { scopes, ...(expiresAt === undefined ? {} : { expiresAt }) },
      });
      return reply
        .code(201)
        .header("cache-control", "no-store")
        .send({ ...describe(stored), token });
    },
  });

  app.route({
    method: "DELETE",
    url: "/tokens/:id",
    config: { needs: "accounts" },
    schema: { summary: "Revoke a token", params: Id, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { name } = await machines.revoke(request.params.id);
      await audit.note(request, { type: "org.cunshao.token.revoked", subject: name });
      return reply.code(204).send(null);
    },
  });
};

function describe({ tokenHash: _tokenHash, ...stored }: StoredToken): z.infer<typeof TokenBody> {
  return stored;
}

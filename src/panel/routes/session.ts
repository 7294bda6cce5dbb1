import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { PERMISSIONS } from "../../core/access.ts";
import { errorCode, errorMessage } from "../../core/errors.ts";
import type { EventDraft } from "../../core/event.ts";
import type { Routes } from "../context.ts";
import { COOKIE, identityOf } from "../sessions.ts";

const LogIn = z.object({
  username: z.string().trim().min(1).max(64),
  password: z.string().min(1).max(256),
});

const WhoAmI = z.object({
  username: z.string(),
  role: z.string(),
  permissions: z.array(z.enum(PERMISSIONS)),
  expiresAt: z.string().optional().describe("Absent for bearer tokens, which do not run out"),
});

/** `POST`, `GET` and `DELETE /session`: log in, who am I, log out. */
export const sessionRoutes: Routes = (app, { sessions, accounts, ledger, log }) => {
  /** The audit must not keep anybody out: on a full disk people still have to reach the horns. */
  async function record(draft: EventDraft): Promise<void> {
    try {
      await ledger.append(draft);
    } catch (error) {
      log.error({ code: errorCode(error), error: errorMessage(error), type: draft.type }, "No audit entry");
    }
  }

  function cookieOptions(request: FastifyRequest) {
    return { path: "/", httpOnly: true, sameSite: "strict", secure: request.protocol === "https" } as const;
  }

  app.route({
    method: "POST",
    url: "/session",
    config: { open: true },
    schema: {
      summary: "Log in; sets a cookie that lasts 12 h",
      security: [],
      body: LogIn,
      response: { 201: WhoAmI },
    },
    handler: async (request, reply) => {
      const { username, password } = request.body;
      const address = request.ip;
      try {
        const { token, identity } = await sessions.open(username, password, address);
        await record({
          type: "org.cunshao.session.opened",
          class: "audit",
          subject: username,
          data: { username, address },
        });
        reply.setCookie(COOKIE, token, { ...cookieOptions(request), maxAge: 12 * 3600 });
        return reply
          .code(201)
          .header("cache-control", "no-store")
          .send({
            username: identity.name,
            role: identity.role,
            permissions: [...identity.permissions],
            ...(identity.session ? { expiresAt: identity.session.expiresAt } : {}),
          });
      } catch (error) {
        if (errorCode(error) === "session.wrong") {
          // People type passwords into the wrong box: a name that is no account's stays out of the ledger.
          const known = (await accounts.find(username)) ? { username } : {};
          await record({
            type: "org.cunshao.session.refused",
            class: "audit",
            data: { ...known, address, reason: "session.wrong" },
          });
        }
        throw error;
      }
    },
  });

  app.route({
    method: "GET",
    url: "/session",
    config: { needs: "log-in" },
    schema: { summary: "Who is logged in", response: { 200: WhoAmI } },
    handler: async (request, reply) => {
      const { name, role, permissions, session } = identityOf(request);
      reply.header("cache-control", "no-store");
      return {
        username: name,
        role,
        permissions: [...permissions],
        ...(session ? { expiresAt: session.expiresAt } : {}),
      };
    },
  });

  app.route({
    method: "DELETE",
    url: "/session",
    config: { needs: "log-in" },
    schema: { summary: "Log out", response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { session } = identityOf(request);
      if (session) await sessions.close(session.tokenHash);
      return reply.clearCookie(COOKIE, cookieOptions(request)).code(204).send(null);
    },
  });
};

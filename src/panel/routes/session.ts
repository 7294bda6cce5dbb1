import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { PERMISSIONS } from "../../core/access.ts";
import { errorCode } from "../../core/errors.ts";
import type { AccessContext, AccessRoutes } from "../context.ts";
import { type Identity, identityOf, sessionId, sessionOf } from "../identity.ts";
import { hashPassword, passwordFault } from "../passwords.ts";
import { refusal } from "../problems.ts";
import { cookieName, type Place } from "../sessions.ts";

const Password = z.string().min(1).max(256);

const LogIn = z.object({ username: z.string().trim().min(1).max(64), password: Password });

const WhoAmI = z.object({
  username: z.string(),
  role: z.string(),
  permissions: z.array(z.enum(PERMISSIONS)),
  expiresAt: z.string().optional().describe("If it is not used again. Absent for tokens that do not run out"),
  desk: z
    .object({ name: z.string() })
    .optional()
    .describe("Present where this is a township's desk over many villages"),
});

const NewPassword = z.object({ oldPassword: Password, newPassword: Password });

export const SessionBody = z.object({
  id: z.string(),
  address: z.string().describe("Where it was used last"),
  agent: z.string().describe("The browser, as it calls itself"),
  openedAt: z.string(),
  lastUsedAt: z.string(),
  expiresAt: z.string(),
  current: z.boolean().describe("The one that asks"),
});

const SessionId = z.object({ id: z.string().regex(/^[0-9a-f]{16}$/) });

/** Logging in and out, one's own password, one's own sessions. */
export const sessionRoutes: AccessRoutes = (app, context) => {
  const { sessions, accounts, random, audit, desk } = context;

  app.route({
    method: "POST",
    url: "/session",
    config: { open: true },
    schema: {
      summary:
        "Log in; sets a cookie. It ends 12 h after its last use, and at the latest after 30 days (7 for who may set up or manage accounts)",
      body: LogIn,
      response: { 201: WhoAmI },
    },
    handler: async (request, reply) => {
      const { username, password } = request.body;
      const { token, identity } = await withAudit(context, request, username, () =>
        sessions.open(username, password, placeOf(request)),
      );
      await audit.note(request, {
        type: "org.cunshao.session.opened",
        subject: username,
        data: { username, agent: placeOf(request).agent.slice(0, 200) },
      });
      setCookie(request, reply, token, identity);
      return reply.code(201).header("cache-control", "no-store").send(whoIs(identity, desk));
    },
  });

  app.route({
    method: "GET",
    url: "/session",
    config: { needs: "log-in" },
    schema: { summary: "Who is logged in, and what may be done", response: { 200: WhoAmI } },
    handler: async (request, reply) => {
      reply.header("cache-control", "no-store");
      return whoIs(identityOf(request), desk);
    },
  });

  app.route({
    method: "DELETE",
    url: "/session",
    config: { needs: "log-in" },
    schema: { summary: "Log out", response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { session, name } = identityOf(request);
      if (session) {
        await sessions.close(session.tokenHash);
        await audit.note(request, { type: "org.cunshao.session.closed", subject: name });
      }
      return reply.clearCookie(cookieName(request), cookieOptions(request)).code(204).send(null);
    },
  });

  app.route({
    method: "PUT",
    url: "/session/password",
    config: { needs: "log-in" },
    schema: {
      summary: "Change one's own password; ends all of one's log-ins and opens a new one here",
      body: NewPassword,
      response: { 200: WhoAmI },
    },
    handler: async (request, reply) => {
      const { name } = sessionOf(request);
      const { oldPassword, newPassword } = request.body;
      const account = await withAudit(context, request, name, () =>
        sessions.check(name, oldPassword, request.ip),
      );
      demandGoodPassword(newPassword, name);
      if (oldPassword === newPassword) throw refusal("password.unchanged", "The new password is the old one");
      const passwordHash = await hashPassword(newPassword, random);
      // Two slow hashes later the account may be another one, or gone.
      await accounts.change(account.username, { passwordHash }, account);
      // The new cookie first: a page whose stream is cut before it has one takes itself for logged out.
      reply.raw.once("close", () => sessions.ended(name));
      await audit.note(request, { type: "org.cunshao.account.password_changed", subject: name });
      const { token, identity } = await sessions.renew({ ...account, passwordHash }, placeOf(request));
      setCookie(request, reply, token, identity);
      return reply.header("cache-control", "no-store").send(whoIs(identity, desk));
    },
  });

  app.route({
    method: "GET",
    url: "/sessions",
    config: { needs: "log-in" },
    schema: { summary: "One's own log-ins, newest first", response: { 200: z.array(SessionBody) } },
    handler: async (request, reply) => {
      const { name, tokenHash } = sessionOf(request);
      reply.header("cache-control", "no-store");
      return describeSessions(await sessions.list(name), tokenHash);
    },
  });

  app.route({
    method: "DELETE",
    url: "/sessions",
    config: { needs: "log-in" },
    schema: { summary: "End one's own other log-ins", response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { name, tokenHash } = sessionOf(request);
      await sessions.closeAll(name, tokenHash);
      await audit.note(request, { type: "org.cunshao.session.revoked", subject: name, data: { all: true } });
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "DELETE",
    url: "/sessions/:id",
    config: { needs: "log-in" },
    schema: { summary: "End one of one's own log-ins", params: SessionId, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { name } = sessionOf(request);
      const { id } = request.params;
      if (!(await sessions.closeById(name, id))) throw refusal("session.unknown", "There is no such log-in");
      await audit.note(request, {
        type: "org.cunshao.session.revoked",
        subject: name,
        data: { session: id },
      });
      return reply.code(204).send(null);
    },
  });
};

/** Tells the audit of wrong passwords, and of what is locked by them. */
async function withAudit<T>(
  { accounts, throttle, audit }: AccessContext,
  request: FastifyRequest,
  username: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (errorCode(error) !== "session.wrong") throw error;
    // People type passwords into the wrong box: a name that is no account's stays out of the ledger.
    const isAccount = (await accounts.find(username)) !== undefined;
    const known = isAccount ? { username } : {};
    await audit.note(request, {
      type: "org.cunshao.session.refused",
      data: { ...known, code: "session.wrong" },
    });
    for (const locked of await throttle.failed(request.ip, username, isAccount)) {
      await audit.note(request, { type: "org.cunshao.session.locked", data: { ...known, locked } });
    }
    throw error;
  }
}

/** @throws GatewayError `password.too_short`, `password.is_name`, `password.usual` (permanent). */
export function demandGoodPassword(password: string, username: string): void {
  const fault = passwordFault(password, username);
  if (fault) throw refusal(fault, "The password is not good enough");
}

export function describeSessions(
  list: Awaited<ReturnType<AccessContext["sessions"]["list"]>>,
  currentHash: string | undefined,
): z.infer<typeof SessionBody>[] {
  return list.map(({ tokenHash, address, agent, openedAt, lastUsedAt, expiresAt }) => ({
    id: sessionId(tokenHash),
    address,
    agent,
    openedAt,
    lastUsedAt,
    expiresAt,
    current: tokenHash === currentHash,
  }));
}

function whoIs(
  { name, role, permissions, session, token }: Identity,
  desk: AccessContext["desk"],
): z.infer<typeof WhoAmI> {
  const expiresAt = session?.expiresAt ?? token?.expiresAt;
  const may = PERMISSIONS.filter((permission) => permissions.has(permission));
  return {
    username: name,
    role,
    permissions: may,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(desk && { desk }),
  };
}

function placeOf(request: FastifyRequest): Place {
  return { address: request.ip, agent: request.headers["user-agent"] ?? "" };
}

function cookieOptions(request: FastifyRequest) {
  return { path: "/", httpOnly: true, sameSite: "strict", secure: request.protocol === "https" } as const;
}

/** The browser keeps it for as long as it can be of use; the box alone says when it ends. */
function setCookie(request: FastifyRequest, reply: FastifyReply, token: string, { session }: Identity): void {
  const lastsMs = session ? Date.parse(session.endsAt) - Date.parse(session.openedAt) : 0;
  reply.setCookie(cookieName(request), token, { ...cookieOptions(request), maxAge: lastsMs / 1000 });
}

import { z } from "zod";
import { ROLES } from "../../core/access.ts";
import type { StoredAccount } from "../../core/accounts.ts";
import type { AccessRoutes } from "../context.ts";
import { identityOf } from "../identity.ts";
import { hashPassword } from "../passwords.ts";
import { refusal } from "../problems.ts";
import { demandGoodPassword, describeSessions, SessionBody } from "./session.ts";

const USERNAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,31}$/u;

const Password = z.string().min(1).max(256);
const Role = z.enum(ROLES);

const NewAccount = z.object({
  username: z.string().trim().min(1).max(64).describe("Letters of any script, digits, . _ -; at most 32"),
  password: Password,
  role: Role,
});

const Change = z
  .object({ role: Role, password: Password, disabled: z.boolean() })
  .partial()
  .refine((change) => Object.keys(change).length > 0, "at least one of role, password, disabled");

const Username = z.object({ username: z.string().min(1).max(64) });
const OneSession = Username.extend({ id: z.string().regex(/^[0-9a-f]{16}$/) });

const AccountBody = z.object({
  username: z.string(),
  role: z.string(),
  disabled: z.boolean(),
  sessions: z.array(SessionBody).describe("Open log-ins, newest first"),
});

/** Accounts of people and their log-ins, for administrators. */
export const accountRoutes: AccessRoutes = (app, { accounts, sessions, random, audit }) => {
  async function existing(username: string): Promise<StoredAccount> {
    const account = await accounts.find(username);
    if (!account) throw refusal("account.unknown", "There is no such account");
    return account;
  }

  app.route({
    method: "GET",
    url: "/accounts",
    config: { needs: "accounts" },
    schema: { summary: "All accounts with their open log-ins", response: { 200: z.array(AccountBody) } },
    handler: async (request, reply) => {
      const current = identityOf(request).session?.tokenHash;
      const open = await sessions.list();
      reply.header("cache-control", "no-store");
      return (await accounts.list()).map(({ username, role, disabled = false }) => ({
        username,
        role,
        disabled,
        sessions: describeSessions(
          open.filter((session) => session.username === username),
          current,
        ),
      }));
    },
  });

  app.route({
    method: "POST",
    url: "/accounts",
    config: { needs: "accounts" },
    schema: { summary: "Make an account", body: NewAccount, response: { 201: AccountBody } },
    handler: async (request, reply) => {
      const { password, role } = request.body;
      const username = request.body.username.normalize("NFC");
      if (!USERNAME.test(username)) {
        throw refusal(
          "account.bad_name",
          "A user name is of letters, digits, . _ - and at most 32 signs long",
        );
      }
      demandGoodPassword(password, username);
      await accounts.add({ username, passwordHash: await hashPassword(password, random), role });
      await audit.note(request, { type: "org.cunshao.account.added", subject: username, data: { role } });
      return reply.code(201).send({ username, role, disabled: false, sessions: [] });
    },
  });

  app.route({
    method: "PATCH",
    url: "/accounts/:username",
    config: { needs: "accounts" },
    schema: {
      summary: "Give a role or a new password, or shut an account; its log-ins end at once",
      params: Username,
      body: Change,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      const { username } = request.params;
      const { password, ...change } = request.body;
      await existing(username);
      if (password !== undefined) {
        // Who found somebody's browser open must not take the account for good.
        if (username === identityOf(request).name) {
          throw refusal("account.own_password", "Change your own password with the old one");
        }
        demandGoodPassword(password, username);
      }
      const hashed = password === undefined ? {} : { passwordHash: await hashPassword(password, random) };
      await accounts.change(username, { ...defined(change), ...hashed });
      sessions.ended(username);
      await audit.note(request, {
        type: "org.cunshao.account.changed",
        subject: username,
        data: { ...change, ...(password === undefined ? {} : { password: "changed" }) },
      });
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "DELETE",
    url: "/accounts/:username",
    config: { needs: "accounts" },
    schema: { summary: "Delete an account", params: Username, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { username } = request.params;
      await accounts.remove(username);
      sessions.ended(username);
      await audit.note(request, { type: "org.cunshao.account.removed", subject: username });
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "DELETE",
    url: "/accounts/:username/sessions",
    config: { needs: "accounts" },
    schema: { summary: "End all log-ins of an account", params: Username, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { username } = await existing(request.params.username);
      await sessions.closeAll(username);
      await audit.note(request, {
        type: "org.cunshao.session.revoked",
        subject: username,
        data: { all: true },
      });
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "DELETE",
    url: "/accounts/:username/sessions/:id",
    config: { needs: "accounts" },
    schema: { summary: "End one log-in of an account", params: OneSession, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { username, id } = request.params;
      if (!(await sessions.closeById(username, id))) {
        throw refusal("session.unknown", "There is no such log-in");
      }
      await audit.note(request, {
        type: "org.cunshao.session.revoked",
        subject: username,
        data: { session: id },
      });
      return reply.code(204).send(null);
    },
  });
};

/** What was not given stays as it is. */
function defined(change: { role?: string | undefined; disabled?: boolean | undefined }) {
  const { role, disabled } = change;
  return { ...(role === undefined ? {} : { role }), ...(disabled === undefined ? {} : { disabled }) };
}

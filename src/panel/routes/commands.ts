import { z } from "zod";
import type { Permission } from "../../core/access.ts";
import { COMMAND_KINDS, type CommandKind } from "../../core/command.ts";
import type { Routes } from "../context.ts";
import { identityOf } from "../identity.ts";
import { refusal } from "../problems.ts";

/** What a token has to be allowed to order each kind without a signature. */
const NEEDED: Readonly<Record<CommandKind, Permission>> = {
  broadcast: "speak",
  "broadcast.silence": "speak",
  "alarm.acknowledge": "handle",
  "alarm.clear": "handle",
  configuration: "set-up",
  time: "handle",
};

const Order = z
  .looseObject({
    id: z.string().describe("Makes it idempotent: the same command is done once, not again after a restart"),
    site: z.string().describe("Id of the village that is meant"),
    kind: z.enum(COMMAND_KINDS),
    issued: z.string().describe("RFC 3339"),
    expires: z.string().describe("At most 7 days later; not begun after it"),
    person: z.string().optional(),
    data: z.record(z.string(), z.unknown()),
    key: z.string().optional().describe("Id of the key that signed it"),
    signature: z
      .string()
      .optional()
      .describe("Ed25519 over the RFC 8785 canonical JSON of all other members, in base64url"),
  })
  .describe("As handed down by MQTT or with the answers to a push, too");

const State = z.object({
  id: z.string(),
  kind: z.enum(COMMAND_KINDS),
  status: z.enum(["accepted", "done", "failed"]),
  reason: z.string().optional(),
  result: z.record(z.string(), z.unknown()).optional(),
});

/** `POST /commands`: the township orders; `GET /commands/<id>`: what became of it. */
export const commandRoutes: Routes = (app, { commandDesk }) => {
  app.route({
    method: "POST",
    url: "/commands",
    config: { needs: "look" },
    schema: {
      summary: "A command of the township, signed, or of a token that may do the same otherwise",
      body: Order,
      response: { 200: State },
    },
    // The desk judges it: what it refuses is an event.
    attachValidation: true,
    handler: async (request) => {
      const { name, session, permissions } = identityOf(request);
      if (session) throw refusal("command.not_a_machine", "People do what commands do by themselves");
      const mayOrder = new Set(COMMAND_KINDS.filter((kind) => permissions.has(NEEDED[kind])));
      return commandDesk.take(request.body, { via: name, mayOrder, address: request.ip });
    },
  });

  app.route({
    method: "GET",
    url: "/commands/:id",
    config: { needs: "events" },
    schema: {
      summary: "What became of a command",
      params: z.object({ id: z.string().min(1).max(64) }),
      response: { 200: State },
    },
    handler: async (request) => {
      const state = await commandDesk.find(request.params.id);
      if (!state) throw refusal("command.unknown", "There is no such command");
      return state;
    },
  });
};

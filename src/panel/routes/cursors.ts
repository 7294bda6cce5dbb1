import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { CURSOR_KEEP_DAYS, type Cursor, type CursorMove } from "../../core/delivery.ts";
import { errorCode } from "../../core/errors.ts";
import type { Routes } from "../context.ts";
import { createOnce } from "../once.ts";
import { refusal } from "../problems.ts";

const Name = z.object({ name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/) });
const Position = z.object({
  ledger: z.string().min(1).max(128),
  seq: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  holder: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .optional()
    .describe(
      "Names the copy that is kept: the same for as long as it lives, and after a dot its run. Nobody else may use the name then",
    ),
  keepDays: z
    .number()
    .int()
    .min(1)
    .max(365)
    .optional()
    .describe(
      `So long after the last put what it has still to get is kept for it: alarms always, the rest while there is room; ${CURSOR_KEEP_DAYS} days without this`,
    ),
  takeOver: z.boolean().default(false).describe("Takes the name from another copy"),
});
const Body = Position.omit({ takeOver: true }).extend({
  name: z.string(),
  at: z.string().optional().describe("When it was put last"),
});
const Standing = Body.extend({
  waiting: z
    .object({ events: z.number().int(), alarms: z.number().int() })
    .describe("What it has still to get; of another ledger than this one: all that is here"),
});

/** `GET`, `PUT` and `DELETE /cursors/<name>`: how far a puller has safely stored. `GET /cursors`: who is behind, and by how much. */
export const cursorRoutes: Routes = (app, { cursors, ledger, audit, clock }) => {
  const once = createOnce(clock);

  async function standing(cursor: Cursor) {
    return { ...cursor, waiting: await cursors.backlog(cursor) };
  }

  app.route({
    method: "GET",
    url: "/cursors",
    config: { needs: "events", isPull: true },
    schema: { summary: "Every puller, with what it has still to get", response: { 200: z.array(Standing) } },
    handler: async (_request, reply) => {
      reply.header("cunshao-ledger", ledger.id).header("cunshao-head", ledger.head);
      // One after the other: each count reads all that its puller has still to get.
      const standings = [];
      for (const cursor of await cursors.list()) standings.push(await standing(cursor));
      return standings;
    },
  });

  app.route({
    method: "GET",
    url: "/cursors/:name",
    config: { needs: "events", isPull: true },
    schema: {
      summary: "How far a puller has stored, and what it has still to get",
      params: Name,
      response: { 200: Standing },
    },
    handler: async (request, reply) => {
      reply.header("cunshao-ledger", ledger.id).header("cunshao-head", ledger.head);
      const cursor = await cursors.get(request.params.name);
      if (!cursor) throw refusal("cursor.unknown", "There is no such cursor");
      return standing(cursor);
    },
  });

  app.route({
    method: "PUT",
    url: "/cursors/:name",
    config: { needs: "events", isPull: true },
    schema: {
      summary: "Everything up to this seq is stored on the puller's side",
      params: Name,
      body: Position,
      response: { 200: Body },
    },
    handler: async (request) => {
      const { takeOver, ...position } = request.body;
      const cursor = { name: request.params.name, ...position };
      const { before } = await cursors.put({ ...cursor, takeOver }).catch((error: unknown) => {
        return refuse(request, cursor, error);
      });
      if (before) await tellOdd(request, before, cursor);
      return cursor;
    },
  });

  app.route({
    method: "DELETE",
    url: "/cursors/:name",
    config: { needs: "events", isPull: true },
    schema: {
      summary: "The puller does not come again: nothing is kept for it",
      params: Name,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      const { name } = request.params;
      if (!(await cursors.remove(name))) throw refusal("cursor.unknown", "There is no such cursor");
      await audit.note(request, { type: "org.cunshao.cursor.removed", subject: name });
      return reply.code(204).send(null);
    },
  });

  /** Two that share a name are told of: one of them believes to have what only the other has. */
  async function refuse(request: FastifyRequest, cursor: Cursor, error: unknown): Promise<CursorMove> {
    if (errorCode(error) === "cursor.taken") {
      await once([cursor.name, cursor.holder], () =>
        audit.note(request, { type: "org.cunshao.cursor.contested", subject: cursor.name }),
      );
    }
    throw error;
  }

  async function tellOdd(request: FastifyRequest, before: Cursor, now: Cursor): Promise<void> {
    if (before.holder !== undefined && copyOf(before.holder) !== copyOf(now.holder)) {
      const data = { fromSeq: before.seq, toSeq: now.seq };
      await audit.note(request, { type: "org.cunshao.cursor.taken_over", subject: now.name, data });
    } else if (before.ledger === now.ledger && now.seq < before.seq) {
      const data = { fromSeq: before.seq, toSeq: now.seq };
      await once([now.name, "back", request.ip], () =>
        audit.note(request, { type: "org.cunshao.cursor.went_back", subject: now.name, data }),
      );
    }
  }
};

function copyOf(holder: string | undefined): string | undefined {
  return holder?.split(".", 1)[0];
}

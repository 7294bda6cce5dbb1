import { z } from "zod";
import type { Routes } from "../context.ts";
import { refusal } from "../problems.ts";

const Name = z.object({ name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/) });
const Position = z.object({
  ledger: z.string().min(1).max(128),
  seq: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
});
const Cursor = Position.extend({ name: z.string() });

/** `GET` and `PUT /cursors/<name>`: how far a puller has safely stored. */
export const cursorRoutes: Routes = (app, { cursors }) => {
  app.route({
    method: "GET",
    url: "/cursors/:name",
    config: { needs: "events" },
    schema: { summary: "How far a puller has stored", params: Name, response: { 200: Cursor } },
    handler: async (request) => {
      const cursor = await cursors.get(request.params.name);
      if (!cursor) throw refusal("cursor.unknown", "There is no such cursor");
      return cursor;
    },
  });

  app.route({
    method: "PUT",
    url: "/cursors/:name",
    config: { needs: "events" },
    schema: {
      summary: "Everything up to this seq is stored on the puller's side",
      params: Name,
      body: Position,
      response: { 200: Cursor },
    },
    handler: async (request) => {
      const cursor = { name: request.params.name, ...request.body };
      await cursors.put(cursor);
      return cursor;
    },
  });
};

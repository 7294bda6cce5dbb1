import { z } from "zod";
import type { Routes } from "../context.ts";
import { identityOf } from "../identity.ts";
import { RuleBody, RuleEditBody } from "./rule-bodies.ts";

const RuleId = z.object({ id: z.string().min(1).max(128) });

/** `GET /rules`, `PATCH /rules/<id>`, `DELETE /rules/<id>/edit`: rules as they are, changed, put back. */
export const ruleRoutes: Routes = (app, { ruleDesk }) => {
  app.route({
    method: "GET",
    url: "/rules",
    config: { needs: "look" },
    schema: { summary: "The rules as they act now", response: { 200: z.array(RuleBody).readonly() } },
    handler: async () => ruleDesk.list(),
  });

  app.route({
    method: "PATCH",
    url: "/rules/:id",
    config: { needs: "set-up" },
    schema: {
      summary: "Change a rule: holds at once, over what the configuration says",
      params: RuleId,
      body: RuleEditBody,
      response: { 200: RuleBody },
    },
    handler: async (request) => {
      const { version, ...edit } = request.body;
      return ruleDesk.edit(request.params.id, version, edit, identityOf(request).by);
    },
  });

  app.route({
    method: "DELETE",
    url: "/rules/:id/edit",
    config: { needs: "set-up" },
    schema: {
      summary: "Put back what the configuration says of a rule",
      params: RuleId,
      response: { 200: RuleBody },
    },
    handler: async (request) => ruleDesk.restore(request.params.id, identityOf(request).by),
  });
};

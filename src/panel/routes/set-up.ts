import { z } from "zod";
import { SET_UP_LISTS } from "../../core/set-up.ts";
import type { Routes } from "../context.ts";
import { identityOf } from "../identity.ts";

const MOST_AT_ONCE = 20;
const Id = z.string().min(1).max(64);
const Place = { list: z.enum(SET_UP_LISTS), id: Id, camera: Id.optional() };
const Entry = z.record(z.string(), z.unknown());
const Version = z.number().int().min(0);
const Stamp = { by: z.string(), at: z.string() };
const Model = z.object({
  id: z.string(),
  name: z.string(),
  unit: z.string().optional(),
  channels: z.number().int().optional(),
});

const SetUpBody = z.object({
  version: Version,
  running: Version.describe("The version that the gateway began with"),
  entries: z
    .array(
      z.object({
        ...Place,
        entry: Entry,
        origin: z.enum(["file", "changed", "added", "removed"]),
        by: z.string().optional(),
        at: z.string().optional(),
      }),
    )
    .readonly(),
  leftOut: z
    .array(
      z.object({
        ...Place,
        ...Stamp,
        entry: Entry.nullable(),
        why: z.enum(["misfit", "not-started"]),
        problem: z.string().optional(),
      }),
    )
    .readonly(),
  buses: z.array(z.object({ id: z.string(), port: z.string(), framing: z.string() })).readonly(),
  sensorModels: z.array(Model).readonly(),
  relayModels: z.array(Model).readonly(),
});

const ChangesBody = z.strictObject({
  version: Version,
  changes: z
    .array(z.strictObject({ ...Place, entry: Entry.nullable() }))
    .min(1)
    .max(MOST_AT_ONCE),
  secrets: z
    .record(z.string().regex(/^page-[a-z0-9-]{1,80}$/), z.string().min(1).max(4096))
    .default({})
    .describe("By the name by which the entries speak of them"),
});

const RestoreBody = z.strictObject({
  version: Version,
  places: z.array(z.strictObject(Place)).min(1).max(MOST_AT_ONCE),
});

const ReadingBody = z.strictObject({
  profile: Id,
  bus: Id,
  address: z.number().int().min(1).max(255).describe("Modbus unit"),
});

/**
 * `GET /set-up`, `POST /set-up/changes`, `POST /set-up/restore`, `POST /set-up/reading`: devices, zones and rules of the configuration,
 * changed on the page.
 */
export const setUpRoutes: Routes = (app, { setUp, sensorTrial }) => {
  app.route({
    method: "GET",
    url: "/set-up",
    config: { needs: "set-up" },
    schema: {
      summary:
        "What the configuration says of devices, zones and rules, and what was changed of it; no secrets",
      response: { 200: SetUpBody },
    },
    handler: async () => setUp.view(),
  });

  app.route({
    method: "POST",
    url: "/set-up/changes",
    config: { needs: "set-up" },
    schema: {
      summary: "Change entries, all or none: the gateway starts anew with them at once",
      body: ChangesBody,
      response: { 200: SetUpBody },
    },
    handler: async (request) => {
      const { version, changes, secrets } = request.body;
      return setUp.change(version, changes, secrets, identityOf(request).by);
    },
  });

  app.route({
    method: "POST",
    url: "/set-up/restore",
    config: { needs: "set-up" },
    schema: {
      summary: "Put back what the configuration file says: the gateway starts anew with it at once",
      body: RestoreBody,
      response: { 200: SetUpBody },
    },
    handler: async (request) => {
      const { version, places } = request.body;
      return setUp.restore(version, places, identityOf(request).by);
    },
  });

  app.route({
    method: "POST",
    url: "/set-up/reading",
    config: { needs: "set-up" },
    schema: {
      summary: "Read a sensor once as it is typed, before it is saved; one at a time",
      body: ReadingBody,
      response: {
        200: z.object({
          value: z.number().nullable().describe("Null where the device itself says that it has none"),
          unit: z.string(),
        }),
      },
    },
    handler: async (request) => sensorTrial.read(request.body),
  });
};

import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { CHANNEL_PATH, INSTANCE_HEADER, LANE_HEADER, SITE_HEADER } from "../../core/desk-channel.ts";
import { createOnce } from "../once.ts";
import { refusal } from "../problems.ts";
import type { Caller, DeskRoutes } from "./desk-context.ts";

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

const Instance = z.string().regex(/^[0-9A-Za-z_-]{8,64}$/);
const Lane = z.enum(["main", "pictures"]);

/** WebSocket `/channel`: a box behind NAT opens it, once for each lane, with its own token; in it the desk asks the box by HTTP/2. */
export const channelRoutes: DeskRoutes = (app, { channels, audit, clock }) => {
  // A box that is refused comes again and again.
  const once = createOnce(clock);
  app.decorateRequest("caller", null);

  async function admit(request: FastifyRequest): Promise<void> {
    const { authorization = "" } = request.headers;
    const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    const box = token === undefined ? undefined : channels.boxOf(token);
    if (box === undefined)
      throw refusal("session.required", "This is no token of a box that comes by itself");
    if (request.headers[SITE_HEADER] !== box) {
      const site = String(request.headers[SITE_HEADER] ?? "").slice(0, 63);
      // Whatever it says it is, in whichever order: it must not fill the desk's ledger, nor its log.
      await once([box, "other_site"], async () => {
        channels.turnAway(box, { address: request.ip, site });
        await audit.note(request, { type: "org.cunshao.desk.other_site", subject: box, data: { site } });
      });
      throw refusal("channel.other_site", `This token is of ${box}`);
    }
    const instance = Instance.safeParse(request.headers[INSTANCE_HEADER]);
    if (!instance.success) throw refusal("request.invalid", `${INSTANCE_HEADER} is missing`);
    const lane = Lane.safeParse(request.headers[LANE_HEADER] ?? "main");
    if (!lane.success) throw refusal("request.invalid", `${LANE_HEADER} is no lane`);
    const caller = { box, instance: instance.data, address: request.ip, lane: lane.data };
    await channels.admit(caller);
    request.caller = caller;
  }

  app.route({
    method: "GET",
    url: CHANNEL_PATH,
    // A box has no log-in: `admit` asks for its token, and for nothing else.
    config: { open: true },
    schema: { summary: "WebSocket: a box that cannot be reached comes to its desk", security: [] },
    preValidation: admit,
    handler: () => {
      throw refusal("request.upgrade_required", "Open this address as a WebSocket");
    },
    wsHandler: (socket, request) => {
      if (request.caller) channels.accept(request.caller, socket);
      else socket.terminate();
    },
  });
};

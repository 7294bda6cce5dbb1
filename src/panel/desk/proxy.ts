import { type Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import type { FastifyReply, FastifyRequest } from "fastify";
import { WebSocket } from "ws";
import { z } from "zod";
import { anySignal } from "../../core/any-signal.ts";
import { errorCode, GatewayError } from "../../core/errors.ts";
import { spokenForHeaders } from "../../core/spoken-for.ts";
import type { Timer } from "../../core/time.ts";
import type { BoxDoor } from "../../core/township-desk.ts";
import type { AccessContext } from "../context.ts";
import { closeUnlessHeard, takeFiles } from "../file-bodies.ts";
import { type Identity, identityOf } from "../identity.ts";
import { refusal } from "../problems.ts";
import { contained } from "./contained-answer.ts";
import type { DeskContext, DeskRoutes } from "./desk-context.ts";
import { createPassageNotes, overhear, type PassageNotes } from "./passage-notes.ts";
import { relaySockets } from "./socket-relay.ts";

/** Until a box begins to answer what it was asked. */
const ANSWER_MS = 20_000;
/** A file that gets no further for so long has stopped; a poor line takes it in bursts. */
const FILE_STILL_MS = 60_000;
/** The end of a file is still on its way when all of it was sent, and a village makes it fit before it answers, which it gives as long. */
const FILE_ANSWER_MS = 300_000;

/** A message holds a group of pictures at most, which a village keeps below 2 MiB. */
const MOST_MESSAGE_BYTES = 4 * 1024 * 1024;

/** What people at a desk see and do in a village; pullers, accounts and log-ins of a box are its own affair. */
const ROOMS = new Set(
  `alarms broadcasts cameras clips clock crossings deliveries drills duty events evidence exports lessons lines map monthly-sheet
   pauses programmes recordings rules sensors speech state upstreams viewings wiring`.split(/\s+/),
);
/** What comes by the megabyte. Voices go to a village, and little comes back. */
const PICTURES = new Set(["cameras", "clips", "evidence", "exports", "map", "recordings"]);
/** What a browser says to the desk that means something to a box as well. */
const PASSED_ON = ["accept", "content-type", "if-none-match", "if-range", "last-event-id", "range"];

/** Whose bodies say what is wanted. */
const HEARD = new Set(["/broadcasts", "/exports", "/viewings"]);

const Which = z.object({ box: z.string().min(1).max(63), "*": z.string() });

type NotingContext = DeskContext & { readonly notes: PassageNotes };

/** `/boxes/<box>/…`: the API of one village, with the desk's token, in the name of whoever is logged in here. */
export const proxyRoutes: DeskRoutes = (app, context) => {
  const notes = createPassageNotes(context);
  // Bodies go through as they are; the box knows what it takes, and how much.
  takeFiles(app, (inner) => {
    inner.route({
      method: "GET",
      url: "/boxes/:box/*",
      config: { needs: "look" },
      schema: { summary: "Ask one village; WebSockets too", params: Which },
      handler: (request, reply) => pass({ ...context, notes }, request, reply, request.params),
      wsHandler: (socket, request) => {
        const params = request.params as z.infer<typeof Which>;
        void relay({ ...context, notes }, socket, request, params);
      },
    });
    for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
      inner.route({
        method,
        url: "/boxes/:box/*",
        config: { needs: "look" },
        schema: {
          summary: "Order something in one village: the village asks what the person may do",
          params: Which,
        },
        handler: (request, reply) => pass({ ...context, notes }, request, reply, request.params),
      });
    }
  });
};

/** Asks the village for what stands behind it in the address, and hands its answer on. */
async function pass(
  context: NotingContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { box }: { readonly box: string },
): Promise<FastifyReply> {
  const place = placeOf(pathIn(request, box));
  const asked = askVillage(context, request, reply, { box });
  // With the very first of it, which has not come yet.
  const body = HEARD.has(place) && request.method === "POST" ? overhear(request) : undefined;
  const answer = await asked;
  const { statusCode: status = 0 } = answer;
  if (status >= 200 && status < 300) {
    await context.notes(request, { box, method: request.method, place, body: body?.() });
  }
  return handOn(reply, answer);
}

export async function askVillage(
  context: DeskContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { box }: { readonly box: string },
): Promise<IncomingMessage> {
  const path = pathIn(request, box);
  const length = lengthOf(request);
  const door = context.township.door(box);
  const headers: Record<string, string> = { ...named(door, identityOf(request)), ...length };
  for (const name of PASSED_ON) {
    const value = request.headers[name];
    if (typeof value === "string") headers[name] = value;
  }
  const url = new URL(`${door.url.replace(/\/+$/, "")}/api/v1`);
  const ask = url.protocol === "https:" ? secureRequest : plainRequest;
  const outgoing = ask({
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port,
    path: `${url.pathname}${path}`,
    method: request.method,
    agent: agentFor(door, path),
    headers,
  });
  // The person went away, or the box did.
  reply.raw.once("close", () => outgoing.destroy());
  return answerOf(context, outgoing, length && request);
}

export function handOn(reply: FastifyReply, answer: IncomingMessage): FastifyReply {
  const { status, headers } = contained(answer);
  reply.code(status).headers(headers);
  closeUnlessHeard(reply);
  return reply.send(answer);
}

/** @param sender of a body, which is sent along; undefined where there is none. */
async function answerOf(
  { clock, log }: AccessContext,
  outgoing: ClientRequest,
  sender: FastifyRequest | undefined,
): Promise<IncomingMessage> {
  const isFile = sender !== undefined && !/\bjson\b/.test(sender.headers["content-type"] ?? "");
  const [stillMs, answerMs] = isFile ? [FILE_STILL_MS, FILE_ANSWER_MS] : [ANSWER_MS, ANSWER_MS];
  let isLate = false;
  let timer: Timer | undefined;
  const wait = (mostMs: number): void => {
    timer?.cancel();
    timer = clock.after(mostMs, () => {
      isLate = true;
      outgoing.destroy();
    });
  };
  const gotOn = (): void => wait(stillMs);
  const sentAll = (): void => wait(answerMs);
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once("response", resolve).on("error", reject);
      wait(stillMs);
      if (sender) sender.raw.on("data", gotOn).once("end", sentAll).pipe(outgoing);
      else outgoing.end();
    });
  } catch (error) {
    log.warn({ code: errorCode(error) }, "a village did not answer");
    throw new GatewayError("The village did not answer", {
      code: isLate ? "desk.box_timeout" : "desk.box_away",
      kind: "transient",
      cause: error,
    });
  } finally {
    timer?.cancel();
    sender?.raw.off("data", gotOn).off("end", sentAll);
  }
}

async function relay(
  context: NotingContext,
  socket: WebSocket,
  request: FastifyRequest,
  { box }: z.infer<typeof Which>,
): Promise<void> {
  const { township, sessions, stopping, clock, notes } = context;
  const identity = identityOf(request);
  // What comes before the village has answered is not lost.
  socket.pause();
  socket.on("error", () => socket.terminate());
  try {
    const path = pathIn(request, box);
    const door = township.door(box);
    const far = new WebSocket(`${door.url.replace(/\/+$/, "").replace(/^http/, "ws")}/api/v1${path}`, {
      agent: agentFor(door, path),
      headers: named(door, identity),
      maxPayload: MOST_MESSAGE_BYTES,
      followRedirects: false,
      perMessageDeflate: false,
    });
    const watch = sessions.watch(identity);
    const ended = anySignal(watch.ended, stopping);
    relaySockets(socket, far, {
      clock,
      ended: ended.signal,
      endReason: () => (watch.ended.aborted ? "session.required" : "panel.stopping"),
      onClosed() {
        ended.release();
        watch.release();
      },
    });
    await notes(request, { box, method: "GET", place: placeOf(path) });
  } catch (error) {
    // The page's own word of the end is still to be read.
    socket.resume();
    socket.close(4000, errorCode(error).slice(0, 100));
  }
}

function agentFor({ agent, pictureAgent }: BoxDoor, path: string): Agent {
  return PICTURES.has(roomOf(path)) ? pictureAgent : agent;
}

function named({ token }: BoxDoor, { name, permissions }: Identity): Record<string, string> {
  return { authorization: `Bearer ${token}`, ...spokenForHeaders(name, permissions) };
}

/**
 * What stands behind the box in the address as it was sent, with the query: a path that climbs or that is read otherwise by the box is
 * refused, and so is what is no room for people.
 */
function pathIn({ raw }: FastifyRequest, box: string): string {
  const prefix = `/api/v1/boxes/${encodeURIComponent(box)}`;
  const { url = "" } = raw;
  const path = url.startsWith(`${prefix}/`) ? url.slice(prefix.length) : undefined;
  const [place = ""] = (path ?? "").split("?", 1);
  const isPlain =
    path !== undefined &&
    /^[\x21-\x7e]*$/.test(path) &&
    !/%(2e|2f|5c|00)|\/\.{1,2}(\/|$)|\/\/|\\/i.test(place);
  if (!isPlain || !ROOMS.has(roomOf(path)))
    throw refusal("route.unknown", "There is nothing at this address");
  return path;
}

/**
 * How long a body is, in a header; undefined where there is none. It is said to the village only of what is sent to it: on a connection
 * that others use, what it still waits for would be theirs, and what it does not wait for a request of its own.
 * @throws GatewayError `request.invalid` (permanent) for a GET or HEAD that has one.
 */
function lengthOf({ method, headers }: FastifyRequest): Record<string, string> | undefined {
  const length = headers["content-length"] ?? "0";
  const isOpen = headers["transfer-encoding"] !== undefined;
  if (!isOpen && Number(length) === 0) return undefined;
  if (method === "GET" || method === "HEAD") throw refusal("request.invalid", `A ${method} has no body`);
  // Node does not mark the end of a DELETE's body by itself.
  return isOpen ? { "transfer-encoding": "chunked" } : { "content-length": length };
}

/** A path as the router of the village reads it, without the query. */
function placeOf(path: string): string {
  const [place = ""] = path.split(/[?#]/, 1);
  try {
    return decodeURIComponent(place);
  } catch {
    return place;
  }
}

/** The first part of a path. */
function roomOf(path: string): string {
  return path.split(/[/?]/, 2)[1] ?? "";
}

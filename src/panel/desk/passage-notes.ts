import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { AuditEntry } from "../audit.ts";
import { identityOf } from "../identity.ts";
import { createOnce } from "../once.ts";
import { refusal } from "../problems.ts";
import { BroadcastId } from "../routes/broadcasts.ts";
import { ReasonedSpan } from "../routes/recordings.ts";
import type { DeskContext } from "./desk-context.ts";

/** Far more than a span and a reason take, or the longest words for the horns. */
const MOST_HEARD_BYTES = 16 * 1024;

const Spoken = z.object({ id: BroadcastId });

/** What somebody at the desk has asked of a village, which did it. */
export interface Passage {
  readonly box: string;
  readonly method: string;
  /** Behind the village in the address, without the query. */
  readonly place: string;
  /** Of a request whose body says what is wanted. */
  readonly body?: unknown;
}

interface Noted {
  readonly entry: AuditEntry;
  /** What is one act, however often it is asked for within ten minutes; each is one of its own where it is absent. */
  readonly oneAs?: readonly unknown[];
}

/**
 * Resolves once it is in the desk's audit, where it belongs there; a failure is logged, and that is all.
 * @throws GatewayError `request.invalid` (permanent): nobody here can tell which recordings are meant, and why. What the village answered is
 * not to be handed on then.
 */
export type PassageNotes = (request: FastifyRequest, passage: Passage) => Promise<void>;

/** Who looked, took something along or spoke in a village from here, in the desk's audit. The village keeps the same for itself. */
export function createPassageNotes({ audit, clock }: Pick<DeskContext, "audit" | "clock">): PassageNotes {
  const once = createOnce(clock);
  return async (request, passage) => {
    const noted = notedOf(passage);
    if (!noted) return;
    const { entry, oneAs } = noted;
    const note = () => audit.note(request, entry);
    await (oneAs ? once([identityOf(request).name, passage.box, ...oneAs], note) : note());
  };
}

function notedOf({ box, method, place, body }: Passage): Noted | undefined {
  const what = `${method} ${place}`;
  // A page opens its pictures again and again, and asks for single ones where it gets no moving ones: that is one look.
  const [, camera] = /^GET \/cameras\/([^/]+)\/(?:live|snapshot\.jpg)$/.exec(what) ?? [];
  if (camera !== undefined) {
    return { ...entryOf("desk.opened", box, { path: place }), oneAs: ["camera", camera] };
  }
  const [, order, file] = /^GET \/exports\/([^/]+)\/([^/]+)$/.exec(what) ?? [];
  if (file !== undefined) return { ...entryOf("export.fetched", order, { box, file }), oneAs: [order, file] };
  switch (what) {
    case "POST /viewings":
      // Whatever is played of it is the same look.
      return spanOf("recording.viewed", box, body);
    case "POST /exports":
      return spanOf("export.ordered", box, body);
    case "POST /broadcasts":
    case "GET /broadcasts/live":
      return spokenOf(box, place, body);
  }
  return undefined;
}

/** Words whose answer was lost are sent again, and said once. */
function spokenOf(box: string, place: string, body: unknown): Noted {
  const id = Spoken.safeParse(body).data?.id;
  return {
    ...entryOf("desk.spoke", box, { path: place }),
    ...(id !== undefined && { oneAs: ["broadcast", id] }),
  };
}

function entryOf(
  type: string,
  subject: string | undefined,
  data: AuditEntry["data"],
  reason?: string | undefined,
): Noted {
  return { entry: { type: `org.cunshao.${type}`, subject, data, reason } };
}

function spanOf(type: string, box: string, body: unknown): Noted {
  const span = ReasonedSpan.safeParse(body).data;
  // With blanks enough around it a body is longer than what is heard of it: it must not be a way past the audit.
  if (!span) throw refusal("request.invalid", "The desk cannot tell what is wanted, and why");
  const { camera, from, to, reason } = span;
  return { ...entryOf(type, camera, { box, from, to }, reason), oneAs: [type, camera, from, to, reason] };
}

/** Hears what is sent on to a village meanwhile. @returns all of it as JSON; undefined where it is none, or far too long. */
export function overhear({ raw }: FastifyRequest): () => unknown {
  const chunks: Buffer[] = [];
  let bytes = 0;
  raw.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MOST_HEARD_BYTES) chunks.push(chunk);
  });
  return () => {
    try {
      return JSON.parse(Buffer.concat(chunks).toString("utf8"));
    } catch {
      return undefined;
    }
  };
}

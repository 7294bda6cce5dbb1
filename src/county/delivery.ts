import { z } from "zod";
import type { BoxSign, CountyDelivery, OddEvent } from "../core/county.ts";
import type { LedgerEvent } from "../core/event.ts";
import { isTooDeep } from "../core/nesting.ts";
import type { SeqRange } from "../core/seq-ranges.ts";

/** A message as the broker hands it over. */
export interface CountyMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly contentType: string | undefined;
  /** Of the user property `absent`. */
  readonly absent: string | undefined;
  readonly isRetained: boolean;
}

export type Reading =
  | { readonly kind: "delivery"; readonly delivery: CountyDelivery }
  | { readonly kind: "sign"; readonly sign: BoxSign }
  /** Nothing that a keeper could keep or answer; `site` where the topic has one. */
  | { readonly kind: "nonsense"; readonly site: string | undefined; readonly why: Nonsense };

export type Nonsense = "topic" | "json" | "form" | "other-source" | "mixed-ledgers" | "too-deep";

const SITE = /^[a-z0-9][a-z0-9-]{0,62}$/;
const MOST_EVENTS = 10_000;

const ledger = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const number = z.int().min(1);
const place = z.object({ source: z.string(), ledger, seq: number });
const event = z.object({
  specversion: z.literal("1.0"),
  id: z.string().max(128),
  type: z.string().min(1).max(200),
  subject: z.string().max(1000).optional(),
  time: z.string().max(64),
  class: z.enum(["alarm", "state", "audit"]),
  data: z.record(z.string(), z.unknown()),
  clock: z.string(),
  prevhash: z.string().max(128),
  hash: z.string().max(128),
});
const question = z.object({ ledger, head: z.int().min(0) });
const status = z.object({
  status: z.enum(["online", "offline"]),
  ledger: ledger.optional(),
  version: z.string().max(64).optional(),
});

/** @param topic the first part of all topics. */
export function readMessage(message: CountyMessage, topic: string): Reading {
  const parts = message.topic.startsWith(`${topic}/`) ? message.topic.slice(topic.length + 1).split("/") : [];
  const [site = "", kind, eventClass, ...rest] = parts;
  if (!SITE.test(site) || rest.length > 0) return nonsense(undefined, "topic");
  const said = parseJson(message.payload.toString());
  if (said === undefined) return nonsense(site, "json");
  if (isTooDeep(said)) return nonsense(site, "too-deep");
  if (kind === "events" && eventClass !== undefined) return readEvents(site, said, message);
  if (kind === "question" && eventClass === undefined) {
    const { success, data } = question.safeParse(said);
    if (!success) return nonsense(site, "form");
    return { kind: "delivery", delivery: { box: site, ...data, events: [], odd: [], absent: [] } };
  }
  if (kind === "status" && eventClass === undefined) {
    const { success, data } = status.safeParse(said);
    if (!success) return nonsense(site, "form");
    return {
      kind: "sign",
      sign: {
        box: site,
        status: data.status,
        ledger: data.ledger,
        version: data.version,
        isRetained: message.isRetained,
      },
    };
  }
  return nonsense(site, "topic");
}

function readEvents(site: string, said: unknown, { contentType, absent }: CountyMessage): Reading {
  const isBatch = contentType?.startsWith("application/cloudevents-batch+json") ?? false;
  const all: readonly unknown[] = isBatch && Array.isArray(said) ? said : [said];
  if (all.length === 0 || all.length > MOST_EVENTS) return nonsense(site, "form");
  const events: LedgerEvent[] = [];
  const odd: OddEvent[] = [];
  let ofLedger: string | undefined;
  let head = 0;
  for (const one of all) {
    const { success, data: at } = place.safeParse(one);
    if (!success) return nonsense(site, "form");
    // Nothing is answered to it: a word about numbers of another village would reach that one.
    if (at.source !== `/sites/${site}`) return nonsense(site, "other-source");
    ofLedger ??= at.ledger;
    if (at.ledger !== ofLedger) return nonsense(site, "mixed-ledgers");
    head = Math.max(head, at.seq);
    // As it was written, with members that are not known here: the hash is over all of them.
    if (event.safeParse(one).success) events.push(one as LedgerEvent);
    else odd.push({ seq: at.seq, payload: JSON.stringify(one) });
  }
  return {
    kind: "delivery",
    delivery: { box: site, ledger: ofLedger ?? "", events, odd, absent: readRanges(absent), head },
  };
}

function nonsense(site: string | undefined, why: Nonsense): Reading {
  return { kind: "nonsense", site, why };
}

/** `5-9,17`; what is none of it is passed over. */
function readRanges(text = ""): readonly SeqRange[] {
  return text.split(",").flatMap((part) => {
    const [, from, to = from] = /^\s*(\d{1,15})(?:-(\d{1,15}))?\s*$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to)];
    return first >= 1 && last >= first ? [{ first, last }] : [];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

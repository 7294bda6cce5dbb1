import { z } from "zod";
import type { LedgerEvent } from "../../../src/core/event.ts";
import { canonicalHash } from "./canonical-hash.ts";
import type { Gap, ReceivedEvent } from "./ledger-book.ts";
import { Problem } from "./problem.ts";

export interface ReceivedBatch {
  readonly ledger: string;
  /** Each id once. */
  readonly events: readonly ReceivedEvent[];
}

const MOST_ABSENT = 10_000_000;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

// Members beyond these are allowed, kept, and covered by the hash.
const eventSchema = z
  .looseObject({
    specversion: z.literal("1.0"),
    id: z.string(),
    source: z.string().min(1),
    type: z.string().min(1),
    time: z.iso.datetime(),
    data: z.record(z.string(), z.unknown()),
    ledger: z.string().min(1),
    seq: z.int().min(1),
    class: z.enum(["alarm", "state", "audit"]),
    prevhash: sha256,
    hash: sha256,
  })
  .refine((event) => event.id === `${event.ledger}-${event.seq}`, { message: "id is not <ledger>-<seq>" });

/**
 * @param ledger which one the sender names in its header: an empty batch only asks how far that one is stored.
 * @throws Problem 400 for what is no batch, 409 where it contradicts itself.
 */
export function parseBatch(body: unknown, ledger: string): ReceivedBatch {
  const ofOneLedger = z
    .array(eventSchema)
    .refine((events) => events.every((event) => event.ledger === ledger), {
      message: "a batch holds events of the ledger in its header Cunshao-Ledger",
    });
  const result = ofOneLedger.safeParse(parseJson(body));
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new Problem(
      400,
      "batch.malformed",
      `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "malformed"}`,
    );
  }
  const byId = new Map<string, ReceivedEvent>();
  for (const event of result.data as unknown as LedgerEvent[]) {
    const digest = canonicalHash(event);
    if ((byId.get(event.id)?.digest ?? digest) !== digest) throw conflict(event.id);
    byId.set(event.id, { event, digest });
  }
  return { ledger, events: [...byId.values()] };
}

/** `5-9,12` of the header `Cunshao-Absent`. @throws Problem 400. */
export function parseAbsent(header: string | string[] | undefined): Gap[] {
  if (typeof header !== "string" || header === "") return [];
  return header.split(",").map((range) => {
    const [, first, last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(range) ?? [];
    const gap = { from: Number(first), to: Number(last) };
    if (gap.from >= 1 && gap.to >= gap.from && gap.to - gap.from < MOST_ABSENT) return gap;
    throw new Problem(400, "batch.absent", `${range} is no range of numbers`);
  });
}

export function conflict(id: string): Problem {
  return new Problem(409, "event.conflict", `${id} is known with another content`);
}

function parseJson(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString("utf8") : "");
  } catch {
    throw new Problem(400, "batch.malformed", "The body is no JSON");
  }
}

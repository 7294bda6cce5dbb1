import { z } from "zod";
import { hasSeq, type SeqRange } from "../core/seq-ranges.ts";

/** Why a call to an upstream did not count. */
export interface Failure {
  /** Stable: `upstream.*`, or the code of the buffer's error. */
  readonly code: string;
  /** It answered and will not take this until a person mends something; else it may be well again soon. */
  readonly refused: boolean;
  /** How long it asked us to stay away; 0 when it did not. */
  readonly retryAfterMs: number;
  /** It is what was sent that it does not want: another event may pass. */
  readonly ofContent?: boolean | undefined;
  /** It taught how large a message may be: what was under way may go again at once. */
  readonly isLesson?: boolean | undefined;
  /** The upstream's own words. */
  readonly said?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
  /** Of the header `Upload-Offset`. */
  readonly uploadOffset?: number | undefined;
  /** The receiver's own time, as HTTP says it. */
  readonly date: string | undefined;
}

export function failure(code: string, refused = false, retryAfterMs = 0): Failure {
  return { code, refused, retryAfterMs };
}

/** RFC 9110, 10.2.3: seconds or a date. The cap also covers a box whose own date is wrong. */
function waitAsked(retryAfter: string | undefined, wallMs: number, capMs: number): number {
  if (retryAfter === undefined) return 0;
  const askedMs = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - wallMs;
  return Number.isNaN(askedMs) ? 0 : Math.min(Math.max(askedMs, 0), capMs);
}

/** What the status of an answer says; undefined for 2xx. */
export function failureOf(answer: Answer, wallMs: number, retryAfterCapMs: number): Failure | undefined {
  const { status, retryAfter } = answer;
  const waitMs = waitAsked(retryAfter, wallMs, retryAfterCapMs);
  if (status >= 200 && status < 300) return undefined;
  // A captive portal redirects, and may be gone in a minute.
  if (status >= 300 && status < 400) return failure("upstream.redirected", false, waitMs);
  if (status === 401 || status === 403) return failure("upstream.unauthorized", true);
  if (status === 408) return failure("upstream.timeout", false, waitMs);
  if (status === 413) return ofContent("upstream.too_large", answer);
  if (status === 400 || status === 409 || status === 422) return ofContent("upstream.rejected", answer);
  if (status === 429) return failure("upstream.throttled", false, waitMs);
  if (status >= 400 && status < 500) return failure("upstream.rejected", true);
  return failure("upstream.server_error", false, waitMs);
}

function ofContent(code: string, { status, body }: Answer): Failure {
  return { ...failure(code, true), ofContent: true, said: sayingOf(status, body) };
}

const problem = z.object({ title: z.string().optional(), detail: z.string().optional() });

/** One line for a person: what an RFC 9457 problem document or a plain text says, without anything that is no text. */
function sayingOf(status: number, body: string): string {
  const said = problem.safeParse(parseJson(body));
  const words = said.success ? [said.data.title, said.data.detail].filter(Boolean).join(": ") : "";
  const plain = words || (/^\s*[[{<]/.test(body) ? "" : body);
  return `${status} ${plain}`
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, 300);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How large a batch may be. */
export interface BatchLimits {
  readonly events: number;
  readonly bytes: number;
}

/** What an upstream says that it has; the same in the answer to a call and on a reply topic. */
export interface Word {
  /** Everything of our ledger up to here; undefined from one that does not count. */
  readonly stored: number | undefined;
  /** What else it has; undefined from one that keeps no account of that. */
  readonly held: readonly SeqRange[] | undefined;
  /** Events that it will never take. */
  readonly refused: readonly { readonly seq: number; readonly reason?: string | undefined }[];
  readonly commands: readonly unknown[];
  /** Its own clock, in milliseconds since the Unix epoch. */
  readonly wallMs?: number | undefined;
  /** The batches in one message that it takes; `nonsense` where what it says of them cannot be meant. */
  readonly batches?: BatchLimits | "nonsense" | undefined;
}

const seq = z.number().int().nonnegative();
const word = z.object({
  ledger: z.string(),
  stored: seq,
  held: z
    .array(z.tuple([seq, seq]))
    .max(10_000)
    .optional(),
  refused: z
    .array(z.object({ seq, reason: z.string().optional() }))
    .max(10_000)
    .default([]),
  commands: z.array(z.unknown()).default([]),
  time: z.iso.datetime({ offset: true }).optional(),
  // Checked apart: what it has counts although what it says of batches is nonsense.
  accepts: z.unknown().optional(),
  batch: z.unknown().optional(),
});

const BATCH_TYPE = "application/cloudevents-batch+json";
const acceptedTypes = z.array(z.string().max(200)).max(20);
const batchLimits = z.object({
  events: z.number().int().min(1).max(10_000).default(10_000),
  bytes: z.number().int().min(1024).max(268_435_455).default(268_435_455),
});

function readBatches(accepts: unknown, batch: unknown): Word["batches"] {
  if (accepts === undefined) return undefined;
  const types = acceptedTypes.safeParse(accepts);
  const limits = batchLimits.safeParse(batch ?? {});
  if (!types.success || !limits.success) return "nonsense";
  return types.data.includes(BATCH_TYPE) ? limits.data : undefined;
}

export function readWord(body: string, ledger: string): Word | Failure {
  const { success, data } = word.safeParse(parseJson(body));
  if (!success) return failure("upstream.bad_answer");
  if (data.ledger !== ledger) return failure("upstream.other_ledger", true);
  const { stored, held, refused, commands, time, accepts, batch } = data;
  return {
    stored,
    held: held?.map(([first, last]) => ({ first, last })),
    refused,
    commands,
    wallMs: time === undefined ? undefined : Date.parse(time),
    batches: readBatches(accepts, batch),
  };
}

export function isFailure(answer: object): answer is Failure {
  return "code" in answer;
}

/** Whether the upstream says that it has this event. */
export function covers({ stored = 0, held = [] }: Pick<Word, "stored" | "held">, seqAsked: number): boolean {
  return seqAsked <= stored || hasSeq(held, seqAsked);
}

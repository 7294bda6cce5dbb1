/** A refusal of the box, or that it could not be reached (`network`). */
export class ProblemError extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryAfterSeconds: number;
  /** Id of the device that it is about, where it is about one. */
  readonly device: string | undefined;
  /** In English, for a technician. */
  readonly detail: string | undefined;

  constructor(code: string, status: number, retryAfterSeconds = 0, device?: string, detail?: string) {
    super(code);
    this.code = code;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
    this.device = device;
    this.detail = detail;
  }
}

const TIMEOUT_MS = 15_000;

/** The box no longer knows this browser, or wants the password again for what is dangerous. */
export type LogInNeeded = "session.required" | "session.stale";

let onLogInNeeded: (why: LogInNeeded) => void = () => {};

export function whenLogInNeeded(listener: (why: LogInNeeded) => void): void {
  onLogInNeeded = listener;
}

/** Tells of it, if it is this that a refusal is about. */
export function heedLogIn(code: string): void {
  if (code === "session.required" || code === "session.stale") onLogInNeeded(code);
}

/** What serves this page: a village's box, or a township's desk. */
const OWN = "/api/v1";
/** Log-ins and accounts are those of whatever serves the page, and so is what a desk knows of all villages. */
const OWN_PATHS = /^\/(session|sessions|accounts|tokens|locks|desk)(\/|$)/;

/**
 * The village that is looked at from a township's desk, by the address; undefined at a village's own box. Another village is another
 * load of the page: nothing that was begun for one of them can end up in the next.
 */
export const villageAtDesk = new URLSearchParams(location.search).get("village") ?? undefined;

/** Of the village that is looked at. */
export const API = villageAtDesk === undefined ? OWN : `${OWN}/boxes/${encodeURIComponent(villageAtDesk)}`;

/** Of one village, for a page that shows many. */
export function apiOf(village: string): string {
  return `${OWN}/boxes/${encodeURIComponent(village)}`;
}

export const DESK_STREAM = `${OWN}/desk/stream`;

/** Calls the box. @throws ProblemError. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  return ask(
    method,
    path,
    body,
    async (answer) => (answer.status === 204 ? undefined : await answer.json()) as T,
  );
}

/** What the box makes, as a file. @throws ProblemError. */
export async function fileOf(method: string, path: string, body?: unknown): Promise<Blob> {
  return ask(method, path, body, (answer) => answer.blob());
}

async function ask<T>(
  method: string,
  path: string,
  body: unknown,
  read: (answer: Response) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), TIMEOUT_MS);
  try {
    const url = `${OWN_PATHS.test(path) || path.startsWith("/boxes/") ? OWN : API}${path}`;
    const answer = await answerTo(url, {
      method,
      signal: late.signal,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    return await read(answer);
  } finally {
    clearTimeout(timer);
  }
}

/** For what takes as long as it takes; `url` is a whole address. @throws ProblemError. */
export async function answerTo(url: string, request: RequestInit = {}): Promise<Response> {
  const answer = await reach(url, request);
  if (answer.ok) return answer;
  const problem = await problemOf(answer);
  heedLogIn(problem.code);
  throw problem;
}

/** What the box tells beside an answer, without the answer. @throws ProblemError. */
export async function headersOf(url: string): Promise<Headers> {
  const head = await reach(url, { method: "HEAD" });
  if (head.ok) return head.headers;
  // A refusal of HEAD has no body, and so no code.
  const answer = await answerTo(url);
  await answer.body?.cancel();
  return answer.headers;
}

async function reach(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch {
    throw new ProblemError("network", 0);
  }
}

async function problemOf(answer: Response): Promise<ProblemError> {
  // A proxy in between may answer with anything; then only the status is known.
  const body: unknown = await answer.json().catch(() => undefined);
  const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const code = typeof fields["code"] === "string" ? fields["code"] : "unknown";
  const wait = Number(fields["retryAfterSeconds"] ?? 0);
  const text = (name: string): string | undefined => {
    const field = fields[name];
    return typeof field === "string" ? field : undefined;
  };
  const waitSeconds = Number.isFinite(wait) ? wait : 0;
  return new ProblemError(code, answer.status, waitSeconds, text("device"), text("detail"));
}

export function codeOf(error: unknown): string {
  return error instanceof ProblemError ? error.code : "unknown";
}

/** Id of the device that a refusal is about. */
export function deviceOf(error: unknown): string | undefined {
  return error instanceof ProblemError ? error.device : undefined;
}

/** Whether the box itself said no; after anything else it may have done what was asked. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ProblemError && error.status >= 400 && error.status < 500;
}

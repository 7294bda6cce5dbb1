import { API, answerTo, call, headersOf, ProblemError } from "./http.ts";

/** A stretch of time in milliseconds since the Unix epoch. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Says what is going to be seen and why. @returns the viewing's id. @throws ProblemError. */
export async function openViewing(camera: string, { fromMs, toMs }: Span, reason: string): Promise<string> {
  const body = { camera, from: iso(fromMs), to: iso(toMs), reason };
  return (await call<{ id: string }>("POST", "/viewings", body)).id;
}

export interface Playable {
  readonly url: string;
  /** When its first picture was taken. */
  readonly fromMs: number;
}

/** Asks for the true beginning first: a player only knows the seconds since then. @throws ProblemError. */
export async function playable(camera: string, viewing: string, fromMs: number): Promise<Playable> {
  const url = addressOf(camera, { viewing, from: iso(fromMs) });
  return { url, fromMs: beginningIn(await headersOf(url)) };
}

/** A short piece that is here whole, so that a player can go back and forth in it; its `url` is to be revoked. @throws ProblemError. */
export async function pieceOf(
  camera: string,
  viewing: string,
  { fromMs, toMs }: Span,
  signal: AbortSignal | null = null,
): Promise<Playable> {
  const url = addressOf(camera, { viewing, from: iso(fromMs), to: iso(toMs) });
  const answer = await answerTo(url, { signal });
  const beginsMs = beginningIn(answer.headers);
  try {
    return { url: URL.createObjectURL(await answer.blob()), fromMs: beginsMs };
  } catch {
    throw new ProblemError("network", 0);
  }
}

function addressOf(camera: string, query: Readonly<Record<string, string>>): string {
  return `${API}/cameras/${encodeURIComponent(camera)}/recordings.mp4?${new URLSearchParams(query)}`;
}

/** A film begins at the key frame before what was asked for: without its own word each time on the page would be wrong. */
function beginningIn(headers: Headers): number {
  const fromMs = Date.parse(headers.get("cunshao-from") ?? "");
  if (Number.isNaN(fromMs)) throw new ProblemError("unknown", 0);
  return fromMs;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

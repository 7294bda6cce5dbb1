import { API, call, ProblemError } from "./http.ts";

/** A stretch of time in milliseconds since the Unix epoch. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ExportView {
  readonly id: string;
  readonly camera: string;
  readonly from: string;
  readonly to: string;
  readonly status: "waiting" | "running" | "done" | "failed" | "cancelled";
  readonly progress: number;
  readonly failure?: string;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const cameraPath = (camera: string): string => `/cameras/${encodeURIComponent(camera)}`;

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
  const query = new URLSearchParams({ viewing, from: iso(fromMs) });
  const url = `${API}${cameraPath(camera)}/recordings.mp4?${query}`;
  let answer: Response;
  try {
    answer = await fetch(url, { method: "HEAD" });
  } catch {
    throw new ProblemError("network", 0);
  }
  if (!answer.ok)
    throw new ProblemError(answer.status === 404 ? "recordings.none" : "unknown", answer.status);
  return { url, fromMs: Date.parse(answer.headers.get("cunshao-from") ?? iso(fromMs)) };
}

/** A short piece that is here whole, so that a player can go back and forth in it; its `url` is to be revoked. @throws ProblemError. */
export async function pieceOf(camera: string, viewing: string, { fromMs, toMs }: Span): Promise<Playable> {
  const query = new URLSearchParams({ viewing, from: iso(fromMs), to: iso(toMs) });
  try {
    const answer = await fetch(`${API}${cameraPath(camera)}/recordings.mp4?${query}`);
    if (!answer.ok)
      throw new ProblemError(answer.status === 404 ? "recordings.none" : "unknown", answer.status);
    const url = URL.createObjectURL(await answer.blob());
    return { url, fromMs: Date.parse(answer.headers.get("cunshao-from") ?? iso(fromMs)) };
  } catch (error) {
    throw error instanceof ProblemError ? error : new ProblemError("network", 0);
  }
}

/** @throws ProblemError. */
export function orderExport(camera: string, { fromMs, toMs }: Span, reason: string): Promise<ExportView> {
  return call("POST", "/exports", { camera, from: iso(fromMs), to: iso(toMs), reason });
}

export function exportState(id: string): Promise<ExportView> {
  return call("GET", `/exports/${encodeURIComponent(id)}`);
}

export async function cancelExport(id: string): Promise<void> {
  await call("DELETE", `/exports/${encodeURIComponent(id)}`);
}

export function packageUrl(id: string): string {
  return `${API}/exports/${encodeURIComponent(id)}/package.zip`;
}

import { API, call } from "./http.ts";
import type { Span } from "./playback.ts";

export interface ExportView {
  readonly id: string;
  readonly camera: string;
  readonly from: string;
  readonly to: string;
  /** Whose order it was; `<person>@<desk>` where it came from a township's desk. */
  readonly by: { readonly name: string };
  readonly status: "waiting" | "running" | "done" | "failed" | "cancelled";
  readonly progress: number;
  readonly failure?: string;
}

export interface ExportWish {
  readonly camera: string;
  readonly span: Span;
  readonly reason: string;
}

/** @param id asked for again with the same one it is made once. @throws ProblemError. */
export function orderExport(id: string, { camera, span, reason }: ExportWish): Promise<ExportView> {
  return call("POST", "/exports", {
    id,
    camera,
    from: new Date(span.fromMs).toISOString(),
    to: new Date(span.toMs).toISOString(),
    reason,
  });
}

/** What was ordered of a camera in the last day and not taken back, newest first. @throws ProblemError. */
export async function exportsOf(camera: string): Promise<readonly ExportView[]> {
  const all = await call<readonly ExportView[]>("GET", "/exports");
  return all.filter((one) => one.camera === camera && one.status !== "cancelled");
}

/** @throws ProblemError. */
export async function cancelExport(id: string): Promise<void> {
  await call("DELETE", `/exports/${encodeURIComponent(id)}`);
}

export function packageUrl(id: string): string {
  return `${API}/exports/${encodeURIComponent(id)}/package.zip`;
}

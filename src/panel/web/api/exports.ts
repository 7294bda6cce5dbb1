import { API, call } from "./http.ts";
import type { Span } from "./playback.ts";

export interface ExportView {
  readonly id: string;
  readonly camera: string;
  readonly from: string;
  readonly to: string;
  readonly status: "waiting" | "running" | "done" | "failed" | "cancelled";
  readonly progress: number;
  readonly failure?: string;
}

/** @throws ProblemError. */
export function orderExport(camera: string, { fromMs, toMs }: Span, reason: string): Promise<ExportView> {
  return call("POST", "/exports", {
    camera,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    reason,
  });
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

import type { LedgerEvent } from "../../../core/event.ts";
import { call } from "./http.ts";

export type AuditKind = "looked" | "done";

export interface AuditPage {
  /** Newest first. */
  readonly events: readonly LedgerEvent[];
  /** With which the next older ones are asked for; null where there are none. */
  readonly before: number | null;
}

/** Who at the desk looked at what and did what. @param kind all without. @throws ProblemError. */
export function readAudit(kind: AuditKind | undefined, before: number | undefined): Promise<AuditPage> {
  const query = new URLSearchParams({
    ...(kind && { kind }),
    ...(before !== undefined && { before: String(before) }),
  });
  return call("GET", `/desk/audit?${query}`);
}

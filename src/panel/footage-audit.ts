import type { FastifyRequest } from "fastify";
import type { Ledger, LedgerEvent } from "../core/event.ts";
import { identityOf } from "./sessions.ts";

/**
 * Writes who did what, from where and why. What it tells of may be done once this resolves, not before.
 * @throws what the ledger throws: without the audit, nothing is shown and nothing is handed out.
 */
export function auditFootage(
  ledger: Ledger,
  request: FastifyRequest,
  type: string,
  subject: string,
  data: Readonly<Record<string, unknown>>,
): Promise<LedgerEvent> {
  const { by, role } = identityOf(request);
  return ledger.append({
    type: `org.cunshao.${type}`,
    class: "audit",
    subject,
    data: { by, role, address: request.ip, ...data },
  });
}

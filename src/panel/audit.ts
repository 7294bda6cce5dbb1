import type { FastifyRequest } from "fastify";
import { errorCode, errorMessage, GatewayError } from "../core/errors.ts";
import type { Ledger, LedgerEvent } from "../core/event.ts";
import type { Logger } from "../core/log.ts";

export interface AuditEntry {
  /** Starts with `org.cunshao.`, e.g. `org.cunshao.recording.played`. */
  readonly type: string;
  readonly subject?: string | undefined;
  /** Never a password, a token or a cookie. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** Why, in the words of who asks; at most 500 signs are kept. */
  readonly reason?: string | undefined;
}

/**
 * Who did what, from where and why, as events of the class `audit`. To each entry's data it adds `address`, `by`
 * (`{kind, name, role}`; absent before a log-in) and `reason`.
 */
export interface Audit {
  /**
   * For what may not happen without an entry, as looking at recordings: resolves once it is on disk.
   * @throws GatewayError `audit.unavailable` (transient), after logging why.
   */
  record(request: FastifyRequest, entry: AuditEntry): Promise<LedgerEvent>;
  /** For what must not be kept from people by a full disk, as logging in: a failure is logged, and that is all. */
  note(request: FastifyRequest, entry: AuditEntry): Promise<void>;
}

const LONGEST_REASON = 500;

export function createAudit({ ledger, log }: { ledger: Ledger; log: Logger }): Audit {
  async function record(
    request: FastifyRequest,
    { type, subject, data, reason }: AuditEntry,
  ): Promise<LedgerEvent> {
    const { identity, ip: address } = request;
    const by = identity && { ...identity.by, role: identity.role };
    try {
      return await ledger.append({
        type,
        class: "audit",
        ...(subject === undefined ? {} : { subject }),
        data: {
          ...data,
          ...(by ? { by } : {}),
          address,
          ...(reason === undefined ? {} : { reason: reason.slice(0, LONGEST_REASON) }),
        },
      });
    } catch (cause) {
      log.error({ code: errorCode(cause), error: errorMessage(cause), type }, "No audit entry");
      throw new GatewayError("This is not done without a record, and the record cannot be kept now", {
        code: "audit.unavailable",
        kind: "transient",
        cause,
      });
    }
  }

  return {
    record,
    async note(request, entry) {
      // `record` has logged it.
      await record(request, entry).catch(() => undefined);
    },
  };
}

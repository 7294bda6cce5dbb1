import type { FastifyRequest } from "fastify";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { createAudit } from "../../../src/panel/audit.ts";
import { roleOf } from "../../../src/panel/identity.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { createLedgerDouble } from "../../support/stores-double.ts";

const request = {
  ip: "192.168.1.9",
  identity: { name: "wang", ...roleOf("operator"), by: { kind: "person", name: "wang" } },
} as unknown as FastifyRequest;
const played = { type: "org.cunshao.recording.played", subject: "pond-east", data: { from: "14:00" } };

describe("an entry of the audit", () => {
  test("says who, from where, why", async () => {
    const ledger = createLedgerDouble(createSteppedClock());
    const audit = createAudit({ ledger, log: silentLogger });
    const event = await audit.record(request, { ...played, reason: "找孩子".repeat(300) });
    expect(event).toMatchObject({
      class: "audit",
      subject: "pond-east",
      data: {
        from: "14:00",
        by: { kind: "person", name: "wang", role: "operator" },
        address: "192.168.1.9",
      },
    });
    expect(event.data["reason"]).toHaveLength(500);
  });

  test("that cannot be kept stops what may not be done without, and nothing else; it is logged each time", async () => {
    const ledger = createLedgerDouble(createSteppedClock());
    ledger.failing = true;
    const logged: string[] = [];
    const log = { ...silentLogger, error: (_fields: object, message: string) => void logged.push(message) };
    const audit = createAudit({ ledger, log });
    await expect(audit.record(request, played)).rejects.toMatchObject({ code: "audit.unavailable" });
    await audit.note(request, played);
    expect(logged).toEqual(["No audit entry", "No audit entry"]);
  });
});

import { expect, test } from "vitest";
import { storageFault } from "../../../src/config/storage-fit.ts";

const plan = (ledgerBytes: number) => ({
  storage: {
    keepFreeBytes: 1e9,
    reservePercent: 5,
    crossings: { days: 30, maxBytes: 1e6 },
    evidence: { days: 90, maxBytes: 1e6 },
    ledger: { maxBytes: ledgerBytes },
  },
  clips: { maxSeconds: 600, maxUploadBytes: 1e6, maxBytes: 1e6 },
});

test("quotas that no disk holds are named with what they ask for", async () => {
  expect(await storageFault(plan(1e18), "/tmp")).toMatch(
    /^the disk of \/tmp has .*storage\.ledger 1000000000\.0 GB.*make maxBytes smaller$/,
  );
});

test("quotas that fit are no fault, and a folder that is not there yet says nothing", async () => {
  expect(await storageFault(plan(100e6), "/tmp")).toBeUndefined();
  expect(await storageFault(plan(1e18), "/tmp/no/such/folder")).toBeUndefined();
});

test("a ledger that does not hold the audit of six months is named with what it takes", async () => {
  expect(await storageFault(plan(99e6), "/no/such/folder")).toBe(
    "storage.ledger.maxBytes of 99 MB does not hold the audit of six months: give it 100 MB at least",
  );
});

import { statfs } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { sharesFault, storageFault } from "../../../src/config/storage-fit.ts";

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

describe("the shares of a desk's villages", () => {
  const boxes = Array.from({ length: 30 }, (_, index) => ({
    ...{ id: `village-${index}`, name: "村", reach: "reverse" as const, token: "" },
  }));
  const shares = (bytes: number, dataFolder = "/tmp") =>
    sharesFault({ boxes, dataFolder, mostFileBytes: 2 * bytes, mostEventBytes: bytes });

  test("are named where they may take more than the disk has, though each would fit", async () => {
    const { blocks, bsize } = await statfs("/tmp");
    const half = (blocks * bsize) / 2;
    expect(await shares(half / 4)).toMatch(
      /^the disk of \/tmp has .* 30 villages may take .* make them smaller, or the disk larger$/,
    );
    // On the disk events take twice as much.
    expect(await shares(half / 61)).toBeUndefined();
  });

  test("count on the disk where the folder will be made", async () => {
    expect(await shares(1e18, "/tmp/no/such/folder")).toContain("/tmp/no/such/folder");
  });
});

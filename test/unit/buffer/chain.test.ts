import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChainRecord } from "../../../src/buffer/chain.ts";
import { GENESIS_HASH, recordOf, seal, verifyChain } from "../../../src/buffer/chain.ts";
import type { LedgerEvent } from "../../../src/core/event.ts";

function chainOf(datas: readonly Record<string, unknown>[]): LedgerEvent[] {
  let prevhash = GENESIS_HASH;
  return datas.map((data, index) => {
    const { event } = seal({
      specversion: "1.0",
      id: `ledger1-${index + 1}`,
      source: "/sites/longwan",
      type: "org.cunshao.test",
      time: "2026-07-01T00:00:00.000Z",
      datacontenttype: "application/json",
      data,
      ledger: "ledger1",
      seq: index + 1,
      class: "state",
      boot: "boot-1",
      monotonic: index,
      clock: "synced",
      prevhash,
    });
    prevhash = event.hash;
    return event;
  });
}

function verify(records: readonly ChainRecord[]) {
  return verifyChain(async (after) => records.filter(({ seq }) => seq > after).slice(0, 2));
}

const five = chainOf([{ n: 1e30 }, { n: 2 }, { text: "塘埂" }, {}, { n: 5 }]);

describe("the chain of events", () => {
  test("verifies as written and tells where it ends", async () => {
    const last = five.at(-1);
    expect(await verify(five.map(recordOf))).toEqual({
      intact: true,
      tip: { seq: 5, hash: last?.hash },
    });
    expect(await verify([])).toEqual({ intact: true, tip: { seq: 0, hash: GENESIS_HASH } });
  });

  test("verifies onward from a tip that is trusted already", async () => {
    const records = five.map(recordOf);
    const tip = { seq: 2, hash: five[1]?.hash ?? "" };
    expect(await verifyChain(async (after) => records.filter(({ seq }) => seq > after), tip)).toMatchObject({
      intact: true,
      tip: { seq: 5 },
    });
  });

  test("accepts evicted events by the hash they leave, but no other hash", async () => {
    const records = five
      .map(recordOf)
      .map((record) => (record.seq === 3 ? { ...record, body: null } : record));
    expect(await verify(records)).toMatchObject({ intact: true });
    const forged = records.map((record) => (record.seq === 3 ? { ...record, hash: GENESIS_HASH } : record));
    expect(await verify(forged)).toEqual({ intact: false, seq: 4, fault: "link" });
  });

  test.each([1, 2, 3, 4])("misses event %i when it is taken out", async (seq) => {
    const records = five.map(recordOf).filter((record) => record.seq !== seq);
    expect(await verify(records)).toEqual({ intact: false, seq, fault: "gap" });
  });

  test("finds an event of another ledger, even with a right hash", async () => {
    const { hash: _, ...open } = five[4] as LedgerEvent;
    const foreign = seal({ ...open, ledger: "ledger2", id: "ledger2-5" }).record;
    expect(await verify([...five.slice(0, 4).map(recordOf), foreign])).toEqual({
      intact: false,
      seq: 5,
      fault: "link",
    });
  });

  test("finds any single bit that changed in what is stored", async () => {
    const datas = fc.array(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(
        datas,
        fc.nat(),
        fc.nat(),
        fc.nat(),
        async (all, whichRecord, whichField, whichBit) => {
          const records = chainOf(all).map(recordOf);
          const index = whichRecord % records.length;
          const record = records[index] as ChainRecord;
          const field = (["body", "hash", "class", "type"] as const)[whichField % 4] as "body";
          const bytes = Buffer.from(record[field] ?? "");
          const bit = whichBit % (bytes.length * 8);
          bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
          const changed = records.with(index, { ...record, [field]: bytes.toString() });
          expect(await verify(changed)).toMatchObject({ intact: false });
        },
      ),
      { numRuns: 500 },
    );
  });

  test("finds any value that changed in an event received from elsewhere", async () => {
    const members = Object.keys(five[1] as LedgerEvent) as (keyof LedgerEvent)[];
    for (const member of members) {
      const changed = five.map((event) =>
        event.seq === 2 ? { ...event, [member]: member === "seq" ? 7 : "other" } : event,
      );
      expect(await verify(changed.map(recordOf)), member).toMatchObject({ intact: false });
    }
  });
});

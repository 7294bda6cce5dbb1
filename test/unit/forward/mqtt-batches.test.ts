import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createBatchSize,
  halvesOf,
  isBatch,
  LARGEST_BATCH,
  packParcels,
  payloadOf,
} from "../../../src/forward/mqtt-batches.ts";

const classes = fc.constantFrom("alarm" as const, "state" as const, "audit" as const);
const trials = fc.record({
  events: fc
    .array(fc.record({ class: classes, chars: fc.nat(40) }), { maxLength: 60 })
    .map((all) => all.map((each, index) => ({ ...each, seq: index + 1 }))),
  limits: fc.record({ events: fc.integer({ min: 1, max: 12 }), bytes: fc.integer({ min: 20, max: 420 }) }),
});

const events = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ seq: index + 1, class: "state" as const }));
const json = (count: number, textBytes = 10) =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({ seq: index + 1, text: "x".repeat(textBytes) }),
  );

describe("events in messages", () => {
  test("are, one message after the other, all events in their order, within the limits", () => {
    fc.assert(
      fc.property(trials, ({ events, limits }) => {
        const texts = events.map(({ seq, chars }) => JSON.stringify({ seq, text: "水".repeat(chars) }));
        const parcels = packParcels(events, texts, limits);
        const brought = parcels.flatMap((parcel) => {
          const said = JSON.parse(payloadOf(parcel));
          return isBatch(parcel) ? said : [said];
        });
        expect(brought).toEqual(texts.map((text) => JSON.parse(text)));
        expect(parcels.flatMap(({ seqs }) => seqs)).toEqual(events.map(({ seq }) => seq));
        const isWithin = (parcel: (typeof parcels)[number]) =>
          parcel.seqs.length <= limits.events &&
          (!isBatch(parcel) || Buffer.byteLength(payloadOf(parcel)) <= limits.bytes) &&
          parcel.seqs.every((seq) => events[seq - 1]?.class === parcel.class);
        expect(parcels.filter((parcel) => !isWithin(parcel))).toEqual([]);
      }),
    );
  });

  test("go one by one without limits", () => {
    const parcels = packParcels(events(7), json(7), undefined);
    expect(parcels.map(payloadOf)).toEqual(json(7));
    expect(parcels.some(isBatch)).toBe(false);
  });

  test("are halved without loss, in their order", () => {
    const [batch] = packParcels(events(5), json(5), { events: 9, bytes: 9000 });
    const halves = batch ? halvesOf(batch) : [];
    expect(halves.map(({ seqs }) => seqs)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(halves.flatMap((half) => half.json)).toEqual(json(5));
  });
});

describe("the size of batches", () => {
  const batchOf = (count: number, textBytes = 100) => {
    const [batch] = packParcels(events(count), json(count, textBytes), { events: count, bytes: 1e9 });
    if (!batch) throw new Error("no batch");
    return batch;
  };

  test("is the least of what keeper, broker and box allow, and nothing without an offer", () => {
    const size = createBatchSize(LARGEST_BATCH.bytes);
    expect(size.limits(undefined, 1e6)).toBeUndefined();
    expect(size.limits({ events: 10_000, bytes: 1e8 }, 1e6)).toEqual(LARGEST_BATCH);
    expect(size.limits({ events: 7, bytes: 9000 }, 5000)).toEqual({ events: 7, bytes: 5000 });
    expect(size.limits({ events: 1, bytes: 9000 }, 5000)).toBeUndefined();
  });

  test("is proven by a batch that arrived with as many events as allowed, or half of the bytes; none is larger then", () => {
    const limits = { events: 10, bytes: 4096 };
    const size = createBatchSize(4096);
    size.arrived(batchOf(3), limits);
    expect(size.isProven()).toBe(false);
    size.arrived(batchOf(3, 800), limits);
    expect(size.isProven()).toBe(true);
    const { bytes = 0 } = size.limits(limits, 1e6) ?? {};
    expect(bytes).toBe(Buffer.byteLength(payloadOf(batchOf(3, 800))));
    const byEvents = createBatchSize(4096);
    byEvents.arrived(batchOf(10), limits);
    expect(byEvents.isProven()).toBe(true);
  });

  test("halves when batches do not arrive, once for each size, until events go one by one, and has to be proven anew", () => {
    const offer = { events: 100, bytes: 8192 };
    const size = createBatchSize(LARGEST_BATCH.bytes);
    size.arrived(batchOf(100), offer);
    size.shrink(8192);
    size.shrink(8192);
    expect(size.isProven()).toBe(false);
    expect(size.limits(offer, 1e6)?.bytes).toBe(4096);
    size.shrink(4096);
    size.shrink(2048);
    expect(size.limits(offer, 1e6)).toBeUndefined();
  });
});

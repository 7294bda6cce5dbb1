import { describe, expect, test } from "vitest";
import { createBatchSize, LARGEST_BATCH, packParcels } from "../../../src/forward/mqtt-batches.ts";

/** Park and Miller's generator: the same trials in each run. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

function trial(seed: number) {
  const draw = seeded(seed);
  const events = Array.from({ length: draw(60) }, (_, index) => {
    return { seq: index + 1, class: (["alarm", "state", "audit"] as const)[draw(3)] ?? "state" };
  });
  const json = events.map(({ seq }) => JSON.stringify({ seq, text: "水".repeat(draw(40)) }));
  return { events, json, limits: { events: 1 + draw(12), bytes: 20 + draw(400) } };
}

describe("events in messages", () => {
  test("are, one message after the other, all events in their order, within the limits", () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const { events, json, limits } = trial(seed);
      const parcels = packParcels(events, json, limits);
      const brought = parcels.flatMap(({ payload, isBatch }) => {
        const said = JSON.parse(payload);
        return isBatch ? said : [said];
      });
      expect(brought).toEqual(json.map((text) => JSON.parse(text)));
      expect(parcels.flatMap(({ seqs }) => seqs)).toEqual(events.map(({ seq }) => seq));
      for (const { class: eventClass, seqs, payload, isBatch } of parcels) {
        expect(isBatch).toBe(seqs.length > 1);
        expect(seqs.length).toBeLessThanOrEqual(limits.events);
        if (isBatch) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(limits.bytes);
        for (const seq of seqs) expect(events[seq - 1]?.class).toBe(eventClass);
      }
    }
  });

  test("go one by one without limits", () => {
    const { events, json } = trial(7);
    const parcels = packParcels(events, json, undefined);
    expect(parcels.map(({ payload }) => payload)).toEqual(json);
    expect(parcels.some(({ isBatch }) => isBatch)).toBe(false);
  });
});

describe("the size of batches", () => {
  test("is the least of what keeper, broker and box allow, and nothing without an offer", () => {
    const size = createBatchSize();
    expect(size.limits(undefined, 1e6)).toBeUndefined();
    expect(size.limits({ events: 10_000, bytes: 1e8 }, 1e6)).toEqual(LARGEST_BATCH);
    expect(size.limits({ events: 7, bytes: 9000 }, 5000)).toEqual({ events: 7, bytes: 5000 });
    expect(size.limits({ events: 1, bytes: 9000 }, 5000)).toBeUndefined();
  });

  test("halves when batches do not arrive, once for each size, until events go one by one", () => {
    const size = createBatchSize();
    const offer = { events: 100, bytes: 8192 };
    size.shrink(offer);
    size.shrink(offer);
    expect(size.limits(offer, 1e6)?.bytes).toBe(4096);
    size.shrink({ events: 100, bytes: 4096 });
    size.shrink({ events: 100, bytes: 2048 });
    expect(size.limits(offer, 1e6)).toBeUndefined();
  });
});

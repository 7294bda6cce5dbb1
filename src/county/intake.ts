import type { BoxSign, CountyBatch, CountyDelivery, OddEvent } from "../core/county.ts";
import type { LedgerEvent } from "../core/event.ts";
import type { SeqRange } from "../core/seq-ranges.ts";

/** What came and is not kept yet, gathered ledger by ledger. */
export interface Intake {
  /** False where there is no room: what is not acknowledged comes again. */
  add(delivery: CountyDelivery, bytes: number): boolean;
  addSign(sign: BoxSign): void;
  addStranger(site: string): void;
  /** At most so many events; undefined where nothing waits. */
  take(mostEvents: number, receivedAt: string): CountyBatch | undefined;
  events(): number;
}

interface Gathered {
  readonly box: string;
  readonly ledger: string;
  readonly events: Map<number, LedgerEvent>;
  readonly odd: OddEvent[];
  readonly absent: SeqRange[];
  head: number;
  bytes: number;
}

/** A program that publishes under thousands of names must not fill memory or table. */
const MOST_STRANGERS = 1000;
/** Of each question and each event beside its payload. */
const EACH_BYTES = 500;

export function createIntake(mostBytes: number): Intake {
  const waiting = new Map<string, Gathered>();
  const signs = new Map<string, BoxSign>();
  const strangers = new Set<string>();
  let bytes = 0;
  let events = 0;

  return {
    add(delivery, payloadBytes) {
      const costs = payloadBytes + EACH_BYTES;
      if (bytes + costs > mostBytes) return false;
      bytes += costs;
      const { box, ledger } = delivery;
      const key = `${box} ${ledger}`;
      const open: Gathered = waiting.get(key) ?? {
        ...{ box, ledger, events: new Map(), odd: [], absent: [], head: 0, bytes: 0 },
      };
      waiting.set(key, open);
      for (const event of delivery.events) {
        const before = open.events.get(event.seq);
        // Two with one number in one batch: the store is shown both.
        if (before && before.hash !== event.hash) {
          open.odd.push({ seq: event.seq, payload: JSON.stringify(event) });
        } else if (!before) {
          open.events.set(event.seq, event);
          events += 1;
        }
      }
      open.odd.push(...delivery.odd);
      open.absent.push(...delivery.absent);
      open.head = Math.max(open.head, delivery.head);
      open.bytes += costs;
      return true;
    },
    addSign: (sign) => void signs.set(sign.box, sign),
    addStranger(site) {
      if (strangers.size < MOST_STRANGERS) strangers.add(site);
    },
    take(mostEvents, receivedAt) {
      if (waiting.size + signs.size + strangers.size === 0) return undefined;
      const deliveries: CountyDelivery[] = [];
      let taken = 0;
      for (const [key, open] of waiting) {
        if (taken > 0 && taken + open.events.size > mostEvents) break;
        waiting.delete(key);
        taken += open.events.size;
        bytes -= open.bytes;
        const { box, ledger, odd, absent, head } = open;
        const inOrder = [...open.events.values()].sort((a, b) => a.seq - b.seq);
        deliveries.push({ box, ledger, events: inOrder, odd, absent, head });
      }
      events -= taken;
      const batch = { receivedAt, deliveries, signs: [...signs.values()], strangers: [...strangers] };
      signs.clear();
      strangers.clear();
      return batch;
    },
    events: () => events,
  };
}

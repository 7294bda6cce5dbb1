import type { CountyDelivery, KeptLedger } from "../core/county.ts";
import { hasSeq, type SeqRange } from "../core/seq-ranges.ts";

/** A box takes 10 000; of a ledger with more holes than this it is told what it just sent. */
const MOST_HELD = 1000;
/** As large as a box makes them; a broker with a smaller limit is told apart by the box. */
const BATCHES = {
  accepts: ["application/cloudevents-batch+json"],
  batch: { events: 100, bytes: 65_536 },
};

/** What a box is told of its ledger (docs/mqtt-keeper.md). */
export function wordOf(
  { ledger, have }: KeptLedger,
  delivery: CountyDelivery | undefined,
  time: string,
): string {
  const [first] = have;
  const stored = first?.first === 1 ? first.last : 0;
  const beyond = stored > 0 ? have.slice(1) : have;
  const held = beyond.length <= MOST_HELD ? beyond : beyond.filter((range) => holdsAny(range, delivery));
  return JSON.stringify({
    ledger,
    stored,
    held: held.slice(0, MOST_HELD).map((range) => [range.first, range.last]),
    time,
    ...BATCHES,
  });
}

function holdsAny(range: SeqRange, delivery: CountyDelivery | undefined): boolean {
  return [...(delivery?.events ?? []), ...(delivery?.odd ?? [])].some(({ seq }) => hasSeq([range], seq));
}

/** What an event `org.cunshao.ledger.evicted` says: of this class, from one seq to another, so many events were emptied. */
export interface DeclaredEviction {
  readonly class: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly events: number;
}

export const EVICTED = "org.cunshao.ledger.evicted";

/** What an event declares as let go. @param event the event, or its body as it is stored. */
export function declaredBy(type: string, event: string | { readonly data: unknown }): DeclaredEviction[] {
  if (type !== EVICTED) return [];
  const { data } = (typeof event === "string" ? JSON.parse(event) : event) as { data: DeclaredEviction };
  const { class: kind, firstSeq, lastSeq, events } = data;
  const isOne =
    typeof kind === "string" && [firstSeq, lastSeq, events].every((value) => Number.isSafeInteger(value));
  return isOne ? [{ class: kind, firstSeq, lastSeq, events }] : [];
}

export interface EvictionCheck {
  /** An event whose content is not there. */
  empty(seq: number, kind: string): void;
  declared(evictions: readonly DeclaredEviction[]): void;
  count(): number;
  /** The first empty event for which no event answers; undefined where each was let go as it was told. */
  firstUndeclared(): number | undefined;
}

/** Compares what is empty with what the ledger says was let go: nobody empties an event unseen. */
export function createEvictionCheck(): EvictionCheck {
  const empty: { seq: number; kind: string }[] = [];
  const declared: DeclaredEviction[] = [];
  return {
    empty: (seq, kind) => void empty.push({ seq, kind }),
    declared: (evictions) => void declared.push(...evictions),
    count: () => empty.length,
    firstUndeclared() {
      const open = new Map<string, { one: DeclaredEviction; left: number }[]>();
      for (const one of [...declared].sort((a, b) => a.lastSeq - b.lastSeq)) {
        const ofClass = open.get(one.class) ?? [];
        open.set(one.class, ofClass);
        ofClass.push({ one, left: one.events });
      }
      for (const { seq, kind } of empty) {
        const ofClass = open.get(kind) ?? [];
        // Of several that may answer for it the one that ends first: the others can still answer for later ones.
        const index = ofClass.findIndex(({ one }) => one.firstSeq <= seq && seq <= one.lastSeq);
        const by = ofClass[index];
        if (!by) return seq;
        by.left--;
        if (by.left <= 0) ofClass.splice(index, 1);
      }
      return undefined;
    },
  };
}

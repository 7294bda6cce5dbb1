import type { LedgerEvent } from "../../src/core/event.ts";

// What must be true of the copies that three receivers hold, whatever was broken meanwhile. Pure.

export interface Copy {
  readonly name: string;
  readonly events: readonly LedgerEvent[];
  /** Whether a file is there, whole; absent where files do not go. */
  readonly hasFile?: (sha256: string) => boolean;
}

export interface Verdict {
  /** Alarms, words of their evidence and files that the box told of and a copy lacks, of all copies together. */
  readonly lost: number;
  /** What a copy has twice of these, of all copies together. */
  readonly duplicates: number;
  /** Which, in words; few of them. */
  readonly examples: readonly string[];
}

/** The id under which an event was written first: one that was rescued from a damaged ledger has another now. */
export function originOf({ id, data }: LedgerEvent): string {
  const rescued = data["rescued"] as { readonly id?: string } | undefined;
  return rescued?.id ?? id;
}

/** What an event says that may be said once; undefined for what is not judged. */
function saidOnce({ type, subject, data }: LedgerEvent): string | undefined {
  switch (type) {
    case "org.cunshao.alarm.raised":
      return subject;
    // There is a clip, or there is none: one word of it, and no other.
    case "org.cunshao.evidence.added":
    case "org.cunshao.evidence.missing":
      return `${subject}, ${data["kind"]}`;
    default:
      return undefined;
  }
}

export function isJudged(event: LedgerEvent): boolean {
  return saidOnce(event) !== undefined;
}

/** The file that an event names; undefined for one without. */
export function fileOf({ type, data }: LedgerEvent): string | undefined {
  return type === "org.cunshao.evidence.added" ? String(data["sha256"]) : undefined;
}

/** @param told what the box told of, by `isJudged`. */
export function judge(told: Iterable<LedgerEvent>, copies: readonly Copy[]): Verdict {
  const wanted = [...told];
  const origins = wanted.map(originOf);
  // An alarm that promises a clip: nobody may wait for one for ever.
  const promised = wanted.filter(({ data }) => data["clip"] !== undefined);
  const files = new Set(wanted.flatMap((event) => fileOf(event) ?? []));
  const examples: string[] = [];
  let [lost, duplicates] = [0, 0];
  for (const { name, events, hasFile } of copies) {
    const counts = new Map<string, number>();
    const said = new Map<string, Set<string>>();
    for (const event of events) {
      const what = saidOnce(event);
      if (what === undefined) continue;
      const origin = originOf(event);
      counts.set(origin, (counts.get(origin) ?? 0) + 1);
      said.set(what, (said.get(what) ?? new Set()).add(origin));
    }
    const missing = origins.filter((id) => !counts.has(id));
    const unanswered = promised.filter(({ subject }) => !said.has(`${subject}, clip`));
    const gone = hasFile ? [...files].filter((sha256) => !hasFile(sha256)) : [];
    const twice = [...counts].filter(([, count]) => count > 1);
    const renamed = [...said].filter(([, ids]) => ids.size > 1);
    lost += missing.length + unanswered.length + gone.length;
    duplicates += twice.length + renamed.length;
    examples.push(
      ...missing.slice(0, 3).map((id) => `${name} lacks ${id}`),
      ...unanswered.slice(0, 3).map(({ subject }) => `${name} has no word of the clip of ${subject}`),
      ...gone.slice(0, 3).map((sha256) => `${name} lacks the file ${sha256}`),
      ...twice.slice(0, 3).map(([id, count]) => `${name} has ${id} ${count} times`),
      ...renamed.slice(0, 3).map(([what, ids]) => `${name} has ${what} as ${[...ids].join(" and ")}`),
    );
  }
  return { lost, duplicates, examples: examples.slice(0, 10) };
}

import type { Point } from "../../../core/geometry.ts";
import { joinPassages, type Passage, type Way } from "../words/passages.ts";
import { call } from "./http.ts";
import type { Span } from "./playback.ts";

/** Where in the picture something is looked for. */
export type Place =
  | { readonly kind: "anywhere" }
  | { readonly kind: "zone"; readonly id: string }
  | { readonly kind: "line"; readonly id: string; readonly points: readonly Point[] }
  | { readonly kind: "area"; readonly points: readonly Point[] };

export interface MovementSearch {
  readonly camera: string;
  readonly span: Span;
  readonly place: Place;
  readonly reason: string;
}

export interface Found {
  readonly passages: readonly Passage[];
  /** Where the search goes on; undefined at its end. */
  readonly next: string | undefined;
}

interface MovementBody {
  readonly spans: readonly {
    readonly from: string;
    readonly to: string;
    readonly jumpTo: string;
    readonly clock: "synced" | "unsynced";
    readonly towards?: "left" | "right";
    readonly path?: Way;
  }[];
  readonly next?: string;
}

const PAGE = 200;

/**
 * The next passages of a search, oldest first, added to `before`; asks on until there is at least one more.
 * @throws ProblemError.
 */
export async function searchOn(search: MovementSearch, before?: Found): Promise<Found> {
  let passages = before?.passages ?? [];
  let next = before?.next;
  do {
    const page = await ask(search, next);
    passages = joinPassages(passages, page.passages);
    next = page.next;
  } while (next !== undefined && passages.length <= (before?.passages.length ?? 0));
  return { passages, next };
}

async function ask(
  { camera, span, place, reason }: MovementSearch,
  after: string | undefined,
): Promise<Found> {
  const query = new URLSearchParams({
    reason,
    from: new Date(span.fromMs).toISOString(),
    to: new Date(span.toMs).toISOString(),
    limit: String(PAGE),
  });
  if (place.kind === "zone") query.set("zone", place.id);
  if (place.kind === "line" || place.kind === "area") {
    query.set(place.kind, place.points.flatMap((point) => point.map((part) => part.toFixed(4))).join(","));
  }
  if (after !== undefined) query.set("after", after);
  const path = `/cameras/${encodeURIComponent(camera)}/movement?${query}`;
  const { spans, next } = await call<MovementBody>("GET", path);
  const passages = spans.map(({ from, to, jumpTo, clock, towards, path: way }) => ({
    fromMs: Date.parse(from),
    toMs: Date.parse(to),
    jumpToMs: Date.parse(jumpTo),
    isDated: clock === "synced",
    ...(towards === undefined ? {} : { towards }),
    ...(way === undefined ? {} : { path: way }),
  }));
  return { passages, next };
}

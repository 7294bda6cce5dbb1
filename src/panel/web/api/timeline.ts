import { call } from "./http.ts";
import type { Span } from "./playback.ts";

/** Where something moved; `share` of the time, above 0 to 1. */
export interface MovedSpan extends Span {
  readonly share: number;
}

export interface TimelineAlarm {
  readonly id: string;
  readonly name: string;
  readonly severity: string;
  readonly atMs: number;
}

export interface Timeline {
  readonly recorded: readonly Span[];
  /** Empty where no reason was given. */
  readonly moved: readonly MovedSpan[];
  /** Oldest first. */
  readonly alarms: readonly TimelineAlarm[];
}

export const NO_TIMELINE: Timeline = { recorded: [], moved: [], alarms: [] };

interface TimelineBody {
  readonly recorded: readonly { readonly from: string; readonly to: string }[];
  readonly moved?: readonly { readonly from: string; readonly to: string; readonly share: number }[];
  readonly alarms: readonly {
    readonly id: string;
    readonly name: string;
    readonly severity: string;
    readonly raisedAt: string;
  }[];
}

/** @param reason empty while nobody has said why: then nothing is told of movement. @throws ProblemError. */
export async function timelineOf(
  camera: string,
  { fromMs, toMs }: Span,
  parts: number,
  reason: string,
): Promise<Timeline> {
  const query = new URLSearchParams({
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    parts: String(parts),
    ...(reason === "" ? {} : { reason }),
  });
  const path = `/cameras/${encodeURIComponent(camera)}/timeline?${query}`;
  const { recorded, moved = [], alarms } = await call<TimelineBody>("GET", path);
  const span = ({ from, to }: { from: string; to: string }): Span => ({
    fromMs: Date.parse(from),
    toMs: Date.parse(to),
  });
  return {
    recorded: recorded.map(span),
    moved: moved.map((one) => ({ ...span(one), share: one.share })),
    alarms: alarms.map(({ id, name, severity, raisedAt }) => ({
      ...{ id, name, severity },
      atMs: Date.parse(raisedAt),
    })),
  };
}

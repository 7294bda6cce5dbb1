import type { CurvePart } from "../../../core/stores.ts";
import { call } from "./http.ts";
import type { Span } from "./playback.ts";

/** As many as the widest plot can draw. */
const PARTS = 480;

/** A sensor's readings, coarse enough to be drawn. @throws ProblemError. */
export function curveOf(sensor: string, { fromMs, toMs }: Span, parts: number = PARTS): Promise<CurvePart[]> {
  const query = new URLSearchParams({
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    parts: String(parts),
  });
  return call("GET", `/sensors/${encodeURIComponent(sensor)}/curve?${query}`);
}

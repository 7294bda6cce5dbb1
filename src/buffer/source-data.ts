import { type BroadcastSource, SOURCE_KINDS } from "../core/broadcast.ts";

/** Whether stored data names who did something. */
export function isSource(by: unknown): by is BroadcastSource {
  if (typeof by !== "object" || by === null || !("kind" in by) || !("name" in by)) return false;
  return SOURCE_KINDS.some((kind) => kind === by.kind) && typeof by.name === "string";
}

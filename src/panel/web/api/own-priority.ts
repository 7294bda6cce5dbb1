import type { Priority } from "../../../core/broadcast.ts";
import { session } from "./session-store.ts";

/** As what the box takes the words of whoever sits here: those of a desk are the township's. */
export function ownPriority(): Priority {
  return session.desk.value === undefined ? "local" : "township";
}

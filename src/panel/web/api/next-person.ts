import { watch } from "vue";
import { session } from "./session-store.ts";

/** Calls `forget` once another person may sit here; a log-in that only ran out keeps what its owner had begun. */
export function whenSomebodyElseComes(forget: () => void): void {
  watch(session.username, forget);
  watch(session.status, (status) => {
    if (status === "out") forget();
  });
}

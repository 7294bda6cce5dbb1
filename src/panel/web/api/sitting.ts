import { ref, watch } from "vue";
import { session } from "./session-store.ts";

/** As long as the box lets one reason count for playing. */
const GOOD_FOR_MS = 3_600_000;

const reason = ref("");
let saidAtMs = 0;

// Whoever logs in next has reasons of their own.
watch(session.username, forgetReason);
watch(session.status, (status) => {
  if (status !== "in") forgetReason();
});

/** Why this person looks at what was, in their words, as said last in this sitting; empty when it has to be asked. */
export function reasonOfSitting(): string {
  if (performance.now() - saidAtMs > GOOD_FOR_MS) forgetReason();
  return reason.value;
}

export function keepReason(text: string): void {
  reason.value = text.trim();
  saidAtMs = performance.now();
}

export function forgetReason(): void {
  reason.value = "";
}

import { ref, shallowRef } from "vue";
import type { DeadLetter } from "../../../core/delivery.ts";
import { call, codeOf } from "./http.ts";

const letters = shallowRef<readonly DeadLetter[]>([]);
/** Code of why the last order failed. */
const failure = ref("");

/** What upstreams refused for good, newest first. */
export const deadLetters = { letters, failure };

export async function lookAtDeadLetters(): Promise<void> {
  failure.value = "";
  try {
    letters.value = await call<DeadLetter[]>("GET", "/dead-letters");
  } catch (error) {
    failure.value = codeOf(error);
  }
}

export async function sendAgain({ upstream, seq }: DeadLetter): Promise<void> {
  failure.value = "";
  try {
    await call("POST", `/upstreams/${encodeURIComponent(upstream)}/dead-letters/${seq}/retry`);
    letters.value = letters.value.filter((one) => one.upstream !== upstream || one.seq !== seq);
  } catch (error) {
    failure.value = codeOf(error);
  }
}

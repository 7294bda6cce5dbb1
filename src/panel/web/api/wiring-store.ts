import { ref } from "vue";
import type { WiringView } from "../../../core/wiring.ts";
import { call, codeOf } from "./http.ts";

const view = ref<WiringView>();
/** Code of why it could not be had. */
const failure = ref("");

export const wired = { view, failure };

/** It is another one only after a start of the box: once had is enough. */
export async function lookAtWiring(): Promise<void> {
  if (!view.value) await lookAtWiringAnew();
}

/** After a start of the box. */
export async function lookAtWiringAnew(): Promise<void> {
  failure.value = "";
  try {
    view.value = await call<WiringView>("GET", "/wiring");
  } catch (error) {
    failure.value = codeOf(error);
  }
}

import { ref } from "vue";
import type { DrillRecord, DrillsView } from "../../../core/drill.ts";
import { call, codeOf } from "./http.ts";

const view = ref<DrillsView>();
/** Code of why the last order failed. */
const failure = ref("");

export const drills = { view, failure };

/** Asks the box anew; what cannot be had now is had the next time. */
export async function lookAtDrills(): Promise<void> {
  const next = await call<DrillsView>("GET", "/drills").catch(() => undefined);
  if (next) view.value = next;
}

export async function beginDrill(speakers: readonly string[]): Promise<void> {
  failure.value = "";
  try {
    view.value = await call<DrillsView>("POST", "/drills", { speakers });
  } catch (error) {
    failure.value = codeOf(error);
  }
}

/** Newest first. @throws ProblemError. */
export function drillRecords(speaker: string): Promise<readonly DrillRecord[]> {
  return call("GET", `/drills/${encodeURIComponent(speaker)}/records`);
}

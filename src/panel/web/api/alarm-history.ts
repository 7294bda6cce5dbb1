import { ref } from "vue";
import type { AlarmView } from "../../../core/village.ts";
import { call, codeOf } from "./http.ts";

// Alarms from before those that the state of the village shows.

const STEP = 50;

const older = ref<readonly AlarmView[]>([]);
const isLoading = ref(false);
const isWhole = ref(false);
/** Code of why the last attempt failed. */
const failure = ref<string>();

export const alarmHistory = { older, isLoading, isWhole, failure };

/** The next ones before `seq`. */
export async function loadOlder(before: number): Promise<void> {
  if (isLoading.value) return;
  isLoading.value = true;
  failure.value = undefined;
  try {
    const found = await call<readonly AlarmView[]>("GET", `/alarms?before=${before}&limit=${STEP}`);
    older.value = [...older.value, ...found];
    isWhole.value = found.length < STEP;
  } catch (error) {
    failure.value = codeOf(error);
  } finally {
    isLoading.value = false;
  }
}

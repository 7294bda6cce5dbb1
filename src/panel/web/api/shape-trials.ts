import { shallowReactive } from "vue";
import type { Box } from "../../../core/geometry.ts";
import type { TrialSeen, TrialSubject } from "../../../core/zone-trial.ts";
import { API, call } from "./http.ts";
import { whenSomebodyElseComes } from "./next-person.ts";

export interface TrialAlarmView {
  readonly number: number;
  readonly rule?: string;
  readonly at: string;
  readonly boxes: readonly Box[];
  readonly hasPicture: boolean;
}

export interface TrialView {
  readonly id: string;
  readonly camera: string;
  readonly status: "running" | "done" | "stopped" | "failed";
  readonly failure?: string;
  readonly recordedSeconds: number;
  readonly stillSeconds: number;
  readonly lookedAtSeconds: number;
  readonly rules: readonly { readonly id: string; readonly name: string }[];
  readonly detector?: string;
  readonly alarmCount: number;
  readonly alarms: readonly TrialAlarmView[];
  readonly seen: TrialSeen;
}

/** A dry run, and what was tried in it. */
export interface ShapeTrial {
  readonly view: TrialView;
  readonly subject: TrialSubject;
}

/** By camera, kind and id. Stays while the page does: who looks at a recording in between finds it again. */
export const shapeTrials = shallowReactive(new Map<string, ShapeTrial>());

// Its pictures are of recordings: whoever comes next says why they look at them.
whenSomebodyElseComes(() => shapeTrials.clear());

const pathOf = (camera: string): string => `/cameras/${encodeURIComponent(camera)}/zone-trials`;

/** @throws ProblemError. */
export function beginTrial(
  camera: string,
  order: TrialSubject & { readonly reason: string },
): Promise<TrialView> {
  return call("POST", pathOf(camera), order);
}

/** @throws ProblemError. */
export function trialNow({ camera, id }: TrialView): Promise<TrialView> {
  return call("GET", `${pathOf(camera)}/${encodeURIComponent(id)}`);
}

/** @throws ProblemError. */
export async function stopTrial({ camera, id }: TrialView): Promise<void> {
  await call("DELETE", `${pathOf(camera)}/${encodeURIComponent(id)}`);
}

export function trialPictureUrl({ camera, id }: TrialView, number: number): string {
  return `${API}${pathOf(camera)}/${encodeURIComponent(id)}/pictures/${number}`;
}

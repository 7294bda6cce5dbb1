import type { GatewayRig } from "../support/gateway-rig.ts";
import { cpuSecondsOf } from "./process-tree.ts";

/** What the looks for people have cost a running gateway so far. */
export interface LookSums {
  readonly atMs: number;
  readonly looks: number;
  /** Of the process in which the model looks. */
  readonly cpuSeconds: number;
  /** Beyond its next picture a camera waited for its turn, in the mean of the cameras. */
  readonly shortSeconds: number;
}

export async function lookSums(rig: GatewayRig): Promise<LookSums> {
  const metrics = await (await rig.get("/api/v1/metrics")).text();
  const ofCameras = (name: string): number[] =>
    [...metrics.matchAll(new RegExp(`^${name}\\{.*\\} (\\S+)$`, "gm"))].map(([, value]) => Number(value));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const short = ofCameras("cunshao_look_short_seconds_total");
  return {
    atMs: performance.now(),
    looks: sum(ofCameras("cunshao_looks_total")),
    cpuSeconds: cpuSecondsOf(rig.pid ?? 0, "look-program"),
    shortSeconds: sum(short) / Math.max(1, short.length),
  };
}

/** Looks a second, looks a second that one core would give, and the share of the time in which time was short. */
export function lookFigures(before: LookSums, after: LookSums): object {
  const seconds = (after.atMs - before.atMs) / 1000;
  const looks = after.looks - before.looks;
  const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
  return {
    perSecond: rounded(looks / seconds, 2),
    perSecondPerCore: rounded(looks / (after.cpuSeconds - before.cpuSeconds), 1),
    shortShare: rounded((after.shortSeconds - before.shortSeconds) / seconds, 4),
  };
}

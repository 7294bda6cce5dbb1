import { CAMERA_FAULTS, type CameraFault } from "../core/camera-health.ts";
import type { Suspicion } from "./camera-suspicion.ts";

// The life of one camera's faults over time, pure: what pictures make suspicious becomes a fault when it lasts.

/**
 * How long a suspicion must outweigh, in ms. A camera's reboot, somebody right before the lens, a lorry that turns and the
 * seconds of an infrared switch pass in less.
 */
export const RAISE_AFTER_MS: Readonly<Record<CameraFault, number>> = {
  lost: 30_000,
  frozen: 20_000,
  black: 15_000,
  covered: 20_000,
  "washed-out": 20_000,
  "out-of-focus": 30_000,
  moved: 30_000,
};
/** An open fault ends when nothing has spoken for it for so long. */
export const CLEAR_AFTER_MS = 10_000;
/** What speaks against a suspicion weighs double: what flickers about a threshold never becomes a fault. */
const AGAINST = 2;
/** One look stands for this long at the most, whatever the gap before it. */
const LONGEST_LOOK_MS = 10_000;

export interface HealthState {
  readonly open: CameraFault | undefined;
  /** How long each fault has been suspected, weighed, in ms. */
  readonly suspectedMs: Readonly<Partial<Record<CameraFault, number>>>;
  /** How long nothing has spoken for the open fault. */
  readonly goodMs: number;
  readonly lastMs: number | undefined;
}

export type HealthChange = { readonly kind: "raised" | "cleared"; readonly fault: CameraFault };

export function firstHealth(open?: CameraFault): HealthState {
  return { open, suspectedMs: {}, goodMs: 0, lastMs: undefined };
}

/**
 * Carries one judgement into the state. At most one fault is open; a graver one takes its place, and what is less grave is
 * raised once the graver is over, if it still lasts.
 * @param suspicion of the newest picture; `lost` while there is none.
 * @param nowMs monotonic.
 */
export function stepHealth(
  state: HealthState,
  suspicion: Suspicion | "lost",
  nowMs: number,
): readonly [HealthState, readonly HealthChange[]] {
  const sinceMs = Math.min(LONGEST_LOOK_MS, Math.max(0, nowMs - (state.lastMs ?? nowMs)));
  const suspectedMs: Partial<Record<CameraFault, number>> = {};
  for (const fault of CAMERA_FAULTS) {
    const before = state.suspectedMs[fault] ?? 0;
    suspectedMs[fault] = Math.min(
      RAISE_AFTER_MS[fault],
      Math.max(0, before + weigh(fault, suspicion, sinceMs)),
    );
  }
  const speaksFor = suspicion === state.open || suspicion === "unclear" || isBlindTo(suspicion, state.open);
  let goodMs = state.open === undefined || speaksFor ? 0 : state.goodMs + sinceMs;
  let open = state.open;
  const changes: HealthChange[] = [];
  const close = (): void => {
    if (open === undefined) return;
    changes.push({ kind: "cleared", fault: open });
    suspectedMs[open] = 0;
    open = undefined;
    goodMs = 0;
  };
  if (goodMs >= CLEAR_AFTER_MS) close();
  const ripe = CAMERA_FAULTS.find((fault) => (suspectedMs[fault] ?? 0) >= RAISE_AFTER_MS[fault]);
  if (ripe !== undefined && ripe !== open && (open === undefined || isGraver(ripe, open))) {
    close();
    open = ripe;
    changes.push({ kind: "raised", fault: ripe });
  }
  return [{ open, suspectedMs, goodMs, lastMs: nowMs }, changes];
}

function weigh(fault: CameraFault, suspicion: Suspicion | "lost", sinceMs: number): number {
  if (suspicion === fault) return sinceMs;
  // A graver fault hides the others: they neither grow nor fade meanwhile.
  if (suspicion === "unclear" || isBlindTo(suspicion, fault)) return 0;
  return -AGAINST * sinceMs;
}

/** Without pictures nothing can be said of them; of a black one nothing about its focus. */
function isBlindTo(suspicion: Suspicion | "lost", fault: CameraFault | undefined): boolean {
  return fault !== undefined && suspicion !== "good" && suspicion !== "unclear" && isGraver(suspicion, fault);
}

function isGraver(one: CameraFault, other: CameraFault): boolean {
  return CAMERA_FAULTS.indexOf(one) < CAMERA_FAULTS.indexOf(other);
}

import type { BroadcastSource } from "./broadcast.ts";
import type { Rule } from "./site.ts";

// 撤防: people wash and fish at ponds every day. A pause has a person, a reason and an end, and arms itself again.

/** One rule, or a zone and with it every rule that watches it; a zone's pause leaves emergencies armed. */
export type PauseTarget =
  | { readonly kind: "rule"; readonly rule: string }
  | { readonly kind: "zone"; readonly camera: string; readonly zone: string };

/** Whether a pause of the zone keeps the rule from acting. An emergency is paused by its own name only. */
export function isOfZone({ when, alarm }: Rule, { camera, zone }: { camera: string; zone: string }): boolean {
  if (alarm?.severity === "emergency" || !("camera" in when) || when.camera !== camera) return false;
  return Object.entries(when).some(([key, value]) => ZONE_KEYS.includes(key) && value === zone);
}

/** What conditions call the zones that they watch. */
const ZONE_KEYS = ["zone", "from", "to"];

export const SHORTEST_PAUSE_SECONDS = 60;
export const LONGEST_PAUSE_SECONDS = 24 * 3600;

/** A pause as the ledger tells it. */
export interface Pause {
  readonly id: string;
  readonly target: PauseTarget;
  /** Wall time of its beginning; true only when `clock` is `synced`. */
  readonly fromMs: number;
  readonly durationMs: number;
  readonly clock: "synced" | "unsynced";
  readonly by: BroadcastSource;
  readonly reason: string;
  /** How often its rules would have acted. */
  readonly withheld: number;
}

export interface PauseBook {
  /** Those that nothing in the ledger ended, oldest first. */
  open(): Promise<Pause[]>;
}

export interface PauseView {
  readonly id: string;
  /** The rule, or camera and zone that it was asked for. */
  readonly rule?: string | undefined;
  readonly camera?: string | undefined;
  readonly zone?: string | undefined;
  /** What people call that. */
  readonly name: string;
  /** Rules that it keeps from acting. */
  readonly rules: readonly string[];
  /**
   * `waiting`: after a restart it cannot be told how much of it is left until the clock is synced; its rules are armed
   * meanwhile.
   */
  readonly state: "paused" | "waiting";
  readonly from: string;
  readonly until: string;
  readonly by: BroadcastSource;
  readonly reason: string;
  /** How often its rules would have acted. */
  readonly withheld: number;
}

export interface PauseOrder {
  readonly target: PauseTarget;
  /** For so long, or until a wall time. */
  readonly end: { readonly seconds: number } | { readonly untilMs: number };
  readonly reason: string;
}

export interface PauseDesk {
  /** Oldest first. */
  list(): readonly PauseView[];
  /**
   * A pause of the same target is replaced. Resolves once it is on disk and holds; until then the rules act.
   * @param mayPauseEmergencies whether who asks may silence calls for help.
   * @throws GatewayError `rule.unknown`, `camera.unknown`, `zone.unknown`, `pause.nothing`, `pause.past`, `pause.too_short`,
   *   `pause.too_long`, `pause.no_clock`, `pause.emergency` (permanent), `ledger.*`.
   */
  begin(order: PauseOrder, by: BroadcastSource, mayPauseEmergencies: boolean): Promise<PauseView>;
  /** Arms at once, even when the disk takes nothing. @throws GatewayError `pause.unknown` (permanent). */
  end(id: string, by: BroadcastSource): Promise<void>;
}

import type { BroadcastOrder, BroadcastSource, Priority } from "../core/broadcast.ts";
import {
  type HornLimits,
  LONGEST_AHEAD_MS,
  type QuietHours,
  silentHours,
  type VolumeCap,
} from "../core/horn-limits.ts";
import { isMinuteWithin } from "../core/schedule.ts";
import { faultOfText } from "../core/spoken-text.ts";
import type { Moment } from "../core/time.ts";

// The last word on what sounds. Whoever ordered it and however well he is known: an order that is authentic may be a
// mistake all the same. All of it is pure and asked again whenever a broadcast begins, repeats, and each minute it lasts.

export interface GuardContext {
  readonly now: Moment;
  readonly timezone: string;
  readonly clockSynced: boolean;
  readonly limits: HornLimits;
  readonly isKilled: boolean;
}

/** Whether an order may be heard on a speaker now, and as what. */
export type Verdict =
  | {
      readonly may: true;
      readonly volume: number;
      readonly repeat: number;
      /** Codes of what was changed or overlooked. */
      readonly notes: readonly string[];
    }
  | { readonly may: false; readonly reason: string };

/** When an order that has a date may begin. */
export type DateVerdict =
  | { readonly state: "due" }
  | { readonly state: "waits"; readonly waitsFor: "time" | "clock"; readonly leftMs?: number | undefined }
  | { readonly state: "refused"; readonly reason: string };

const CLASSES: Readonly<Record<BroadcastSource["kind"], readonly Priority[]>> = {
  rule: ["rule", "emergency"],
  person: ["local", "emergency"],
  township: ["township", "emergency"],
  schedule: ["schedule"],
  drill: ["drill"],
};

/** What is wrong with an order whatever the hour; undefined when nothing is. */
export function faultOf(order: BroadcastOrder): string | undefined {
  const { source, priority, repeat, volume } = order;
  if (!CLASSES[source.kind].includes(priority)) return "guard.class_not_allowed";
  if (!Number.isInteger(repeat) || repeat < 1 || !(volume >= 0 && volume <= 100)) return "request.invalid";
  // The amplifier would be on, and hum.
  if (volume === 0) return "broadcast.no_volume";
  const { content } = order;
  return (content.kind === "text" ? faultOfText(content.text) : undefined) ?? faultOfEmergency(order);
}

/** Who passes the quiet of the night says who he is and why. Rules do by their alarm and the second key. */
function faultOfEmergency({
  priority,
  source,
  person = "",
  reason = "",
}: BroadcastOrder): string | undefined {
  if (priority !== "emergency" || source.kind === "rule") return undefined;
  if (person.trim() === "") return "guard.person_needed";
  return reason.trim() === "" ? "guard.reason_needed" : undefined;
}

/** Different observations that must have come lately before this order counts; the order of a machine is one key itself. */
export function keysNeeded({ priority, source, isByHand }: BroadcastOrder): 0 | 1 | 2 {
  if (priority !== "emergency") return 0;
  if (source.kind === "rule") return 2;
  // Who sees the dam go must be able to warn alone; a program that names somebody was not there.
  return isByHand ? 0 : 1;
}

/** Dated orders wait for a clock that is known to be right: without it nobody can tell whether they are due or over. */
export function judgeDate(
  { notBeforeMs, expiresMs }: BroadcastOrder,
  { now, clockSynced }: Pick<GuardContext, "now" | "clockSynced">,
): DateVerdict {
  if (notBeforeMs === undefined && expiresMs === undefined) return { state: "due" };
  if (expiresMs !== undefined && notBeforeMs !== undefined && expiresMs <= notBeforeMs) {
    return { state: "refused", reason: "broadcast.never_due" };
  }
  if (!clockSynced) return { state: "waits", waitsFor: "clock" };
  if (expiresMs !== undefined && now.wallMs > expiresMs)
    return { state: "refused", reason: "broadcast.expired" };
  const leftMs = (notBeforeMs ?? 0) - now.wallMs;
  if (leftMs > LONGEST_AHEAD_MS) return { state: "refused", reason: "broadcast.too_far_ahead" };
  return leftMs > 0 ? { state: "waits", waitsFor: "time", leftMs } : { state: "due" };
}

/** Whether the order may be heard on this speaker now. */
export function judgeSpeaking(order: BroadcastOrder, speaker: string, context: GuardContext): Verdict {
  if (context.isKilled) return { may: false, reason: "guard.kill_switch" };
  const notes: string[] = [];
  const quiet = judgeHour(order, speaker, context);
  if (quiet.reason) return { may: false, reason: quiet.reason };
  if (quiet.note) notes.push(quiet.note);
  const { limits } = context;
  const caps = windowsOf(limits.loudest.filter(isAudible), order.priority, speaker)
    // In an hour that nobody knows the quietest of all hours holds.
    .filter((cap) => !context.clockSynced || isOn(cap, context));
  const volume = Math.min(order.volume, ...caps.map((cap) => cap.volume));
  if (volume < order.volume) notes.push("guard.volume_capped");
  const repeat = Math.min(order.repeat, limits.mostRepeats);
  if (repeat < order.repeat) notes.push("guard.repeats_capped");
  return { may: true, volume, repeat, notes };
}

/**
 * With an unknown hour it is night for what comes from afar or by itself; who stands there sees whether it is, and what warns at
 * the water must be heard.
 */
function judgeHour(
  { priority, source, isByHand }: BroadcastOrder,
  speaker: string,
  context: GuardContext,
): { readonly reason?: string; readonly note?: string } {
  const { quietHours } = context.limits;
  // No louder than nothing is silence: played at 0, the amplifier would be on and hum.
  const silent = silentHours(context.limits);
  if (priority === "emergency") {
    const here = silent.filter((window) => isAt(window, speaker));
    if (!context.clockSynced) return here.length > 0 ? { note: "guard.hour_unknown" } : {};
    return here.some((window) => isOn(window, context)) ? { note: "guard.quiet_override" } : {};
  }
  const windows = windowsOf(silent, priority, speaker);
  if (windows.length === 0) return {};
  if (context.clockSynced) {
    const on = windows.find((window) => isOn(window, context));
    return on ? { reason: quietHours.includes(on) ? "guard.quiet_hours" : "guard.muted" } : {};
  }
  const isThere = source.kind === "rule" || (source.kind === "person" && isByHand);
  return isThere ? { note: "guard.hour_unknown" } : { reason: "guard.hour_unknown" };
}

function windowsOf<Window extends QuietHours>(
  windows: readonly Window[],
  priority: Priority,
  speaker: string,
): readonly Window[] {
  return windows.filter((window) => window.classes.includes(priority) && isAt(window, speaker));
}

function isAudible({ volume }: VolumeCap): boolean {
  return volume > 0;
}

function isAt({ speakers }: QuietHours, speaker: string): boolean {
  return speakers === undefined || speakers.includes(speaker);
}

function isOn(window: QuietHours, { now, timezone }: GuardContext): boolean {
  return isMinuteWithin(window, now.wallMs, timezone);
}

// What stands in an event's data, which may be anything.

import type { VillageState } from "../../../core/village.ts";

/** Says a reason's code and who did something in the words of the messages. */
export interface Speech {
  reason(code: string): string;
  source(by: { readonly kind: string; readonly name: string }): string;
}

export function sourceOf(by: unknown, speech: Speech): string {
  if (isRecord(by)) return speech.source({ kind: textOf(by["kind"]), name: textOf(by["name"]) });
  return speech.source({ kind: "person", name: textOf(by) });
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export function nameIn(
  items: readonly { readonly id: string; readonly name: string }[],
  id: unknown,
): string {
  return items.find((item) => item.id === id)?.name ?? textOf(id);
}

export function pick(keys: Readonly<Record<string, string>>, choice: unknown): string | undefined {
  return typeof choice === "string" && Object.hasOwn(keys, choice) ? keys[choice] : undefined;
}

/** The rule, or the camera and zone, that an event is about. */
export function placeName(
  { rule, camera, zone }: Readonly<Record<string, unknown>>,
  { rules, cameras }: Pick<VillageState, "rules" | "cameras">,
): string {
  if (rule !== undefined) return nameIn(rules, rule);
  const zones = cameras.find(({ id }) => id === camera)?.zones ?? [];
  return `${nameIn(cameras, camera)} ${nameIn(zones, zone)}`;
}

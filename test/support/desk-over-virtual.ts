import { onTestFinished } from "vitest";
import { type Misbehaviour, startFleet } from "../../hw/virtual/fleet/fleet.ts";
import { createVirtualBox, type VirtualBox } from "../../hw/virtual/fleet/virtual-box.ts";
import { startTestDesk } from "./test-desk.ts";

export const TOKEN = "token-of-the-village-and-its-desk";
/** Of the village's files. */
export const SHARE = 1_000_000;

/** The real desk over one box that a test can bend as it likes. */
export async function startOverVirtual(
  prepare?: (box: VirtualBox) => void,
  how?: Misbehaviour,
  setting: { readonly mostEventBytes?: number } = {},
) {
  const box = createVirtualBox("longwan", TOKEN);
  prepare?.(box);
  const fleet = await startFleet([box]);
  fleet.misbehave(how);
  onTestFinished(() => fleet.close());
  const reach = { url: fleet.url("longwan") };
  const desk = await startTestDesk([{ id: "longwan", name: "龙湾村", token: TOKEN, reach }], {
    mostFileBytes: SHARE,
    ...setting,
  });
  return { ...desk, box, fleet };
}

export function raiseIn(box: VirtualBox, id: string): void {
  const data = { rule: "pond-bank", severity: "warning", because: { kind: "presence", camera: "pond" } };
  box.append({ type: "org.cunshao.alarm.raised", class: "alarm", subject: id, data });
}

/** What becomes of an alarm, e.g. `cleared`. */
export function tellIn(box: VirtualBox, what: string, id: string): void {
  box.append({ type: `org.cunshao.alarm.${what}`, class: "alarm", subject: id, data: { by: "lishi" } });
}

/** Events that are no alarms. */
export function fill(box: VirtualBox, count: number): void {
  for (let index = 0; index < count; index++) {
    box.append({ type: "org.cunshao.camera.changed", class: "state", data: { index } });
  }
}

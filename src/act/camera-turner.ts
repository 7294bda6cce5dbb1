import type { Effect } from "../core/alarm.ts";
import type { CameraControls } from "../core/camera-control.ts";
import { errorCode } from "../core/errors.ts";
import type { EventDraft } from "../core/event.ts";
import type { Logger } from "../core/log.ts";

export type LookEffect = Extract<Effect, { kind: "look" }>;

/**
 * Turns cameras as rules ask, and records how it went. One order at a time for each camera; of those that come meanwhile
 * the newest counts, because only one direction can be looked in. Never throws: nothing waits for a camera.
 */
export function createCameraTurner(dependencies: {
  readonly controls: CameraControls;
  readonly record: (draft: EventDraft) => void;
  readonly log: Logger;
}): (order: LookEffect) => void {
  const { controls, record, log } = dependencies;
  const next = new Map<string, LookEffect>();
  const turning = new Set<string>();

  async function turn({ camera, preset, rule, alarm }: LookEffect): Promise<void> {
    const data = { camera, preset, by: { kind: "rule", name: rule }, alarm };
    try {
      await controls.goTo(camera, preset);
      record({ type: "org.cunshao.camera.turned", class: "state", subject: camera, data });
    } catch (error) {
      const reason = errorCode(error);
      log.warn({ camera, preset, code: reason }, "a camera did not turn");
      record({
        type: "org.cunshao.camera.turn_failed",
        class: "state",
        subject: camera,
        data: { ...data, reason },
      });
    }
  }

  async function turnAll(camera: string): Promise<void> {
    turning.add(camera);
    for (;;) {
      const order = next.get(camera);
      if (!order) break;
      next.delete(camera);
      await turn(order);
    }
    turning.delete(camera);
  }

  return (order) => {
    next.set(order.camera, order);
    if (!turning.has(order.camera)) void turnAll(order.camera);
  };
}

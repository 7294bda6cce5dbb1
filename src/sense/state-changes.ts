import type { EventDraft } from "../core/event.ts";
import type { Observation } from "../core/observation.ts";

/**
 * Tells which observations are changes that the ledger keeps: a camera's or a sensor's state, an input.
 * Readings themselves are telemetry, and who is in a zone is the rules' affair.
 */
export function createChangeFilter(): (observation: Observation) => EventDraft | undefined {
  const qualities = new Map<string, string>();
  return (observation) => {
    switch (observation.kind) {
      case "camera": {
        const { camera, state, reason } = observation;
        return change("org.cunshao.camera.changed", camera, { camera, state, reason });
      }
      case "contact": {
        const { input, closed } = observation;
        return change("org.cunshao.input.changed", input, { input, closed });
      }
      case "reading": {
        const { sensor, quality } = observation;
        if (qualities.get(sensor) === quality) return undefined;
        qualities.set(sensor, quality);
        return change("org.cunshao.sensor.changed", sensor, { sensor, quality });
      }
      case "presence":
      case "tracks":
      case "crossing":
        return undefined;
    }
  };
}

function change(type: string, subject: string, data: Record<string, unknown>): EventDraft {
  return { type, class: "state", subject, data };
}

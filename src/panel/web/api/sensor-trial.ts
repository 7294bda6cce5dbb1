import type { SensorTrial, TypedSensor } from "../../../core/set-up.ts";
import { call } from "./http.ts";

/** Reads a sensor once as it is typed. @throws ProblemError. */
export function readOnce({ profile, bus, address }: TypedSensor): ReturnType<SensorTrial["read"]> {
  return call("POST", "/set-up/reading", { profile, bus, address });
}

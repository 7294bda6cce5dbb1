import type { BroadcastSource } from "./broadcast.ts";

// What the configuration says of devices, zones and rules, changed on the page: told in the file's own words, checked
// with the whole file, and in force from the next start on, which follows at once.

/** Lists that are changed; none speaks of a later one. A zone stands in its camera. */
export const SET_UP_LISTS = ["sensors", "speakers", "upstreams", "zones", "rules"] as const;
export type SetUpList = (typeof SET_UP_LISTS)[number];

/** An entry as the file would have it: with names of secrets, never with secrets. */
export type WrittenEntry = Readonly<Record<string, unknown>>;

export interface SetUpPlace {
  readonly list: SetUpList;
  readonly id: string;
  /** Of a zone, and of nothing else. */
  readonly camera?: string | undefined;
}

export interface SetUpChange extends SetUpPlace {
  /** Null: taken out. */
  readonly entry: WrittenEntry | null;
}

export interface StandingChange extends SetUpChange {
  readonly by: string;
  /** ISO time. */
  readonly at: string;
}

export interface SetUpEntry extends SetUpPlace {
  /** As it is in force; of one that was taken out, what the file says. */
  readonly entry: WrittenEntry;
  /** `file`: as configured. The others were made on the page: `changed` and `removed` over an entry of the file, `added` without one. */
  readonly origin: "file" | "changed" | "added" | "removed";
  readonly by?: string | undefined;
  readonly at?: string | undefined;
}

/** A change that is kept and does not act. */
export interface LeftOutChange extends StandingChange {
  /** `misfit`: it does not fit the file any more. `not-started`: the gateway did not start with it. */
  readonly why: "misfit" | "not-started";
  /** Of a misfit: where in the entry, and what was expected, in English. */
  readonly problem?: string | undefined;
}

/** A model of the hardware profiles, for a list to choose from. */
export interface ModelChoice {
  readonly id: string;
  readonly name: string;
  /** Of a sensor: what it measures in. */
  readonly unit?: string | undefined;
  /** Of a board of relays: how many. */
  readonly channels?: number | undefined;
}

/** A sensor as it is typed, on a line of the configuration. */
export interface TypedSensor {
  readonly profile: string;
  readonly bus: string;
  /** Modbus unit. */
  readonly address: number;
}

/** Reads a sensor once before anybody relies on it. */
export interface SensorTrial {
  /**
   * @returns the value in its unit, or null where the device itself says that it has none.
   * @throws GatewayError `sensor_trial.busy` (one at a time), `sensor_trial.other_line` (something else than Modbus is spoken there),
   *   `profile.missing`, `modbus.unknown_bus` (permanent), `modbus.timeout`, `modbus.exception`, `modbus.port_lost`, `time.out` (transient).
   */
  read(sensor: TypedSensor): Promise<{ readonly value: number | null; readonly unit: string }>;
}

export interface SetUpView {
  /** Another one with each change on the page; 0 as long as nobody made any. */
  readonly version: number;
  /** The version that the gateway began with; less than `version` until it has started anew. */
  readonly running: number;
  readonly entries: readonly SetUpEntry[];
  readonly leftOut: readonly LeftOutChange[];
  readonly buses: readonly { readonly id: string; readonly port: string; readonly framing: string }[];
  readonly sensorModels: readonly ModelChoice[];
  readonly relayModels: readonly ModelChoice[];
}

export interface SetUpDesk {
  view(): SetUpView;
  /**
   * Changes entries, all of them or none; on disk when it resolves, and in force after the start that follows as soon as no horn sounds.
   * @param version that the changes were made on.
   * @param secrets by the name by which the entries speak of them; each name begins with `page-`.
   * @throws GatewayError `set_up.changed`, `set_up.invalid`, `set_up.nothing`, `set_up.of_the_file`, `set_up.emergency`, `set_up.too_many`,
   *   `set_up.secret_needed`, `set_up.file_broken`,
   *   `set_up.unreadable` (permanent), `set_up.unwritable` (transient), `ledger.*`.
   */
  change(
    version: number,
    changes: readonly SetUpChange[],
    secrets: Readonly<Record<string, string>>,
    by: BroadcastSource,
  ): Promise<SetUpView>;
  /** Puts back what the file says; what was added goes. @throws as `change`. */
  restore(version: number, places: readonly SetUpPlace[], by: BroadcastSource): Promise<SetUpView>;
}

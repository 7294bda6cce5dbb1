import type { SetUpView, TypedSensor, WrittenEntry } from "../../../core/set-up.ts";
import { actingEntries, type EntryWays, numberOf, textOf, unlessUsual, whatIsSaid } from "./entry-work.ts";
import { type Phrase, phrase } from "./phrase.ts";

// A sensor as its form shows it. Ranges as src/config/schema.ts has them.

export interface SensorDraft {
  readonly name: string;
  readonly profile: string;
  /** Id of the line that it hangs on. */
  readonly bus: string;
  /** Modbus unit; NaN where the field is empty. */
  readonly address: number;
  readonly pollSeconds: number;
}

export const LONGEST_NAME = 60;
export const ADDRESSES = { min: 1, max: 255 } as const;
export const POLL_SECONDS = { min: 0.2, max: 3600 } as const;
const USUAL_POLL_SECONDS = 5;

export const sensorWays: EntryWays<SensorDraft> = {
  draftOf: (entry) => ({
    name: textOf(entry, "name"),
    profile: textOf(entry, "profile"),
    bus: textOf(entry, "bus"),
    address: numberOf(entry, "address"),
    pollSeconds: numberOf(entry, "pollSeconds", USUAL_POLL_SECONDS),
  }),
  entryOf: (base, { name, pollSeconds, ...rest }) =>
    whatIsSaid({
      ...base,
      ...rest,
      name: name.trim(),
      pollSeconds: unlessUsual(base["pollSeconds"], pollSeconds, USUAL_POLL_SECONDS),
    }),
};

/** What a new sensor most likely is: on the line that has the others. */
export function newSensor(view: SetUpView): WrittenEntry {
  const last = actingEntries(view, "sensors").at(-1)?.entry ?? {};
  const { buses } = view;
  return { bus: textOf(last, "bus") || (buses.length === 1 ? (buses[0]?.id ?? "") : "") };
}

/** What people get wrong; undefined where nothing is. */
export function sensorFault({ name, pollSeconds, ...typed }: SensorDraft): Phrase | undefined {
  if (name.trim() === "") return phrase("device.fault.name");
  const placed = placeFault(typed);
  if (placed) return placed;
  if (!isWithin(pollSeconds, POLL_SECONDS)) return phrase("device.fault.poll", POLL_SECONDS);
  return undefined;
}

/** What is wrong with what it takes to read it. */
export function placeFault({ profile, bus, address }: TypedSensor): Phrase | undefined {
  if (profile === "") return phrase("device.fault.model");
  if (bus === "") return phrase("device.fault.bus");
  if (!isWholeWithin(address, ADDRESSES)) return phrase("device.fault.address", ADDRESSES);
  return undefined;
}

/** Why a sensor could not be read on trial, and what to look at. */
const READING_FAULTS: Readonly<Record<string, string>> = {
  "modbus.timeout": "device.unread.silent",
  "time.out": "device.unread.silent",
  "modbus.exception": "device.unread.other",
  "modbus.port_lost": "device.unread.port",
};

/** @param code why the box could not read it. @param reason the same in words, where nothing better is known. */
export function readingFault(code: string, reason: string): Phrase {
  return phrase(READING_FAULTS[code] ?? "device.unread.why", { reason });
}

/** Name of another sensor that stands at the same address of the same line: mostly a slip, and allowed for a device that measures two things. */
export function sharesAddress(
  view: SetUpView,
  id: string | undefined,
  { bus, address }: SensorDraft,
): string | undefined {
  const other = actingEntries(view, "sensors").find(
    (one) => one.id !== id && one.entry["bus"] === bus && one.entry["address"] === address,
  );
  return other && textOf(other.entry, "name");
}

interface Span {
  readonly min: number;
  readonly max: number;
}

/** Empty fields are NaN, and within nothing. */
export function isWithin(value: number, { min, max }: Span): boolean {
  return value >= min && value <= max;
}

export function isWholeWithin(value: number, span: Span): boolean {
  return Number.isInteger(value) && isWithin(value, span);
}

import { reactive, ref } from "vue";
import type { BroadcastSource } from "../../../core/broadcast.ts";
import type { DutyTurn } from "../../../core/site.ts";
import { EVERY_DAY, minuteOf, timeOfDay } from "../words/weekly.ts";
import { call, codeOf } from "./http.ts";
import { whenSomebodyElseComes } from "./next-person.ts";
import { cleaned } from "./speak-text.ts";

export interface Roster {
  readonly turns: readonly DutyTurn[];
  readonly version: number;
  readonly written?: { readonly by: BroadcastSource; readonly at: string };
}

/** One turn as its fields have it. */
export interface TurnDraft {
  name: string;
  phone: string;
  days: readonly number[];
  /** As fields of the type `time` have them; both empty: all day. */
  from: string;
  to: string;
  /** What these fields do not show, and which stays as it is. */
  readonly rest: Pick<DutyTurn["when"], "season" | "also">;
}

const roster = ref<Roster>();
/** Code of why the last attempt failed. */
const failure = ref<string>();

export const duty = { roster, failure };

/** What somebody writes; outside the components, so that a log-in in between does not lose it. */
export const draft = reactive({ isOpen: false, version: 0, turns: [] as TurnDraft[] });

whenSomebodyElseComes(() => {
  draft.isOpen = false;
});

export async function loadDuty(): Promise<void> {
  try {
    roster.value = await call<Roster>("GET", "/duty");
    failure.value = undefined;
  } catch (error) {
    failure.value = codeOf(error);
  }
}

export function beginDuty(): void {
  const { turns = [], version = 0 } = roster.value ?? {};
  draft.turns = turns.map(({ name, phone, when }) => {
    const { days, fromMinute, toMinute, ...rest } = when;
    const isAllDay = fromMinute === 0 && toMinute === 1440;
    const [from, to] = isAllDay ? ["", ""] : [timeOfDay(fromMinute), timeOfDay(toMinute % 1440)];
    return { name, phone, days, from, to, rest };
  });
  if (draft.turns.length === 0) addTurn();
  draft.version = version;
  draft.isOpen = true;
}

export function addTurn(): void {
  draft.turns.push({ name: "", phone: "", days: EVERY_DAY, from: "", to: "", rest: {} });
}

/** What is wrong first, and in which turn (from 1); undefined when nothing is. */
export function missingInDuty():
  | { readonly what: "name" | "phone" | "days"; readonly number: number }
  | undefined {
  for (const [index, { name, phone, days }] of draft.turns.entries()) {
    const number = index + 1;
    if (name.trim() === "") return { what: "name", number };
    if (!/^\+?\d[\d -]{1,18}\d$/.test(phone.trim())) return { what: "phone", number };
    if (days.length === 0) return { what: "days", number };
  }
  return undefined;
}

/** @throws ProblemError. */
export async function saveDuty(): Promise<void> {
  const turns = draft.turns.map(({ name, phone, days, from, to, rest }) => {
    const fromMinute = minuteOf(from);
    const toMinute = minuteOf(to);
    const isAllDay = fromMinute === undefined && toMinute === undefined;
    const hours = isAllDay
      ? { fromMinute: 0, toMinute: 1440 }
      : { fromMinute: fromMinute ?? 0, toMinute: toMinute || 1440 };
    return { name: cleaned(name), phone: phone.trim(), when: { ...rest, days, ...hours } };
  });
  roster.value = await call<Roster>("PUT", "/duty", { turns, version: draft.version });
}

export async function restoreDuty(): Promise<void> {
  try {
    roster.value = await call<Roster>("DELETE", "/duty");
    failure.value = undefined;
  } catch (error) {
    failure.value = codeOf(error);
  }
}

import type { VillageState } from "../../../core/village.ts";
import { letGoPhrase } from "./ledger-words.ts";
import { isBlind } from "./overall.ts";
import { type Phrase, phrase } from "./phrase.ts";
import type { Times } from "./times.ts";

/** One thing of the box, and how it is. */
export interface Condition {
  readonly name:
    | "cameras"
    | "people"
    | "horns"
    | "switches"
    | "sensors"
    | "inputs"
    | "disk"
    | "clock"
    | "power"
    | "heat";
  readonly phrases: readonly Phrase[];
  readonly well: boolean;
}

const GB = 1e9;
const DAYS_A_YEAR = 365;
const HOT_CELSIUS = 80;

/** How the parts of the box are; what it does not have is left out. */
export function conditionsOf(
  state: VillageState,
  times: Times,
  say: (phrase: Phrase) => string,
): Condition[] {
  return [
    ...cameras(state),
    ...people(state),
    ...horns(state),
    ...switches(state),
    ...sensors(state),
    ...inputs(state),
    ...disk(state, times, say),
    clock(state),
    ...board(state, times, say),
  ];
}

function cameras({ cameras: all }: VillageState): Condition[] {
  if (all.length === 0) return [];
  const blind = all.filter(isBlind).length;
  const count = all.length;
  const connecting = all.filter((camera) => !isBlind(camera) && camera.state === "connecting").length;
  const said =
    blind > 0
      ? phrase("condition.camerasBlind", { count, blind })
      : connecting > 0
        ? phrase("condition.camerasConnecting", { count, connecting })
        : phrase("condition.camerasSee", { count });
  return [{ name: "cameras", phrases: [said], well: blind + connecting === 0 }];
}

/** Whoever has no recogniser has nothing to say of it, nor has one that is well. */
function people({ parts }: VillageState): Condition[] {
  const ill = parts.find(({ name, status }) => name === "vision" && status === "degraded");
  if (!ill) return [];
  const key = ill.reason === "detector.short" ? "condition.peopleShort" : "condition.peopleNot";
  return [{ name: "people", phrases: [phrase(key)], well: false }];
}

function switches({ switches: all = [], parts }: VillageState): Condition[] {
  if (all.length === 0) return [];
  const fault = parts.filter(
    ({ name, status }) => name.startsWith("switch ") && status === "degraded",
  ).length;
  const key = fault === 0 ? "condition.switchesWell" : "condition.switchesFault";
  return [{ name: "switches", phrases: [phrase(key, { count: all.length, fault })], well: fault === 0 }];
}

function inputs({ inputs: all }: VillageState): Condition[] {
  if (all.length === 0) return [];
  const lost = all.filter(({ closed }) => closed === null).length;
  const key = lost === 0 ? "condition.inputsRead" : "condition.inputsLost";
  return [{ name: "inputs", phrases: [phrase(key, { count: all.length, lost })], well: lost === 0 }];
}

function horns({ speakers }: VillageState): Condition[] {
  if (speakers.length === 0) return [];
  const fault = speakers.filter((speaker) => speaker.fault !== undefined).length;
  const key = fault === 0 ? "condition.hornsWell" : "condition.hornsFault";
  return [{ name: "horns", phrases: [phrase(key, { count: speakers.length, fault })], well: fault === 0 }];
}

function sensors({ sensors: all }: VillageState): Condition[] {
  if (all.length === 0) return [];
  const lost = all.filter(({ quality }) => quality !== "good").length;
  const key = lost === 0 ? "condition.sensorsRead" : "condition.sensorsLost";
  return [{ name: "sensors", phrases: [phrase(key, { count: all.length, lost })], well: lost === 0 }];
}

function disk(
  { storage, parts, letGo, now }: VillageState,
  times: Times,
  say: (phrase: Phrase) => string,
): Condition[] {
  if (!storage) return [];
  const { outlook, freeBytes, cardLifeDays } = storage;
  const free = (freeBytes / GB).toFixed(freeBytes < 10 * GB ? 1 : 0);
  const phrases = [phrase("condition.diskFree", { free })];
  if (outlook) {
    phrases.push(phrase("condition.diskDays", { days: outlook.days, wanted: outlook.wantedDays }));
  }
  if (cardLifeDays !== undefined) {
    phrases.push(
      phrase("condition.diskCard", { years: Math.max(0.1, cardLifeDays / DAYS_A_YEAR).toFixed(1) }),
    );
  }
  const day = (iso: string): string => say(times.day(iso, now));
  if (letGo?.sent) phrases.push(letGoPhrase("condition.diskLetGo", letGo.sent, day));
  if (letGo?.unsent) phrases.push(letGoPhrase("condition.diskLost", letGo.unsent, day));
  const well = !parts.some(
    ({ name, status }) => ["recordings", "ledger", "evidence"].includes(name) && status === "degraded",
  );
  return [{ name: "disk", phrases, well }];
}

function clock({ clock: quality }: VillageState): Condition {
  const well = quality === "synced";
  return { name: "clock", phrases: [phrase(well ? "condition.clockRight" : "condition.clockWrong")], well };
}

function board(
  { board: view, now }: VillageState,
  times: Times,
  say: (phrase: Phrase) => string,
): Condition[] {
  const { supply, celsius, since = now } = view ?? {};
  const power =
    supply === undefined
      ? phrase("condition.powerUnknown")
      : supply === "good"
        ? phrase("condition.powerGood")
        : phrase("condition.powerLow", { time: say(times.since(since, now)) });
  const heat = celsius === undefined ? [] : [phrase("condition.heatIs", { celsius: Math.round(celsius) })];
  return [
    { name: "power", phrases: [power], well: supply !== "low" },
    ...(celsius === undefined ? [] : [{ name: "heat" as const, phrases: heat, well: celsius < HOT_CELSIUS }]),
  ];
}

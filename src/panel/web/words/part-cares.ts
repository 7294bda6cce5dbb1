import type { PartHealth } from "../../../core/part.ts";
import type { VillageState } from "../../../core/village.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { recordingCare } from "./recording-words.ts";

export type ReasonOf = (code: string) => string;
type Teller = (part: PartHealth, state: VillageState, reasonOf: ReasonOf) => readonly Phrase[];

const STORAGE: Readonly<Record<string, string>> = {
  "ledger.full": "overall.storageFull",
  "ledger.quarantined": "overall.storageDamaged",
};

const BOARD: Readonly<Record<string, string>> = {
  "board.supply_low": "overall.boardPower",
  "board.hot": "overall.boardHot",
};

/** What a camera, a horn, a sensor or a waterline lacks stands in its own view, and is told from there. */
const inItsView: Teller = () => [];

const voice: Teller = ({ reason = "" }, _state, reasonOf) => [
  phrase("overall.voiceRecording", { reason: reasonOf(reason) }),
];

/** By the name of a part, or by its beginning where there is one for each device: what is said of it. The gravest first. */
const TELLERS: readonly (readonly [name: string, teller: Teller])[] = [
  ["ledger", ({ reason = "" }) => [phrase(STORAGE[reason] ?? "overall.storageFault")]],
  ["guard", () => [phrase("overall.guardMissing")]],
  ["input ", ({ name }, { inputs }) => [phrase("overall.inputLost", { name: nameOf(inputs, name) })]],
  [
    "switch ",
    ({ name, reason = "" }, { switches = [] }, reasonOf) => [
      phrase("overall.switchFault", { name: nameOf(switches, name), reason: reasonOf(reason) }),
    ],
  ],
  [
    "vision",
    ({ reason = "" }, _state, reasonOf) => [
      phrase(reason === "detector.short" ? "overall.peopleShort" : "overall.peopleNotSought", {
        reason: reasonOf(reason),
      }),
    ],
  ],
  [
    "board",
    ({ reason = "" }, _state, reasonOf) => [
      phrase(BOARD[reason] ?? "overall.partFault", { reason: reasonOf(reason) }),
    ],
  ],
  ["rules", () => [phrase("overall.rulesLeftOut")]],
  [
    "set-up",
    ({ reason = "" }, _state, reasonOf) => [phrase("overall.setUpLeftOut", { reason: reasonOf(reason) })],
  ],
  ["panel", () => [phrase("overall.certificateFault")]],
  ["voice recordings", voice],
  ["voice program", voice],
  ["recordings", (_part, state, reasonOf) => recordingCare(state, reasonOf)],
  ["evidence", () => [phrase("overall.evidenceNoRoom")]],
  [
    "camera control ",
    ({ name, reason = "" }, { cameras }, reasonOf) => {
      const camera = cameras.find(({ id }) => id === idIn(name));
      // Of one that is not there at all this goes without saying.
      if (camera && camera.state !== "running") return [];
      return [phrase("overall.cameraControl", { name: nameOf(cameras, name), reason: reasonOf(reason) })];
    },
  ],
  ["camera health", inItsView],
  [
    "camera ",
    ({ name, reason = "" }, { cameras }, reasonOf) => {
      const camera = cameras.find(({ id }) => id === idIn(name));
      if (camera?.state !== "running") return [];
      return [phrase("overall.cameraNotRecorded", { name: camera.name, reason: reasonOf(reason) })];
    },
  ],
  ["speaker ", inItsView],
  ["hearing", inItsView],
  ["sensor ", inItsView],
  ["zones", inItsView],
  ["gps", () => [phrase("overall.gpsLost")]],
  [
    "desk ",
    ({ reason = "" }, _state, reasonOf) => [phrase("overall.deskAway", { reason: reasonOf(reason) })],
  ],
];

/** What somebody should know of the parts of the box that are not well; of one that has no words here, too. */
export function partCares(state: VillageState, reasonOf: ReasonOf): Phrase[] {
  const ill = state.parts
    .filter(({ status }) => status === "degraded")
    .map((part) => ({ part, place: placeOf(part.name) }))
    .sort((a, b) => a.place - b.place);
  return ill.flatMap(({ part, place }) => {
    const [, teller] = TELLERS[place] ?? [];
    if (teller) return teller(part, state, reasonOf);
    return [phrase("overall.partFault", { reason: reasonOf(part.reason ?? "") })];
  });
}

/** Where the first of them stands that means this part; behind all where none does. */
function placeOf(name: string): number {
  const found = TELLERS.findIndex(([meant]) =>
    meant.endsWith(" ") ? name.startsWith(meant) : name === meant,
  );
  return found < 0 ? TELLERS.length : found;
}

/** Parts for a device are called after it: `input sos`. */
function idIn(part: string): string {
  return part.slice(part.lastIndexOf(" ") + 1);
}

function nameOf(devices: readonly { readonly id: string; readonly name: string }[], part: string): string {
  return devices.find(({ id }) => id === idIn(part))?.name ?? idIn(part);
}

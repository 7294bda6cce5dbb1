import type { AlarmStatus } from "../../../core/alarm.ts";
import type { CameraView, VillageState } from "../../../core/village.ts";
import { partCares, type ReasonOf } from "./part-cares.ts";
import { type Phrase, phrase } from "./phrase.ts";
import type { Times } from "./times.ts";
import { cutOffPhrases } from "./township.ts";

/** `alarm` is kept for alarms, `handled` for those somebody has seen; `care` is what should be looked after. */
export type Tone = "calm" | "care" | "handled" | "alarm";

export interface Overall {
  readonly tone: Tone;
  /** Most important first; never empty. */
  readonly phrases: readonly Phrase[];
}

/** Of a horn that was switched on while nothing was heard. */
const UNHEARD = "hearing.no_sound";

/** How the village is, in a few words. `say` turns a time's phrase into text, `reasonOf` a code, also one without words. */
export function overallOf(
  state: VillageState,
  times: Times,
  say: (phrase: Phrase) => string,
  reasonOf: ReasonOf,
): Overall {
  const open = countOf(state, "raised") + countOf(state, "escalated");
  const handled = countOf(state, "acknowledged");
  const cares = [
    ...partCares(state, reasonOf),
    ...cameraPhrases(state, times, say),
    ...state.sensors
      .filter(({ quality, at }) => quality !== "good" && at !== undefined)
      .map(({ name }) => phrase("overall.sensorLost", { name })),
    ...state.cameras.flatMap(({ name: camera, zones }) =>
      zones
        .filter(({ water }) => water?.state === "lost")
        .map(({ name }) => phrase("overall.waterlineLost", { name: `${camera}${name}` })),
    ),
    ...state.speakers
      .filter(({ fault }) => fault !== undefined)
      .map(({ name, fault }) =>
        phrase(fault === UNHEARD ? "overall.speakerUnheard" : "overall.speakerFault", { name }),
      ),
    ...cutOffPhrases(state, say),
  ];
  const paused = state.pauses.filter((pause) => pause.state === "paused").length;
  if (paused > 0) cares.push(phrase("overall.paused", { count: paused }));
  // Beside anything that somebody has to see to, this would be noise.
  if (open + handled + cares.length === 0 && state.clock === "unsynced") {
    cares.push(phrase("overall.clockUnsynced"));
  }
  if (open > 0) return { tone: "alarm", phrases: [phrase("overall.alarms", { count: open }), ...cares] };
  if (handled > 0)
    return { tone: "handled", phrases: [phrase("overall.handled", { count: handled }), ...cares] };
  if (cares.length > 0) return { tone: "care", phrases: cares };
  return { tone: "calm", phrases: [phrase("overall.well")] };
}

function countOf({ alarms }: VillageState, wanted: AlarmStatus): number {
  return alarms.filter(({ status }) => status === wanted).length;
}

function cameraPhrases(state: VillageState, times: Times, say: (phrase: Phrase) => string): Phrase[] {
  const blind = state.cameras.filter(isBlind);
  const connecting = state.cameras.filter((camera) => camera.state === "connecting");
  const [first, ...more] = blind;
  if (first && more.length === 0) {
    const [fault] = first.faults;
    const time = say(times.since(hasPictures(first) && fault ? fault.since : first.since, state.now));
    return [phrase("overall.cameraBlind", { name: first.name, time })];
  }
  if (first) return [phrase("overall.camerasBlind", { count: blind.length })];
  return connecting.slice(0, 1).map(({ name }) => phrase("overall.cameraConnecting", { name }));
}

/** No pictures, or none that show what they should. */
export function isBlind(camera: CameraView): boolean {
  return !hasPictures(camera) || camera.faults.length > 0;
}

function hasPictures({ state }: CameraView): boolean {
  return state === "running" || state === "connecting";
}

/** What is wrong with a camera and since when; undefined while nothing is, or its state says it already. */
export function faultPhrase(
  camera: CameraView,
  now: string,
  times: Times,
  say: (phrase: Phrase) => string,
): Phrase | undefined {
  const [fault] = camera.faults;
  if (!fault || !hasPictures(camera)) return undefined;
  return phrase("camera.faultSince", {
    fault: say(phrase(`camera.fault.${fault.fault}`)),
    time: say(times.since(fault.since, now)),
  });
}

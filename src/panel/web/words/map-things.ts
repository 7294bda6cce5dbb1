import type { Rule } from "../../../core/site.ts";
import type { AlarmView, CameraView, SensorView, SpeakerView, VillageState } from "../../../core/village.ts";
import { type MapPlace, type MapThing, mapKey } from "../../../core/village-map.ts";
import { openAlarms } from "./alarm-words.ts";
import { inputWords } from "./input-words.ts";
import { faultPhrase, isBlind, type Tone } from "./overall.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { hourPhrase, isRain } from "./rain-words.ts";
import { figure, sensorWords } from "./sensor-words.ts";
import type { Times } from "./times.ts";

/** What can stand on a map, and how it is right now. */
export interface MapItem extends MapThing {
  readonly name: string;
  readonly tone: Tone;
  readonly phrase: Phrase;
  /** What is read off it at a glance. */
  readonly value?: string | undefined;
}

/** Alarms at one thing, the gravest first. */
export interface MapAlarm {
  readonly alarm: AlarmView;
  readonly count: number;
  readonly at: MapThing | undefined;
}

export type MapVillage = Pick<
  VillageState,
  "cameras" | "speakers" | "sensors" | "inputs" | "rules" | "clock"
>;

/** Everything of the village that can be placed, as it is now. `say` turns a time's phrase into text. */
export function villageItems(
  { cameras, speakers, sensors, inputs, rules, clock }: MapVillage,
  now: string,
  times: Times,
  say: (phrase: Phrase) => string,
): readonly MapItem[] {
  return [
    ...cameras.map((camera): MapItem => {
      const { id, name } = camera;
      return { kind: "camera", id, name, ...cameraWords(camera, now, times, say) };
    }),
    ...speakers.map((speaker): MapItem => {
      const { speaker: id, name } = speaker;
      return { kind: "speaker", id, name, ...speakerWords(speaker) };
    }),
    ...sensors.map((sensor): MapItem => {
      const { id, name } = sensor;
      const { tone, phrase: words } = sensorWords(sensor, { rules, clock });
      const shown = readOff(sensor, say);
      return { kind: "sensor", id, name, tone, phrase: words, value: shown };
    }),
    ...inputs.map((input): MapItem => {
      const { id, name } = input;
      return { kind: "input", id, name, ...inputWords(input, { rules }) };
    }),
  ];
}

/** What a sensor shows at a glance: of a gauge not its total, but what came. */
function readOff(sensor: SensorView, say: (phrase: Phrase) => string): string | undefined {
  const { value, unit } = sensor;
  if (!isRain(sensor)) return value === null ? undefined : `${figure(value)} ${unit}`;
  const rain = hourPhrase(sensor);
  return rain && say(rain);
}

type Words = Pick<MapItem, "tone" | "phrase">;

function cameraWords(camera: CameraView, now: string, times: Times, say: (phrase: Phrase) => string): Words {
  if (isBlind(camera)) {
    return { tone: "care", phrase: faultPhrase(camera, now, times, say) ?? phrase("camera.blind") };
  }
  const zones = camera.zones.filter(({ id }) => camera.occupied.includes(id)).map(({ name }) => name);
  if (zones.length === 0) return { tone: "calm", phrase: phrase("map.sees") };
  return { tone: "care", phrase: phrase("camera.occupied", { zone: zones.join(say(phrase("list.join"))) }) };
}

function speakerWords({ fault, phase }: SpeakerView): Words {
  if (fault !== undefined) return { tone: "care", phrase: phrase("map.speakerFault") };
  return { tone: "calm", phrase: phrase(`speak.phases.${phase}`) };
}

/** Where each open alarm is; several at one thing are told together. */
export function mapAlarms(alarms: readonly AlarmView[], rules: readonly Rule[]): readonly MapAlarm[] {
  const found = new Map<string, MapAlarm>();
  for (const alarm of openAlarms(alarms)) {
    const at = thingOf(alarm, rules);
    const key = at ? mapKey(at) : alarm.id;
    const known = found.get(key);
    found.set(key, known ? { ...known, count: known.count + 1 } : { alarm, count: 1, at });
  }
  return [...found.values()];
}

/** What the alarm's rule watches. */
function thingOf({ camera, rule }: AlarmView, rules: readonly Rule[]): MapThing | undefined {
  if (camera !== undefined) return { kind: "camera", id: camera };
  const when = rules.find(({ id }) => id === rule)?.when;
  if (when?.kind === "level") return { kind: "sensor", id: when.sensor };
  if (when?.kind === "contact") return { kind: "input", id: when.input };
  return undefined;
}

/** What still waits to be placed. */
export function unplaced<Thing extends MapThing>(
  things: readonly Thing[],
  places: readonly MapPlace[],
): readonly Thing[] {
  const placed = new Set(places.map(mapKey));
  return things.filter((thing) => !placed.has(mapKey(thing)));
}

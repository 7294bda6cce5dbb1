import type { DeskBox } from "../../../core/township-desk.ts";
import { boxPhrases, statusPhrase, toneOf } from "./desk-words.ts";
import type { MapItem } from "./map-things.ts";
import type { Phrase } from "./phrase.ts";

/** The villages as they stand on the township's map: the gravest thing of each, in few words. */
export function deskItems(
  boxes: readonly DeskBox[],
  now: string,
  say: (phrase: Phrase) => string,
  reasonOf: (code: string) => string,
): readonly MapItem[] {
  return boxes.map((box): MapItem => {
    const status = statusPhrase(box, now, say, reasonOf);
    const [first] = boxPhrases(box);
    // Of a village that is not heard, nothing else is as it was.
    const told = box.status === "here" ? (first ?? status) : status;
    return { kind: "village", id: box.id, name: box.name, tone: toneOf(box), phrase: told };
  });
}

const HALF_TURN = 180;

/** Longitude and latitude (WGS 84) in fractions of the square of Web Mercator. */
export function mercator([longitude, latitude]: readonly [number, number]): readonly [number, number] {
  const sine = Math.sin((latitude * Math.PI) / HALF_TURN);
  return [(longitude + HALF_TURN) / (2 * HALF_TURN), 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

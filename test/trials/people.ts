import { existsSync, readFileSync } from "node:fs";
import { type Cutout, cutOutPeople } from "../../hw/virtual/scene/trials/cutouts.ts";
import { footage } from "../support/rtsp-cameras.ts";

const CLIP = "one-by-one-person.mp4";

interface FootageLabels {
  readonly clips: readonly { readonly file: string; readonly people: readonly [number, number][] }[];
}

/** Why there are no people for the scenes on this machine; undefined when there are. */
export function peopleObstacle(): string | undefined {
  return existsSync(footage(CLIP)) && existsSync(footage("labels.json"))
    ? undefined
    : "needs ../shared/footage";
}

/** Real people, who walk through a room one after the other; at most so many. */
export async function realPeople(most = Number.POSITIVE_INFINITY): Promise<readonly (readonly Cutout[])[]> {
  const { clips } = JSON.parse(readFileSync(footage("labels.json"), "utf8")) as FootageLabels;
  const spans = clips.find(({ file }) => file === CLIP)?.people ?? [];
  return cutOutPeople(footage(CLIP), spans.slice(0, most));
}

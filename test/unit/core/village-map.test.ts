import { expect, test } from "vitest";
import { type MapPlace, type MapThing, placesFault, thingsOn } from "../../../src/core/village-map.ts";

const POND: MapPlace = { kind: "camera", id: "pond", x: 0.2, y: 0.4, headingDegrees: 90 };
const HORN: MapPlace = { kind: "speaker", id: "pond", x: 0.2, y: 0.4, reach: 0.1 };
const THINGS: readonly MapThing[] = thingsOn({
  cameras: [{ id: "pond" }],
  speakers: [{ id: "pond" }],
  sensors: [{ id: "level" }],
  inputs: [{ id: "sos" }],
});

test.each<[string, readonly MapPlace[], ReturnType<typeof placesFault>]>([
  ["nothing at all", [], undefined],
  ["a camera that looks somewhere and a horn that is heard, of one name", [POND, HORN], undefined],
  ["a camera that was never turned", [{ kind: "camera", id: "pond", x: 0, y: 1 }], undefined],
  ["what is not there", [{ ...POND, id: "weir" }], "map.unknown_thing"],
  ["another kind of the same name", [{ kind: "sensor", id: "pond", x: 0, y: 0 }], "map.unknown_thing"],
  ["one thing in two places", [POND, { ...POND, x: 0.3 }], "map.twice"],
  ["a horn that looks somewhere", [{ ...HORN, headingDegrees: 0 }], "map.misfit"],
  ["a sensor that is heard", [{ kind: "sensor", id: "level", x: 0, y: 0, reach: 0.1 }], "map.misfit"],
])("%s: %#", (_what, places, fault) => {
  expect(placesFault(places, THINGS)).toBe(fault);
});

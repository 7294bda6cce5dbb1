import { describe, expect, test } from "vitest";
import type { LeftOutChange } from "../../../../src/core/set-up.ts";
import { freeId, isSameEntry, onTopOfEntry, usersOf } from "../../../../src/panel/web/words/entry-work.ts";
import { sensorWays } from "../../../../src/panel/web/words/sensor-entry.ts";
import { viewOf } from "./entry-samples.ts";

const level = { id: "pond-level", name: "东塘水位", profile: "qdy30a", bus: "levels", address: 1 };

describe("an entry of the set-up while it is changed", () => {
  test("is the same in whatever order its keys come", () => {
    expect(
      isSameEntry({ id: "a", power: { b: 1, c: [1, 2] } }, { power: { c: [1, 2], b: 1 }, id: "a" }),
    ).toBe(true);
    expect(isSameEntry({ c: [1, 2] }, { c: [2, 1] })).toBe(false);
  });

  test("keeps what is changed here on top of what somebody else has changed, and their changes of the rest", () => {
    const work = { base: level, draft: { ...sensorWays.draftOf(level), address: 3 } };
    const theirs = { ...level, name: "塘水位", pollSeconds: 60 };
    const { base, draft } = onTopOfEntry(theirs, work, sensorWays);
    expect(base).toBe(theirs);
    expect(sensorWays.entryOf(base, draft)).toEqual({ ...theirs, address: 3 });
  });

  test("gets an id that nothing has, had, or would have again", () => {
    const taken = { ...level, id: "sensor-1" };
    const change: LeftOutChange = {
      ...{ id: "sensor-2", entry: null, by: "wang", at: "" },
      list: "sensors",
      why: "misfit",
    };
    expect(freeId(viewOf({}), "sensors", "sensor")).toBe("sensor-1");
    expect(
      freeId(viewOf({ sensors: [taken] }, { leftOut: [change] }), "sensors", "sensor", ["sensor-3"]),
    ).toBe("sensor-4");
    expect(freeId(viewOf({ speakers: [taken] }), "sensors", "sensor")).toBe("sensor-1");
  });
});

describe("what speaks of a device", () => {
  const view = viewOf({
    rules: [
      {
        id: "high",
        name: "水位过高",
        when: { sensor: "pond-level", above: 3 },
        escalate: [{ on: ["square"] }],
      },
      { id: "bank", when: { person: {} }, escalate: [{ say: "危险", on: ["pond", "gate"] }] },
    ],
    speakers: [{ id: "pond", name: "东塘喇叭", proof: { current: { sensor: "pond-level", above: 1 } } }],
  });
  const zone = { list: "zones", id: "bank", camera: "east", origin: "added" } as const;
  const entry = { id: "bank", name: "塘埂", waterline: { sensor: "pond-level", lines: [] } };

  test("is told for a sensor: rules, zones with a waterline, speakers that are proved by it", () => {
    const drawn = { ...view, entries: [...view.entries, { ...zone, entry }] };
    expect(usersOf(drawn, "sensors", "pond-level")).toEqual([
      { list: "rules", id: "high", name: "水位过高" },
      { list: "speakers", id: "pond", name: "东塘喇叭" },
      { list: "zones", id: "bank", camera: "east", name: "塘埂" },
    ]);
    expect(usersOf(drawn, "sensors", "pond")).toEqual([]);
  });

  test("is told for a speaker, however late in a rule it speaks", () => {
    expect(usersOf(view, "speakers", "square").map(({ id }) => id)).toEqual(["high"]);
    expect(usersOf(view, "speakers", "gate")).toEqual([{ list: "rules", id: "bank", name: "" }]);
  });

  test("is not what has been taken out itself", () => {
    const without = { ...view, entries: view.entries.map((one) => ({ ...one, origin: "removed" as const })) };
    expect(usersOf(without, "sensors", "pond-level")).toEqual([]);
  });
});

import { describe, expect, test } from "vitest";
import { isKept, isSameEntry, onTopOfEntry, usersOf } from "../../../../src/panel/web/words/entry-work.ts";
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

  test("is known as kept, where only the answer was lost", () => {
    const work = { base: level, draft: { ...sensorWays.draftOf(level), name: "塘水位 " } };
    const standing = { list: "sensors", id: "pond-level", origin: "changed" } as const;
    const entry = { ...level, name: "塘水位" };
    expect(isKept({ ...standing, entry }, work, sensorWays)).toBe(true);
    expect(isKept({ ...standing, entry: { ...entry, address: 9 } }, work, sensorWays)).toBe(false);
    expect(isKept({ ...standing, entry: level }, work, sensorWays)).toBe(false);
    expect(isKept({ ...standing, origin: "removed", entry }, work, sensorWays)).toBe(false);
  });

  test("that is new is known as kept by the id that it was sent with", () => {
    const { id, ...entry } = level;
    const work = { id, base: {}, draft: sensorWays.draftOf(level) };
    const standing = { list: "sensors", origin: "added" } as const;
    expect(isKept({ ...standing, id, entry: { ...entry, id } }, work, sensorWays)).toBe(true);
  });

  test("is not kept while its last letter is a space", () => {
    const work = { base: level, draft: { ...sensorWays.draftOf(level), name: "东塘水位 " } };
    const standing = { list: "sensors", id: "pond-level", origin: "file" } as const;
    expect(isKept({ ...standing, entry: level }, work, sensorWays)).toBe(false);
  });
});

describe("what speaks of a device", () => {
  const nothing = { cameras: [], programmes: [] };
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
    expect(usersOf(drawn, "sensors", "pond-level", nothing)).toEqual([
      { list: "rules", id: "high", name: "水位过高" },
      { list: "speakers", id: "pond", name: "东塘喇叭" },
      { list: "zones", id: "bank", camera: "east", name: "塘埂" },
    ]);
    expect(usersOf(drawn, "sensors", "pond", nothing)).toEqual([]);
  });

  test("is told for a speaker, however late in a rule it speaks", () => {
    expect(usersOf(view, "speakers", "square", nothing).map(({ id }) => id)).toEqual(["high"]);
    expect(usersOf(view, "speakers", "gate", nothing)).toEqual([{ list: "rules", id: "bank", name: "" }]);
  });

  test("is a zone, too, whose waterline was drawn on the page, once", () => {
    const waterline = { sensor: "pond-level", margin: 0.02, lines: [] };
    const drawn = { id: "bank", name: "塘埂", polygon: [], waterline };
    const still = { id: "still", name: "田边", polygon: [] };
    const cameras = [{ id: "east", zones: [drawn, still] }];
    const user = { list: "zones", id: "bank", camera: "east", name: "塘埂" };
    const set = { ...view, entries: [...view.entries, { ...zone, entry }] };
    expect(usersOf(set, "sensors", "pond-level", { cameras, programmes: [] }).slice(2)).toEqual([user]);
    expect(usersOf(view, "sensors", "pond-level", { cameras, programmes: [] }).slice(2)).toEqual([user]);
    expect(usersOf(view, "sensors", "rain", { cameras, programmes: [] })).toEqual([]);
  });

  test("is a programme, too, that calls by a speaker", () => {
    const programmes = [{ id: "bell", name: "早铃", speakers: ["pond", "hall"] }];
    expect(usersOf(view, "speakers", "hall", { cameras: [], programmes })).toEqual([
      { list: "programmes", id: "bell", name: "早铃" },
    ]);
    expect(usersOf(view, "speakers", "nowhere", { cameras: [], programmes })).toEqual([]);
    expect(usersOf(view, "sensors", "hall", { cameras: [], programmes })).toEqual([]);
  });

  test("is not what has been taken out itself", () => {
    const without = { ...view, entries: view.entries.map((one) => ({ ...one, origin: "removed" as const })) };
    expect(usersOf(without, "sensors", "pond-level", nothing)).toEqual([]);
  });
});

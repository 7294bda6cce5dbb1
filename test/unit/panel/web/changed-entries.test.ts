import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { LeftOutChange, SetUpEntry } from "../../../../src/core/set-up.ts";
import {
  changedEntries,
  changedYaml,
  forgettable,
  latestChange,
} from "../../../../src/panel/web/words/changed-entries.ts";

const entry = (id: string, part: Partial<SetUpEntry> = {}): SetUpEntry => ({
  ...{ list: "upstreams", id, entry: { id }, origin: "file" },
  ...part,
});
const WANG = { by: "王主任", at: "2026-07-01T06:00:00.000Z" };
const LI = { by: "李师傅", at: "2026-07-01T07:00:00.000Z" };
const leftOut = (id: string, why: LeftOutChange["why"]): LeftOutChange => ({
  ...{ list: "sensors", id, entry: { id }, why },
  ...WANG,
});

describe("what was changed on the page", () => {
  const entries = [
    entry("township"),
    entry("county", { origin: "changed", ...WANG }),
    entry("level", { list: "sensors", entry: { id: "level", name: "东塘水位" }, origin: "added", ...LI }),
  ];

  test("is told with who did it, by the name that people know, the newest first", () => {
    expect(changedEntries({ entries })).toEqual([
      { list: "sensors", id: "level", name: "东塘水位", how: "added", ...LI },
      { list: "upstreams", id: "county", name: "county", how: "changed", ...WANG },
    ]);
  });

  test("last, is told whether it acts or not", () => {
    const late = { ...leftOut("rain", "misfit"), at: "2026-07-01T08:00:00.000Z" };
    expect(latestChange({ entries, leftOut: [] })?.id).toBe("level");
    expect(latestChange({ entries, leftOut: [late] })?.id).toBe("rain");
    expect(latestChange({ entries: [entry("township")], leftOut: [] })).toBeUndefined();
  });

  test("and kept the gateway from starting, is forgotten only where nothing acts in its place", () => {
    const failed = [
      leftOut("level", "not-started"),
      leftOut("rain", "not-started"),
      leftOut("gate", "misfit"),
    ];
    expect(forgettable({ entries, leftOut: failed }).map(({ id }) => id)).toEqual(["rain"]);
  });
});

describe("the text for the configuration file", () => {
  const words = {
    head: "改过的",
    removed: (list: string, id: string) => `去掉 ${list} ${id}`,
    secrets: (names: string) => `口令 ${names}`,
  };
  const value = fc.jsonValue({ depthSize: "small" });
  const written = fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), value);

  test("is YAML that says the same as the entries", () => {
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 4 }), (all) => {
        const entries = all.map((one, index) => entry(`u${index}`, { entry: one, origin: "added" }));
        expect(parse(changedYaml({ entries }, words))).toEqual({
          upstreams: JSON.parse(JSON.stringify(all)),
        });
      }),
      { numRuns: 30 },
    );
  });

  test("has each list once, zones in their cameras, and what was taken out only told", () => {
    const zone = (camera: string, id: string) =>
      entry(id, { list: "zones", camera, entry: { id, polygon: [[0, 1]] }, origin: "added" });
    const token = { secret: "page-county-token" };
    const text = changedYaml(
      {
        entries: [
          zone("pond", "bank"),
          entry("county", { entry: { id: "county", token }, origin: "changed" }),
          zone("gate", "way"),
          entry("township", { origin: "removed" }),
          entry("as-configured"),
          zone("pond", "pier"),
        ],
      },
      words,
    );
    expect(parse(text)).toEqual({
      upstreams: [{ id: "county", token }],
      cameras: [
        {
          id: "pond",
          zones: [expect.objectContaining({ id: "bank" }), expect.objectContaining({ id: "pier" })],
        },
        { id: "gate", zones: [expect.objectContaining({ id: "way" })] },
      ],
    });
    expect(text.split("\n").filter((line) => line.startsWith("#"))).toEqual([
      "# 改过的",
      "# 口令 page-county-token",
      "# 去掉 upstreams township",
    ]);
  });
});

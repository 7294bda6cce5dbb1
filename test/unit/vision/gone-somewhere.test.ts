import { describe, expect, test } from "vitest";
import type { Box } from "../../../src/core/geometry.ts";
import { GoneSomewhere } from "../../../src/vision/gone-somewhere.ts";
import { ShapeTracks } from "../../../src/vision/shape-tracks.ts";

const LOOK_MS = 200;

/** Looks at which the zone, all of the picture, counts as occupied by what is in these boxes, one each look. */
function occupied(boxes: readonly (Box | undefined)[]): string {
  const tracks = new ShapeTracks();
  const gone = new GoneSomewhere();
  return boxes
    .map((box, look) => {
      const shapes = box ? [{ box }] : [];
      const found = tracks.look(shapes, look * LOOK_MS);
      const zone = { zone: "bank", present: box !== undefined, changed: false, boxes: box ? [box] : [] };
      const [sifted] = gone.sift([zone], found);
      return `${sifted?.present ? "P" : "-"}${sifted?.changed ? "!" : ""}`;
    })
    .join(" ");
}

const at = (x: number, y = 0.5): Box => ({ x, y, width: 0.05, height: 0.2 });
const walk = (from: number, count: number, step: number): Box[] =>
  Array.from({ length: count }, (_, look) => at(from + look * step));

describe("presence by movement", () => {
  test("begins with who walks, once it has gone two fifths of its own size", () => {
    // 0.03 of the width is 0.053 of the height; the diagonal is 0.22.
    expect(occupied(walk(0.2, 5, 0.03))).toBe("- - P! P P");
  });

  test("goes on while who came stands still, and ends when it is gone", () => {
    expect(occupied([...walk(0.2, 3, 0.04), at(0.28), at(0.28), undefined])).toBe("- - P! P P -!");
  });

  test.each<[string, Box[]]>([
    ["stands and stirs", Array.from({ length: 20 }, () => at(0.3))],
    ["sways to and fro", Array.from({ length: 40 }, (_, look) => at(0.3 + 0.04 * Math.sin(look)))],
    ["flickers here and there", Array.from({ length: 40 }, (_, look) => at(0.2 + ((look * 7) % 5) * 0.1))],
  ])("never begins with what %s", (_, boxes) => {
    expect(occupied(boxes)).not.toContain("P");
  });

  test("tells where that went which raised it, and not what only stirs beside it", () => {
    const tracks = new ShapeTracks();
    const gone = new GoneSomewhere();
    const branch = at(0.7);
    const paths = walk(0.2, 6, 0.03).map((box, look) => {
      const found = tracks.look([{ box }, { box: branch }], look * LOOK_MS);
      return gone.sift([{ zone: "bank", present: true, changed: false, boxes: [box, branch] }], found)[0]
        ?.paths;
    });
    expect(paths.at(0)).toBeUndefined();
    expect(paths.at(-1)).toHaveLength(1);
    expect(paths.at(-1)?.[0]?.at(0)?.[0]).toBeCloseTo(0.225, 2);
    expect(paths.at(-1)?.[0]?.at(-1)?.[0]).toBeCloseTo(0.375, 2);
  });
});

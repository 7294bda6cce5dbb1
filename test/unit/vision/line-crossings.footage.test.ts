import { describe, expect, test } from "vitest";
import type { Polyline } from "../../../src/core/geometry.ts";
import { footageObstacle, watchFootage } from "./footage-looks.ts";

const obstacle = footageObstacle();

const line = (id: string, points: Polyline) => ({ id, name: id, points, inside: "left" as const });

// Counted by eye. The left of a line that is drawn downwards is on the right of the picture.
describe.skipIf(obstacle)(`lines on real footage ${obstacle && `(${obstacle})`}`, () => {
  test("count six people who leave to the right one after the other", { timeout: 120_000 }, () => {
    const right = line("right", [
      [0.8, 0.2],
      [0.8, 1],
    ]);
    const { crossings } = watchFootage("one-by-one-person.mp4", [right]);
    // Labelled as gone at these times, in seconds; each passes the line within the 2 s before.
    const gone = [20, 45, 70, 87, 120, 136];
    expect(crossings.map(({ direction }) => direction)).toEqual(gone.map(() => "in"));
    crossings.forEach(({ atSeconds }, index) => {
      const left = gone[index] ?? 0;
      expect(atSeconds).toBeGreaterThan(left - 2);
      expect(atSeconds).toBeLessThanOrEqual(left + 0.5);
    });
  });

  test("tell the car that drives up from the cyclist who rides to the right", () => {
    const lines = [
      line("car", [
        [0, 0.7],
        [0.5, 0.7],
      ]),
      line("cyclist", [
        [0.78, 0],
        [0.78, 0.45],
      ]),
    ];
    const { crossings } = watchFootage("person-bicycle-car.mp4", lines, { isPlaceShownFirst: true });
    expect(crossings.map((one) => [one.line, one.direction])).toEqual([
      ["car", "in"],
      ["cyclist", "in"],
    ]);
  });

  test("see one who goes out by the door on the left", () => {
    const door = line("door", [
      [0.06, 0.2],
      [0.06, 0.8],
    ]);
    const { crossings } = watchFootage("people.mp4", [door], { isPlaceShownFirst: true });
    expect(crossings.map(({ direction }) => direction)).toEqual(["out"]);
  });
});

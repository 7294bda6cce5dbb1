import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LONGEST_SPAN_MS, type MovementLook, type MovementSpan } from "../../../src/core/movement.ts";
import { addCell, hasCell, noCells } from "../../../src/core/movement-cells.ts";
import { createSignal } from "../../../src/core/signals.ts";
import { createMovementRecorder, SpanMerger } from "../../../src/vision/movement-spans.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";

function lookAt(monotonicMs: number, change: Partial<MovementLook> = {}, wallMs = monotonicMs): MovementLook {
  const cells = noCells();
  addCell(cells, 17);
  return { camera: "road", at: { wallMs, monotonicMs }, cells, zones: [], movers: [], ...change };
}

function merge(looks: readonly MovementLook[], clock: MovementSpan["clock"] = "synced"): MovementSpan[] {
  const merger = new SpanMerger("road");
  const spans = looks.flatMap((look) => merger.look(look, clock) ?? []);
  return [...spans, ...[merger.end() ?? []].flat()];
}

const every = (stepMs: number, count: number, startMs = 0): MovementLook[] =>
  Array.from({ length: count }, (_, index) => lookAt(startMs + index * stepMs));

describe("spans of movement", () => {
  test("go on through pauses of 2 s, and end with a longer one", () => {
    const spans = merge([lookAt(0), lookAt(2000), lookAt(4001)]);
    expect(spans.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [0, 2000],
      [4001, 4001],
    ]);
  });

  test("are cut after 12 s, so that each says where it was when", () => {
    const [first, second] = merge(every(200, 100));
    expect([first?.fromMs, first?.toMs, second?.fromMs]).toEqual([0, 12_000, 12_200]);
  });

  test("say in which zones, in which cells and how far the furthest went", () => {
    const movers = (x: number) => [
      { track: 1, feet: [x, 0.5] as const },
      { track: 2, feet: [0.9, 0.9] as const },
    ];
    const other = noCells();
    addCell(other, 143);
    const [span] = merge([
      lookAt(0, { zones: ["bank"], movers: movers(0.1) }),
      lookAt(200, { zones: ["gate"], movers: movers(0.6), cells: other }),
    ]);
    expect(span?.zones).toEqual(["bank", "gate"]);
    expect([17, 143, 18].map((cell) => hasCell(span?.cells ?? noCells(), cell))).toEqual([true, true, false]);
    expect(span?.path).toEqual({ from: [1.5 / 16, 0.5], to: [9.5 / 16, 0.5] });
  });

  test("keep order and duration when the clock is set, which ends them", () => {
    const spans = merge([
      lookAt(0, {}, 5000),
      lookAt(1000, {}, 6000),
      lookAt(2000, {}, 900_000),
      lookAt(2500, {}, 900_500),
    ]);
    expect(spans.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [5000, 6000],
      [900_000, 900_500],
    ]);
  });

  test("end when the clock becomes known, and say which they are", () => {
    const merger = new SpanMerger("road");
    merger.look(lookAt(0), "unsynced");
    expect(merger.look(lookAt(200), "synced")?.clock).toBe("unsynced");
    expect(merger.end()?.clock).toBe("synced");
  });

  test("of a camera on which leaves move day and night are about a hundred an hour", () => {
    const spans = merge(every(800, (6 * 3_600_000) / 800));
    expect(spans.length).toBeLessThan(90 + 6 * 105);
    expect(spans.at(-1)?.toMs).toBeGreaterThan(6 * 3_600_000 - 1000);
  });

  test("lose no look, overlap nowhere, are never too long, and are bounded in number, however it moves", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 400 }), (gaps) => {
        let atMs = 0;
        const times = gaps.map((gap) => {
          atMs += gap;
          return atMs;
        });
        const spans = merge(times.map((ms) => lookAt(ms)));
        for (const ms of times) {
          expect(spans.filter(({ fromMs, toMs }) => fromMs <= ms && ms <= toMs)).toHaveLength(1);
        }
        spans.forEach(({ fromMs, toMs }, index) => {
          expect(toMs - fromMs).toBeLessThanOrEqual(LONGEST_SPAN_MS);
          expect(fromMs).toBeGreaterThan(spans[index - 1]?.toMs ?? -1);
        });
        expect(spans.length).toBeLessThanOrEqual(90 + (2 * atMs) / 60_000 + 1);
      }),
    );
  });
});

describe("the recorder of movement", () => {
  test("keeps a span soon after its last look, and what is open when it stops", async () => {
    const clock = createSteppedClock();
    const looks = createSignal<MovementLook>();
    const kept: MovementSpan[] = [];
    const recorder = createMovementRecorder({
      movement: { add: (span) => kept.push(span) },
      looks,
      clock,
      clockQuality: () => "synced",
    });
    await recorder.start();
    looks.emit(lookAt(0, { at: clock.now() }));
    clock.step(1000);
    expect(kept).toHaveLength(0);
    clock.step(3000);
    expect(kept).toHaveLength(1);
    looks.emit(lookAt(0, { at: clock.now(), camera: "gate" }));
    await recorder.stop();
    looks.emit(lookAt(0, { at: clock.now() }));
    expect(kept.map(({ camera }) => camera)).toEqual(["road", "gate"]);
  });
});

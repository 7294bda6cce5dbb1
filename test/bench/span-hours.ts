import { addCell, noCells } from "../../src/core/movement-cells.ts";
import { SpanMerger } from "../../src/vision/movement-spans.ts";

const HOUR_MS = 3_600_000;
const HOURS = 24;

/** How many spans, and bytes of the file, an hour leaves: of a camera that never rests, and of a village road. */
export function spansPerHour(bytesPerSpan: number): object {
  const perHour = (looks: Iterable<number>) => {
    const merger = new SpanMerger("one");
    let spans = 1;
    for (const ms of looks) {
      const look = {
        camera: "one",
        at: { wallMs: ms, monotonicMs: ms },
        cells: cellsOfLook(ms),
        zones: [],
        movers: [],
      };
      if (merger.look(look, "synced")) spans++;
    }
    const each = spans / HOURS;
    return { spansPerHour: Math.round(each), bytesPerHour: Math.round(each * bytesPerSpan) };
  };
  return { always: perHour(always()), passerByEveryThreeMinutes: perHour(passers(180_000, 8_000)) };
}

function* always(): Generator<number> {
  for (let ms = 0; ms < HOURS * HOUR_MS; ms += 200) yield ms;
}

function* passers(everyMs: number, lastsMs: number): Generator<number> {
  for (let ms = 0; ms < HOURS * HOUR_MS; ms += everyMs) {
    for (let within = 0; within < lastsMs; within += 200) yield ms + within;
  }
}

function cellsOfLook(ms: number): Uint8Array {
  const cells = noCells();
  addCell(cells, (ms / 200) % 144);
  return cells;
}

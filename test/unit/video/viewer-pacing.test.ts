import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createViewerPacing, MOST_WAITING_BYTES, STUCK_MS } from "../../../src/video/viewer-pacing.ts";
import { fragment } from "../../support/live-double.ts";
import { createSinkDouble } from "../../support/live-viewers.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const KIB = 1024;

function pace() {
  const clock = createManualClock();
  const sink = createSinkDouble();
  const told = { dropped: 0, stuck: 0 };
  const pacing = createViewerPacing(sink, clock, {
    onDrop: () => told.dropped++,
    onStuck: () => told.stuck++,
  });
  /** Offers fragments of one size. */
  const offer = (sizeBytes: number, ...labels: readonly string[]): void => {
    for (const label of labels) pacing.offer(fragment(label, sizeBytes));
  };
  return { clock, sink, told, pacing, offer };
}

describe("the pacing of a viewer", () => {
  test("begins with a key frame, and counts nothing before it as left out", () => {
    const { sink, told, offer } = pace();
    offer(0, "p1", "K2", "p3");
    expect(sink.heard).toEqual(["K2", "p3"]);
    expect(told.dropped).toBe(0);
  });

  test("sends a viewer who keeps up everything, however long", () => {
    const { sink, told, offer } = pace();
    offer(200 * KIB, "K1", ...Array.from({ length: 500 }, () => "p2"));
    expect(sink.heard).toHaveLength(501);
    expect(told.dropped).toBe(0);
  });

  test("sends a viewer who does not read nothing more after its bound", () => {
    const { sink, told, offer } = pace();
    sink.reads = false;
    offer(100 * KIB, "K1", "p2", "p3", "p4", "p5", "p6", "K7", "p8");
    expect(sink.heard).toEqual(["K1", "p2", "p3", "p4", "p5"]);
    expect(sink.waiting).toBeLessThanOrEqual(MOST_WAITING_BYTES);
    expect(told.dropped).toBe(3);
  });

  test("sends a slow viewer key frames only, and everything again once it has taken all", () => {
    const { sink, offer } = pace();
    sink.reads = false;
    offer(100 * KIB, "K1", "p2", "p3", "p4", "p5", "p6");
    sink.heard.length = 0;
    sink.waiting = 10 * KIB;
    offer(10 * KIB, "p7", "K8", "p9", "K0", "p1");
    expect(sink.heard).toEqual(["K8", "K0"]);
    sink.waiting = 0;
    offer(10 * KIB, "p2", "K3", "p4");
    expect(sink.heard.slice(2)).toEqual(["K3", "p4"]);
  });

  test("sends a key frame larger than the bound to a viewer who has taken all", () => {
    const { sink, offer } = pace();
    offer(2 * MOST_WAITING_BYTES, "K1");
    expect(sink.heard).toEqual(["K1"]);
  });

  test("lets a late viewer catch up without calling it slow", () => {
    const { sink, told, pacing, offer } = pace();
    sink.reads = false;
    pacing.catchUp([fragment("K1", MOST_WAITING_BYTES), fragment("p2", MOST_WAITING_BYTES)]);
    offer(KIB, "p3");
    sink.waiting = KIB;
    offer(KIB, "p4");
    expect(sink.heard).toEqual(["K1", "p2", "p3", "p4"]);
    expect(told.dropped).toBe(0);
  });

  test("gives up a viewer that has taken nothing for half a minute, and not one that takes a little", async () => {
    const { clock, sink, told, offer } = pace();
    sink.reads = false;
    offer(600 * KIB, "K1");
    await clock.advance(STUCK_MS - 1000);
    offer(KIB, "p2");
    sink.waiting -= 1;
    offer(KIB, "p3");
    await clock.advance(STUCK_MS - 1000);
    offer(KIB, "p4");
    expect(told.stuck).toBe(0);
    await clock.advance(2000);
    offer(KIB, "p5");
    expect(told.stuck).toBe(1);
  });

  test("never lets more wait than its bound and one key frame, and never a frame without those before it", () => {
    const step = fc.record({
      keyFrame: fc.boolean(),
      sizeBytes: fc.integer({ min: 1, max: 200 * KIB }),
      takenShare: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { sink, pacing } = pace();
        sink.reads = false;
        let sendable = false;
        for (const { keyFrame, sizeBytes, takenShare } of steps) {
          const before = sink.heard.length;
          pacing.offer(fragment(keyFrame ? "K" : "p", sizeBytes));
          const isSent = sink.heard.length > before;
          if (isSent && !keyFrame) expect(sendable).toBe(true);
          sendable = isSent && (keyFrame || sendable);
          expect(sink.waiting).toBeLessThanOrEqual(MOST_WAITING_BYTES + 200 * KIB);
          sink.waiting = Math.floor(sink.waiting * (1 - takenShare));
        }
      }),
    );
  });
});

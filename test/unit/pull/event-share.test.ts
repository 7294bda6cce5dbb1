import { describe, expect, test } from "vitest";
import { createEventShare, WHOLE_SHARE } from "../../../src/pull/event-share.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const KIB = 1024;
const BOUNDS = { mostBytes: 10_000 * KIB, burstBytes: 800 * KIB, bytesPerSecond: 8 * KIB };

function makeShare(stored = { bytes: 0 }) {
  const clock = createManualClock();
  return { clock, stored, share: createEventShare({ clock, storedBytes: () => stored.bytes }, BOUNDS) };
}

describe("the share of a box in the time of a desk", () => {
  test("is all of the line until it has said more than a village says in a month", () => {
    const { share } = makeShare();
    share.came(600 * KIB, false);
    expect([share.waitMs("all"), share.waitMs("alarms"), share.held()]).toEqual([0, 0, undefined]);
  });

  test("keeps its last part for alarms: the rest waits, and comes steadily", async () => {
    const { clock, share } = makeShare();
    share.came(700 * KIB, false);
    expect([share.waitMs("alarms"), share.held()]).toEqual([0, "slowed"]);
    const waitMs = share.waitMs("all");
    expect(waitMs).toBeGreaterThan(0);
    await clock.advance(waitMs);
    expect(share.waitMs("all")).toBe(0);
    // It says one page more, and waits as long again.
    share.came(8 * KIB, false);
    expect(share.waitMs("all")).toBeGreaterThan(0);
  });

  test("is told of until the box has been quiet for a while", async () => {
    const { clock, share } = makeShare();
    share.came(700 * KIB, false);
    await clock.advance(1000);
    expect(share.held()).toBe("slowed");
    await clock.advance(15_000);
    expect(share.held()).toBeUndefined();
  });

  test("ends for alarms, too, where they have no end", async () => {
    const { clock, share } = makeShare();
    share.came(900 * KIB, false);
    const waitMs = share.waitMs("alarms");
    expect(waitMs).toBeGreaterThan(0);
    expect(share.waitMs("all")).toBeGreaterThan(waitMs);
    await clock.advance(waitMs);
    expect([share.waitMs("alarms"), share.waitMs("all") > 0]).toEqual([0, true]);
  });

  test("is not touched by what the box had when it was met, as far as its share of the disk goes", () => {
    const { share } = makeShare({ bytes: 1000 * KIB });
    share.came(8_000 * KIB, true);
    share.came(600 * KIB, false);
    expect([share.waitMs("all"), share.held()]).toEqual([0, undefined]);
    share.came(1_000 * KIB, true);
    expect(share.held()).toBeUndefined();
    // A history that does not end is none.
    share.came(200 * KIB, true);
    expect([share.waitMs("all") > 0, share.held()]).toEqual([true, "slowed"]);
  });

  test("is spent by answers that say nothing", () => {
    const { share } = makeShare();
    let answers = 0;
    while (share.waitMs("all") === 0) {
      share.came(2, false);
      answers++;
    }
    expect(answers).toBeLessThanOrEqual(BOUNDS.burstBytes / 4096);
  });
});

describe("the share of a box on the disk of a desk", () => {
  test.each([
    [8_700, undefined, 0, 0],
    [8_800, "alarmsOnly", Number.POSITIVE_INFINITY, 0],
    [10_000, "full", Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])("with %i KiB of 10,000 it is %s", (kib, held, allMs, alarmsMs) => {
    const { share } = makeShare({ bytes: kib * KIB });
    expect([share.held(), share.waitMs("all"), share.waitMs("alarms")]).toEqual([held, allMs, alarmsMs]);
  });
});

test("a puller that keeps all there is asks on and on", () => {
  WHOLE_SHARE.came(1e12, false);
  expect([WHOLE_SHARE.waitMs("all"), WHOLE_SHARE.held()]).toEqual([0, undefined]);
});

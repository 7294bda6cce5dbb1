import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PRIORITIES } from "../../../src/core/broadcast.ts";
import { createChannelRig, order } from "./act-rig.ts";

const deed = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("say" as const),
      priority: fc.constantFrom(...PRIORITIES),
      repeat: fc.integer({ min: 1, max: 3 }),
      durationMs: fc.integer({ min: 0, max: 20_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("silence" as const), which: fc.nat({ max: 40 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("relay" as const),
      failing: fc.boolean(),
      delayMs: fc.nat(900),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("player" as const), failing: fc.boolean() }) },
);
const story = fc.array(fc.tuple(fc.nat({ max: 6000 }), deed), { maxLength: 40 });
const MAX_ON_SECONDS = 10;

type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

/** Lives through the story on a channel; ends when its last step is done. */
async function live(steps: Story) {
  const rig = await createChannelRig({ maxOnSeconds: MAX_ON_SECONDS });
  const submitted: string[] = [];
  for (const [waitMs, what] of steps) {
    await rig.clock.advance(waitMs);
    if (what.kind === "say") {
      const id = `order ${submitted.length}`;
      submitted.push(id);
      rig.say(order(id, what), what.durationMs);
    } else if (what.kind === "silence") {
      rig.channel.silence(`order ${what.which}`);
    } else if (what.kind === "relay") {
      rig.relay.failing.on = what.failing;
      rig.relay.delayMs = what.delayMs;
    } else {
      rig.player.failing = what.failing ? new Error("broken") : undefined;
    }
  }
  return { ...rig, submitted };
}

describe("whatever orders come in whatever order", () => {
  test("the relay is never on longer than its limit, and off in the end", async () => {
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const { clock, relay } = await live(steps);
        await clock.advance(2_000_000);
        // An order to switch off may itself take as long as the relay does.
        expect(relay.longestOnMs()).toBeLessThanOrEqual(MAX_ON_SECONDS * 1000 + 900);
        expect(relay.isOn).toBe(false);
        expect(clock.pending()).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("every order ends exactly once", async () => {
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const { clock, outcomes, submitted } = await live(steps);
        await clock.advance(2_000_000);
        expect(outcomes.map(({ broadcast }) => broadcast).sort()).toEqual([...submitted].sort());
      }),
      { numRuns: 300 },
    );
  });

  test("stopping ends all of it: every order has its outcome and the relay is off and given back", async () => {
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const { clock, channel, relay, outcomes, submitted, journal } = await live(steps);
        const stopped = channel.stop();
        await clock.advance(5000);
        await stopped;
        expect(outcomes).toHaveLength(submitted.length);
        expect(relay.isOn).toBe(false);
        expect(journal.at(-1)).toMatch(/relay closed|cut/);
        expect(clock.pending()).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("nothing sounds while something of higher priority waits", async () => {
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const { clock, channel, outcomes, submitted } = await live([]);
        for (const [waitMs, what] of steps) {
          await clock.advance(waitMs);
          if (what.kind !== "say") continue;
          submitted.push("");
          const id = `order ${submitted.length}`;
          channel.submit({
            order: order(id, what),
            say: ({ signal }) => sleepOrCut(clock, what.durationMs, signal),
          });
          await clock.settle();
          const now = channel.state().order;
          const stillWaits = !outcomes.some(({ broadcast }) => broadcast === id) && now?.id !== id;
          if (stillWaits && now) expect(rankOf(now.priority)).toBeLessThanOrEqual(rankOf(what.priority));
        }
      }),
      { numRuns: 300 },
    );
  });
});

function rankOf(priority: (typeof PRIORITIES)[number]): number {
  return PRIORITIES.indexOf(priority);
}

async function sleepOrCut(
  clock: { sleep(ms: number, signal: AbortSignal): Promise<void> },
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  await clock.sleep(ms, signal).catch(() => {});
}

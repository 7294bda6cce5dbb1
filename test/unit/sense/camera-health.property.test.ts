import fc from "fast-check";
import { expect, test } from "vitest";
import { CAMERA_FAULTS, type CameraFault } from "../../../src/core/camera-health.ts";
import {
  CLEAR_AFTER_MS,
  firstHealth,
  type HealthChange,
  RAISE_AFTER_MS,
  stepHealth,
} from "../../../src/sense/camera-health.ts";

const suspicions = fc.constantFrom(...CAMERA_FAULTS, "good" as const, "unclear" as const);
/** What is seen for some while, at steps of key frames, of every picture or with gaps. */
const stretches = fc.array(
  fc.record({
    suspicion: suspicions,
    looks: fc.integer({ min: 1, max: 60 }),
    everyMs: fc.constantFrom(200, 800, 1000, 4000, 15_000),
  }),
  { maxLength: 25 },
);

interface Told extends HealthChange {
  readonly atMs: number;
}

function live(
  story: readonly { suspicion: CameraFault | "good" | "unclear"; looks: number; everyMs: number }[],
) {
  let state = firstHealth();
  let nowMs = 0;
  const told: Told[] = [];
  for (const { suspicion, looks, everyMs } of story) {
    for (let look = 0; look < looks; look++) {
      nowMs += everyMs;
      const [next, changes] = stepHealth(state, suspicion, nowMs);
      state = next;
      told.push(...changes.map((change) => ({ ...change, atMs: nowMs })));
    }
  }
  return { state, told };
}

test("each raise is followed by its own clear, and nothing else is raised in between", () => {
  fc.assert(
    fc.property(stretches, (story) => {
      const { state, told } = live(story);
      let open: CameraFault | undefined;
      for (const { kind, fault } of told) {
        if (kind === "raised") expect(open).toBeUndefined();
        else expect(open).toBe(fault);
        open = kind === "raised" ? fault : undefined;
      }
      expect(state.open).toBe(open);
    }),
  );
});

test("the same fault never comes back sooner than it takes to be suspected anew", () => {
  fc.assert(
    fc.property(stretches, (story) => {
      const cleared = new Map<CameraFault, number>();
      for (const { kind, fault, atMs } of live(story).told) {
        if (kind === "cleared") cleared.set(fault, atMs);
        const before = cleared.get(fault);
        if (kind === "raised" && before !== undefined) {
          expect(atMs - before).toBeGreaterThanOrEqual(RAISE_AFTER_MS[fault]);
        }
      }
    }),
  );
});

test("an open fault gives way to a graver one only", () => {
  fc.assert(
    fc.property(stretches, (story) => {
      const { told } = live(story);
      told.forEach(({ kind, fault, atMs }, index) => {
        const before = told[index - 1];
        const isReplaced = kind === "raised" && before?.kind === "cleared" && before.atMs === atMs;
        const raised = told.findLast((one, at) => at < index && one.kind === "raised");
        // One that may have been over gives way to whatever lasts.
        const mayBeOver = raised !== undefined && atMs - raised.atMs >= CLEAR_AFTER_MS;
        if (!isReplaced || !raised || mayBeOver) return;
        expect(CAMERA_FAULTS.indexOf(fault)).toBeLessThan(CAMERA_FAULTS.indexOf(raised.fault));
      });
    }),
  );
});

test("good pictures clear every fault", () => {
  fc.assert(
    fc.property(stretches, (story) => {
      const { state } = live([...story, { suspicion: "good", looks: 30, everyMs: 1000 }]);
      expect(state.open).toBeUndefined();
    }),
  );
});

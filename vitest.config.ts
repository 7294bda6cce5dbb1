import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Most tests wait for cameras, pipes and processes: two files at a time even on a box with two cores. */
const WORKERS = Math.max(2, availableParallelism() - 1);

/** Projects of one group run at the same time, one group after the other. */
function project(name: string, groupOrder: number, testTimeoutMs: number, more = {}) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: testTimeoutMs,
      hookTimeout: testTimeoutMs,
      maxWorkers: WORKERS,
      sequence: { groupOrder },
      ...more,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project("unit", 1, 20_000),
      project("architecture", 1, 60_000),
      project("contract", 2, 60_000),
      // Each starts whole gateways, browsers or containers: one at a time on two cores.
      project("system", 3, 240_000, { maxWorkers: 1, globalSetup: "test/support/build-first.ts" }),
    ],
  },
});

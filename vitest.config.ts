import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

/** Most tests wait for cameras, pipes and processes: two files at a time even on a box with two cores. */
const WORKERS = Math.max(2, availableParallelism() - 1);

/** System tests of the page before a village in memory: a browser each, nothing that is timed. */
const PAGES = ["test/system/page*.test.ts", "test/system/{live,playback}.test.ts"];
const BUILD_FIRST = "test/support/build-first.ts";
/** What tests leave behind goes with it. */
const OWN_TEMPORARY_FOLDER = "test/support/own-temporary-folder.ts";

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
    globalSetup: OWN_TEMPORARY_FOLDER,
    projects: [
      // What they test keeps nothing outside of what it creates: loading every module anew for each file took most of the time.
      project("unit", 1, 20_000, { isolate: false }),
      project("architecture", 1, 60_000),
      project("contract", 2, 60_000),
      project("pages", 2, 240_000, { include: PAGES, globalSetup: BUILD_FIRST }),
      // Each starts whole gateways or containers: one at a time on two cores.
      project("system", 3, 240_000, {
        exclude: [...configDefaults.exclude, ...PAGES],
        maxWorkers: 1,
        globalSetup: BUILD_FIRST,
      }),
    ],
  },
});

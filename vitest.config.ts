import { defineConfig } from "vitest/config";

function project(name: string, testTimeoutMs: number, fileParallelism = true) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: testTimeoutMs,
      hookTimeout: testTimeoutMs,
      fileParallelism,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project("unit", 20_000),
      project("contract", 60_000),
      project("architecture", 60_000),
      // Each starts whole gateways, browsers or containers: one at a time on two cores.
      project("system", 240_000, false),
    ],
  },
});

import { expect, test } from "vitest";
import { soak } from "../soak/soak.ts";

// The short form of `npm run soak`.

test("good cameras are undisturbed by those that reboot, say nothing, send garbage or are not there", async () => {
  const { failures } = await soak(1, () => {});
  expect(failures).toEqual([]);
});

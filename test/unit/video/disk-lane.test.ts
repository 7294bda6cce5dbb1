import { expect, test } from "vitest";
import { createDiskLanes } from "../../../src/video/disk-lane.ts";
import { gate } from "../buffer/scratch.ts";

test("lanes let so many at the disk at once, the others in their order, and a failure frees its lane", async () => {
  const lane = createDiskLanes(2);
  const gates = [gate(), gate(), gate()];
  const begun: number[] = [];
  const done = gates.map(({ opened }, at) =>
    lane(async () => {
      begun.push(at);
      await opened;
      if (at === 0) throw new Error("EIO");
    }),
  );
  const failed = expect(done[0]).rejects.toThrow("EIO");
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  gates[0]?.open();
  await failed;
  gates[2]?.open();
  await done[2];
  expect(begun).toEqual([0, 1, 2]);
  gates[1]?.open();
  await done[1];
});

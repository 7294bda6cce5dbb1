import { expect, test } from "vitest";
import { createGroupedWrites } from "../../../src/buffer/grouped-writes.ts";
import type { LazyTransaction } from "../../../src/buffer/sql.ts";

/** One transaction after the other, each when it is let go. */
function createSlowDatabase() {
  const starts: (() => void)[] = [];
  return {
    go: () => starts.shift()?.(),
    refuse: { with: undefined as Error | undefined },
    transaction<T>(work: (transaction: LazyTransaction) => Promise<T>): Promise<T> {
      return new Promise<void>((resolve) => starts.push(resolve)).then(() => {
        if (this.refuse.with) throw this.refuse.with;
        return work({ all: async () => [], run: async () => 0, only: async () => 0 });
      });
    },
  };
}

function createRig() {
  const database = createSlowDatabase();
  const groups: (readonly number[])[] = [];
  const write = createGroupedWrites<number>(database, async (_transaction, rows) => {
    groups.push([...rows]);
    if (rows.includes(13)) throw new Error("unlucky");
  });
  return { database, groups, write };
}

test("what comes before the disk is free is one group, in its order", async () => {
  const { database, groups, write } = createRig();
  const written = Promise.all([write(1), write(2), write(3)]);
  database.go();
  await written;
  expect(groups).toEqual([[1, 2, 3]]);
});

test("what comes while a group is written is the next one", async () => {
  const { database, groups, write } = createRig();
  const first = write(1);
  database.go();
  await first;
  const second = Promise.all([write(2), write(3)]);
  database.go();
  await second;
  expect(groups).toEqual([[1], [2, 3]]);
});

test("a group that fails is told to each of it, and the next one is written", async () => {
  const { database, groups, write } = createRig();
  const failed = Promise.allSettled([write(12), write(13)]);
  database.go();
  expect((await failed).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const next = write(14);
  database.go();
  await next;
  expect(groups).toEqual([[12, 13], [14]]);
});

test("a transaction that never begins takes its own group with it and no other", async () => {
  const { database, groups, write } = createRig();
  database.refuse.with = new Error("closed");
  const lost = write(1);
  database.go();
  await expect(lost).rejects.toThrow("closed");
  database.refuse.with = undefined;
  const next = write(2);
  database.go();
  await next;
  expect(groups).toEqual([[2]]);
});

import { expect, test } from "vitest";
import type { BoxCopy, FileShelf, NamedFile } from "../../../src/core/pulled-copy.ts";
import type { BoxClient } from "../../../src/pull/box-client.ts";
import { BoxError } from "../../../src/pull/box-error.ts";
import { createBoxTally } from "../../../src/pull/box-tally.ts";
import { createFilePull } from "../../../src/pull/file-pull.ts";

test("thousands of files that a box has let go do not have all that is here counted for each", async () => {
  let counted = 0;
  let left: NamedFile[] = Array.from({ length: 200 }, (_, index) => ({
    seq: index + 1,
    id: `file-${index}`,
  }));
  const shelf: Partial<FileShelf> = {
    async usedBytes() {
      counted++;
      return 1000;
    },
    has: async () => false,
    begun: async () => 0,
    remove: async () => 0,
  };
  const copy: Partial<BoxCopy> = {
    shelf: shelf as FileShelf,
    accounts: () => [{ ledger: "a" }] as unknown as ReturnType<BoxCopy["accounts"]>,
    nextFiles: async (_ledger, limit) => left.slice(0, limit),
    async fileDone(_ledger, { seq }) {
      left = left.filter((file) => file.seq !== seq);
    },
  };
  const client: Partial<BoxClient> = {
    file: async () => {
      throw new BoxError("evidence.missing", "gone", { kind: "permanent" });
    },
  };
  const tally = createBoxTally("longwan", () => undefined);
  tally.accounts = () => undefined;
  const files = createFilePull({
    client: client as BoxClient,
    copy: copy as BoxCopy,
    tally,
    mostBytes: 10_000,
  });
  await files.all(new AbortController().signal, false);
  expect([left.length, counted]).toEqual([0, 1]);
});

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createClipStore } from "../../../src/buffer/clip-store.ts";
import { scratchBuffer, scratchDatabase, scratchFolder } from "./scratch.ts";

const BY = { kind: "person", name: "王干部" };
const SHA = "a".repeat(64);
const data = { name: "村歌", sha256: SHA, durationMs: 1000, sizeBytes: 44, by: BY };

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function* brokenOff(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("half");
  throw Object.assign(new Error("aborted"), { code: "ECONNRESET" });
}

test("the index follows the events, and outlives a restart", async () => {
  const dataFolder = await scratchFolder();
  const first = await scratchBuffer({ dataFolder });
  const tell = (kind: string, subject: string, more: object = {}) =>
    first.ledger.append({ type: `org.cunshao.clip.${kind}`, class: "audit", subject, data: { ...more } });
  const added = await tell("added", "one", data);
  await tell("added", "two", { ...data, sha256: "b".repeat(64) });
  await tell("added", "three", { ...data, sha256: "c".repeat(64) });
  // Not what it should be: not on the shelf.
  await tell("added", "four", { ...data, sha256: "../../etc/passwd" });
  await tell("added", "five", { ...data, by: "nobody" });
  await tell("renamed", "one", { name: "新歌" });
  await tell("assigned", "one", { replaces: "快跑" });
  const removed = await tell("removed", "two");
  await tell("removed", "three");
  await tell("restored", "three");
  await tell("discarded", "four");
  await first.close();

  const second = await scratchBuffer({ dataFolder });
  const all = await second.clipStore.all();
  expect(all.map(({ id }) => id)).toEqual(["one", "two", "three"]);
  expect(all[0]).toEqual({
    ...{ id: "one", name: "新歌", sha256: SHA, durationMs: 1000, sizeBytes: 44, replaces: "快跑" },
    addedMs: Date.parse(added.time),
    addedBy: BY,
  });
  expect(all[1]?.removedMs).toBe(Date.parse(removed.time));
  expect(all[2]?.removedMs).toBeUndefined();
});

async function openStore() {
  const folder = join(await scratchFolder(), "clips");
  return { folder, store: createClipStore(await scratchDatabase(), folder).store };
}

test("an upload becomes a draft, a kept file by its content, and is gone when it is thrown away", async () => {
  const { folder, store } = await openStore();
  const draft = await store.receive("one", pieces("so", "und"), 5);
  const { sha256, sizeBytes } = await store.measure(draft);
  expect(sizeBytes).toBe(5);
  await store.keep(draft, sha256);
  expect(readdirSync(folder)).toEqual([`${sha256}.wav`]);
  await draft.remove();
  await store.discard(sha256);
  await store.discard(sha256);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ["is larger than it may be", () => pieces("12345", "6"), "clips.too_large", "permanent"],
  ["breaks off", brokenOff, "clips.cut_off", "transient"],
])("of an upload that %s nothing is left", async (_what, content, code, kind) => {
  const { folder, store } = await openStore();
  await expect(store.receive("one", content(), 5)).rejects.toMatchObject({ code, kind });
  expect(readdirSync(folder)).toEqual([]);
});

test("where nothing can be written, that is said", async () => {
  const file = join(await scratchFolder(), "file");
  writeFileSync(file, "");
  const { store } = createClipStore(await scratchDatabase(), join(file, "clips"));
  await expect(store.receive("one", pieces("a"), 5)).rejects.toMatchObject({ code: "clips.unwritable" });
  await expect(store.freeBytes()).rejects.toMatchObject({ code: "clips.unwritable" });
});

test("what a crash left behind goes, what is on the shelf stays", async () => {
  const { folder, store } = await openStore();
  await store.keepOnly([SHA]);
  mkdirSync(folder);
  for (const name of [`${SHA}.wav`, "x.upload", "x.made", `${"b".repeat(64)}.wav`])
    writeFileSync(join(folder, name), "");
  await store.keepOnly([SHA]);
  expect(readdirSync(folder)).toEqual([`${SHA}.wav`]);
});

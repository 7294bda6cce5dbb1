import { createHash } from "node:crypto";
import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchBuffer, scratchFolder } from "./scratch.ts";

describe("evidence", () => {
  const picture = Buffer.from("a picture of the pond");
  const id = createHash("sha256").update(picture).digest("hex");

  test("is kept by its SHA-256 and found after a restart", async () => {
    const dataFolder = await scratchFolder();
    const before = await scratchBuffer({ dataFolder });
    expect(await before.evidence.put(picture, "image/jpeg")).toBe(id);
    await before.close();
    const { evidence } = await scratchBuffer({ dataFolder });
    const path = join(dataFolder, "evidence", id.slice(0, 2), id);
    expect(await evidence.find(id)).toEqual({ path, mediaType: "image/jpeg", sizeBytes: picture.length });
    expect(await readFile(path)).toEqual(picture);
  });

  test("is the same when it is put twice, even at once", async () => {
    const dataFolder = await scratchFolder();
    const { evidence } = await scratchBuffer({ dataFolder });
    const ids = await Promise.all(Array.from({ length: 8 }, () => evidence.put(picture, "image/jpeg")));
    expect(new Set(ids)).toEqual(new Set([id]));
    expect(await readdir(join(dataFolder, "evidence", "drafts"))).toEqual([]);
  });

  test("takes a file over, of whatever size, and leaves it where it was when it cannot", async () => {
    const dataFolder = await scratchFolder();
    const { evidence } = await scratchBuffer({ dataFolder });
    const from = join(dataFolder, "clip.mp4");
    await writeFile(from, picture);
    expect(await evidence.putFile(from, "video/mp4")).toBe(id);
    expect(await evidence.find(id)).toMatchObject({ mediaType: "video/mp4", sizeBytes: picture.length });
    await expect(readFile(from)).rejects.toMatchObject({ code: "ENOENT" });

    await writeFile(from, picture);
    expect(await evidence.putFile(from, "video/mp4")).toBe(id);
    await expect(readFile(from)).rejects.toMatchObject({ code: "ENOENT" });

    const other = Buffer.from("another");
    const otherId = createHash("sha256").update(other).digest("hex");
    await writeFile(from, other);
    await writeFile(join(dataFolder, "evidence", otherId.slice(0, 2)), "a file where a folder should be");
    await expect(evidence.putFile(from, "video/mp4")).rejects.toMatchObject({ code: "evidence.unwritable" });
    expect(await readFile(from)).toEqual(other);
  });

  test("is not found when it was cut short, and whole again after it is put again", async () => {
    const { evidence } = await scratchBuffer();
    await evidence.put(picture, "image/jpeg");
    const found = await evidence.find(id);
    await truncate(found?.path ?? "", 3);
    expect(await evidence.find(id)).toBeUndefined();
    await evidence.put(picture, "image/jpeg");
    expect(await readFile(found?.path ?? "")).toEqual(picture);
  });

  test.each(["", "0".repeat(64), "../../etc/passwd", id.toUpperCase()])(
    "does not know %j",
    async (unknown) => {
      const { evidence } = await scratchBuffer();
      await evidence.put(picture, "image/jpeg");
      expect(await evidence.find(unknown)).toBeUndefined();
    },
  );

  test("removes at the start what a crash left half-written", async () => {
    const dataFolder = await scratchFolder();
    await (await scratchBuffer({ dataFolder })).close();
    await writeFile(join(dataFolder, "evidence", "drafts", `${id}-1`), "half");
    await scratchBuffer({ dataFolder });
    expect(await readdir(join(dataFolder, "evidence", "drafts"))).toEqual([]);
  });

  test("says so when the folder takes nothing, and leaves no trace", async () => {
    const dataFolder = await scratchFolder();
    const { evidence } = await scratchBuffer({ dataFolder });
    await rm(join(dataFolder, "evidence"), { recursive: true });
    await writeFile(join(dataFolder, "evidence"), "a file in the way");
    await expect(evidence.put(picture, "image/jpeg")).rejects.toMatchObject({
      code: "evidence.unwritable",
      kind: "transient",
    });
    expect(await evidence.find(id)).toBeUndefined();
  });
});

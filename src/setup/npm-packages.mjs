import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { readJson, root, runQuietly, writeJson } from "./run.mjs";
import { SetupStop, say } from "./say.mjs";

/** npm packages with compiled code: these tell whether node_modules fits this Node. */
const COMPILED = ["sqlite3", "epoll", "@serialport/bindings-cpp"];

const stampFile = join(root, "node_modules/.cunshao/compiled-for.json");
const thisNode = `${process.platform}-${process.arch}-${process.versions.modules}`;

/** True when every package of `lock` that this machine takes is `installed` in the version of the lock. */
export function lockIsInstalled(lock, installed) {
  if (!lock?.packages || !installed?.packages) return false;
  return Object.entries(lock.packages).every(([path, { version, optional }]) => {
    const there = installed.packages[path];
    return path === "" || (there === undefined ? optional === true : there.version === version);
  });
}

/** In a child, because a module compiled for another Node may end the process that loads it. */
function loads(name) {
  const words = ["-e", "require(process.argv[1])", name];
  return spawnSync(process.execPath, words, { cwd: root, stdio: "ignore" }).status === 0;
}

/** What npm has to do before the packages can be used. */
export function npmWork() {
  const lock = readJson(join(root, "package-lock.json"));
  const installed = readJson(join(root, "node_modules/.package-lock.json"));
  if (!lockIsInstalled(lock, installed)) return { kind: "install" };
  if (readJson(stampFile)?.node === thisNode) return { kind: "none" };
  const broken = COMPILED.filter((name) => !loads(name));
  return broken.length > 0 ? { kind: "compile", packages: broken } : { kind: "none" };
}

/** @throws SetupStop when npm fails. */
export async function provideNpmPackages(work) {
  let { kind } = work;
  if (kind === "compile") {
    say(`npm packages: compiling ${work.packages.join(", ")} for Node ${process.version}`);
    const result = await npm("rebuild", ...work.packages);
    if (!result.ok || !work.packages.every(loads)) kind = "install";
  }
  if (kind === "install") {
    say("npm packages: npm ci (sqlite3 may have to be compiled, which takes about 90 s)");
    const result = await npm("ci", "--include=dev", "--no-audit", "--no-fund");
    (result.ok ? process.stdout : process.stderr).write(result.tail);
    if (!result.ok) throw new SetupStop("npm ci failed; its last words stand above.");
  }
  say(`npm packages: ${kind === "none" ? "as the lock file says" : "ready"}`);
  if (readJson(stampFile)?.node !== thisNode) writeJson(stampFile, { node: thisNode });
}

function npm(...words) {
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ""}` };
  // Its script fetches libraries for graphics cards; what computes on the processor is in the package.
  env.ONNXRUNTIME_NODE_INSTALL = "skip";
  // Many a Node comes with its headers beside it; naming them spares node-gyp a download.
  const prefix = resolve(process.execPath, "../..");
  if (existsSync(join(prefix, "include/node/node.h"))) env.npm_package_config_node_gyp_nodedir = prefix;
  // The npm that runs us, where one does: it may be another than the first in PATH.
  const caller = process.env.npm_execpath ?? "";
  const program = /npm-cli\.c?js$/.test(caller) ? [process.execPath, caller] : ["npm"];
  return runQuietly([...program, ...words], `npm ${words[0]}`, env);
}

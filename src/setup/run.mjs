import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "./say.mjs";

/** The project's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

const KEPT_CHARACTERS = 8_000;

/**
 * Runs a tool, keeps the end of what it prints, and says every 10 s that it is still at it.
 * @returns whether it exited with 0, and the end of its output.
 */
export function runQuietly([command, ...words], name, env = process.env) {
  return new Promise((done) => {
    const child = spawn(command, words, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    const began = performance.now();
    let tail = "";
    const keep = (chunk) => {
      tail = (tail + chunk).slice(-KEPT_CHARACTERS);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const alive = setInterval(
      () => say(`${name}: still working (${Math.round((performance.now() - began) / 1000)} s)`),
      10_000,
    );
    const end = (ok) => {
      clearInterval(alive);
      done({ ok, tail });
    };
    child.on("error", (error) => {
      keep(`${command}: ${error.message}\n`);
      end(false);
    });
    child.on("close", (code) => end(code === 0));
  });
}

/** Runs a Node program in place of this one: its signals, output and exit code are ours. */
export function runForeground(words, env = process.env) {
  return new Promise((done, fail) => {
    // A session of its own: Ctrl-C would otherwise reach it twice, from the terminal and from us.
    const child = spawn(process.execPath, words, { cwd: root, env, stdio: "inherit", detached: true });
    const lastMs = new Map();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      process.on(signal, () => {
        // npm passes on what the terminal has sent already.
        const nowMs = performance.now();
        if (nowMs - (lastMs.get(signal) ?? Number.NEGATIVE_INFINITY) > 500) child.kill(signal);
        lastMs.set(signal, nowMs);
      });
    }
    child.on("error", fail);
    child.on("close", (code, signal) => done(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}

/** Runs a Node program beside another. @returns how to end it: asked to, and waited for. */
export function runBeside(words, env) {
  const child = spawn(process.execPath, words, { cwd: root, env, stdio: "inherit", detached: true });
  const ended = new Promise((done) => {
    child.on("error", done);
    child.on("close", done);
  });
  return () => {
    child.kill("SIGTERM");
    return ended;
  };
}

/** Undefined when the file is missing or no JSON. */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

export function writeJson(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value)}\n`);
}

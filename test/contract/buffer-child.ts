import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import ts from "typescript";

// Runs parts of the gateway in a process of their own that a test can kill, without a build that may be old:
// the sources are stripped of their types into a folder, and plain node runs them.

const PROJECT = resolve(import.meta.dirname, "../..");

async function sourcesOf(folder: string): Promise<string[]> {
  const found = await readdir(join(PROJECT, folder), { recursive: true });
  return found.filter((name) => name.endsWith(".ts")).map((name) => join(folder, name));
}

async function strip(source: string, target: string): Promise<void> {
  const text = await readFile(join(PROJECT, source), "utf8");
  const { outputText } = ts.transpileModule(text, {
    fileName: source,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  const path = join(target, source.replace(/\.ts$/, ".js"));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, outputText);
}

export interface Stripped {
  /** Path of the script that node can run. */
  readonly script: string;
  remove(): Promise<void>;
}

/** Strips `rooms` of src/ and `script` (a path in the project). */
export async function stripTypes(rooms: readonly string[], script: string): Promise<Stripped> {
  const target = await mkdtemp(join(tmpdir(), "cunshao-child-"));
  const sources = await Promise.all(rooms.map((room) => sourcesOf(join("src", room))));
  await Promise.all([...sources.flat(), script].map((source) => strip(source, target)));
  await writeFile(join(target, "package.json"), '{"type": "module"}');
  await symlink(join(PROJECT, "node_modules"), join(target, "node_modules"));
  return {
    script: join(target, script.replace(/\.ts$/, ".js")),
    remove: () => rm(target, { recursive: true, force: true }),
  };
}

export interface Child {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Lines of stdout so far. */
  readonly lines: readonly string[];
  errors(): string;
  /** Settles when the process is gone and everything it wrote was read. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

export function startChild(command: string, ...args: string[]): Child {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  let errors = "";
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((done, fail) => {
    child.on("error", fail);
    child.on("close", (code, signal) => done({ code, signal }));
  });
  return { process: child, lines, errors: () => errors, ended };
}

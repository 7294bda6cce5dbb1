import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMap, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { errorCode } from "../core/errors.ts";
import type { ProfileCatalogue } from "../core/profiles.ts";
import { type Configuration, resolve } from "./configuration.ts";
import { formatPath, type Problem, showValue } from "./problems.ts";
import { checkReferences } from "./references.ts";
import { siteFileSchema } from "./schema.ts";

/** A configuration of a village is a few kilobytes; more is not one. */
const MAX_FILE_BYTES = 1_000_000;

const secretsSchema = z.record(z.string(), z.string().min(1, "a secret that is not empty"));

export type LoadResult =
  | { readonly ok: true; readonly configuration: Configuration; readonly secretsFile: string }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads and checks `file` and the `secrets.yaml` beside it, and reports everything that is wrong at once.
 * Never throws for what stands in the files.
 */
export async function loadConfiguration(file: string, profiles: ProfileCatalogue): Promise<LoadResult> {
  const main = await readYaml(file);
  if (!main.ok) return main;

  const secretsFile = join(dirname(file), "secrets.yaml");
  const secrets = await readSecrets(secretsFile);
  const parsed = siteFileSchema.safeParse(main.value, { reportInput: true });
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => issueProblems(main, issue));
    return { ok: false, problems: [...problems, ...secrets.problems] };
  }

  const problems = [
    ...checkReferences(parsed.data, profiles).map(({ path, expected }) => problemAt(main, path, expected)),
    ...secrets.problems,
    ...secretUses(main.value)
      .filter(({ name }) => secrets.values[name] === undefined && secrets.problems.length === 0)
      .map(({ path, name }) =>
        problemAt(main, path, `a secret that ${secretsFile} defines; add a line "${name}: …"`),
      ),
  ];
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    configuration: resolve(parsed.data, profiles, (name) => secrets.values[name] ?? ""),
    secretsFile,
  };
}

interface YamlFile {
  readonly ok: true;
  readonly file: string;
  readonly value: unknown;
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

async function readYaml(file: string): Promise<YamlFile | { ok: false; problems: Problem[] }> {
  let text: string;
  try {
    const { size } = await stat(file);
    if (size > MAX_FILE_BYTES)
      return wholeFile(file, `a file of at most ${MAX_FILE_BYTES} bytes, not ${size}`);
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = errorCode(error);
    return wholeFile(file, code === "ENOENT" ? "a file that exists" : `a file that can be read (${code})`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    maxAliasCount: 0,
    prettyErrors: true,
  } as object);
  if (document.errors.length > 0) {
    return {
      ok: false,
      problems: document.errors.map((error) => ({
        file,
        line: error.linePos?.[0].line,
        path: "",
        expected: `YAML: ${error.message.split("\n", 1)[0]}`,
      })),
    };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 });
  } catch {
    return wholeFile(file, "YAML without aliases (*name)");
  }
  const lineOf = (path: readonly PropertyKey[]): number | undefined => {
    for (let length = path.length; length > 0; length--) {
      const steps = path.slice(0, length);
      const parent = length === 1 ? document.contents : document.getIn(steps.slice(0, -1), true);
      const key = steps[length - 1];
      const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === String(key)) : undefined;
      const node = (pair?.key ?? document.getIn(steps, true)) as
        | { range?: [number, number, number] }
        | undefined;
      if (node?.range) return lines.linePos(node.range[0]).line;
    }
    return undefined;
  };
  return { ok: true, file, value, lineOf };
}

function wholeFile(file: string, expected: string): { ok: false; problems: Problem[] } {
  return { ok: false, problems: [{ file, path: "", expected }] };
}

async function readSecrets(file: string): Promise<{ values: Record<string, string>; problems: Problem[] }> {
  let mode: number;
  try {
    mode = (await stat(file)).mode;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { values: {}, problems: [] };
    return {
      values: {},
      problems: wholeFile(file, `a file that can be read (${errorCode(error)})`).problems,
    };
  }
  if ((mode & 0o077) !== 0) {
    const expected = `a file that only its owner can read; run: chmod 600 ${file}`;
    return { values: {}, problems: [{ file, path: "", value: (mode & 0o777).toString(8), expected }] };
  }
  const yaml = await readYaml(file);
  if (!yaml.ok) return { values: {}, problems: yaml.problems };
  const parsed = secretsSchema.safeParse(yaml.value ?? {});
  if (parsed.success) return { values: parsed.data, problems: [] };
  return {
    values: {},
    problems: parsed.error.issues.map((issue) => ({
      file,
      line: yaml.lineOf(issue.path),
      path: formatPath(issue.path),
      value: issue.path.length > 0 ? "(hidden)" : undefined,
      expected: "one secret a line, as name: text",
    })),
  };
}

function problemAt(yaml: YamlFile, path: readonly PropertyKey[], expected: string): Problem {
  return {
    file: yaml.file,
    line: yaml.lineOf(path),
    path: formatPath(path),
    value: showValue(path, valueAt(yaml.value, path)),
    expected,
  };
}

function issueProblems(yaml: YamlFile, issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) =>
      problemAt(yaml, [...issue.path, key], "no such key here (is it misspelt?)"),
    );
  }
  const expected = issue.message.replace(/^Invalid (input|option|string): expected /, "");
  return [problemAt(yaml, issue.path, expected.replace(/, received .*$/, ""))];
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    root,
  );
}

/** Every `{secret: name}` in the raw file with where it stands. */
function secretUses(
  value: unknown,
  path: readonly PropertyKey[] = [],
): { path: readonly PropertyKey[]; name: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const step = Array.isArray(value) ? Number(key) : key;
    if (key === "secret" && typeof child === "string") return [{ path: [...path, step], name: child }];
    return secretUses(child, [...path, step]);
  });
}

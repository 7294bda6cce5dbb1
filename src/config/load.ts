import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { errorCode } from "../core/errors.ts";
import type { ProfileCatalogue } from "../core/profiles.ts";
import type { ReviseRule } from "../core/rule-edit.ts";
import { type Configuration, resolve } from "./configuration.ts";
import { formatPath, type Problem } from "./problems.ts";
import { checkReferences } from "./references.ts";
import { createRuleReviser } from "./rule-revision.ts";
import { siteFileSchema } from "./schema.ts";
import { issueProblems, problemAt } from "./schema-problems.ts";
import { expandGroups } from "./speaker-groups.ts";
import { checkSigning } from "./upstreams.ts";
import { checkPhrases, checkWiring } from "./wiring.ts";
import { readYaml } from "./yaml-file.ts";

const secretsSchema = z.record(z.string(), z.string().min(1));

export type LoadResult =
  | {
      readonly ok: true;
      readonly configuration: Configuration;
      readonly secretsFile: string;
      readonly reviseRule: ReviseRule;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads and checks `file` and the `secrets.yaml` beside it unless told, and reports everything that is wrong at once.
 * Never throws for what stands in the files.
 */
export async function loadConfiguration(
  file: string,
  profiles: ProfileCatalogue,
  secretsFile = join(dirname(file), "secrets.yaml"),
): Promise<LoadResult> {
  const main = await readYaml(file);
  if (!main.ok) return main;

  const secrets = await readSecrets(secretsFile);
  const parsed = siteFileSchema.safeParse(main.value, { reportInput: true });
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => issueProblems(main, issue));
    return { ok: false, problems: [...problems, ...secrets.problems] };
  }

  const expanded = expandGroups(parsed.data);
  const misfits = [
    ...checkReferences(parsed.data, profiles),
    ...checkWiring(parsed.data, profiles),
    ...checkPhrases(expanded, profiles),
    ...checkSigning(parsed.data.upstreams, (name) => secrets.values.get(name)),
  ];
  const problems = [
    ...misfits.map(({ path, expected }) => problemAt(main, path, expected)),
    ...secrets.problems,
    ...secretUses(main.value)
      .filter(({ name }) => !secrets.values.has(name) && secrets.problems.length === 0)
      .map(({ path, name }) =>
        problemAt(main, path, `a secret that ${secretsFile} defines; add a line "${name}: …"`),
      ),
  ];
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    configuration: resolve(expanded, profiles, (name) => secrets.values.get(name) ?? ""),
    secretsFile,
    reviseRule: createRuleReviser(main.value, parsed.data, profiles),
  };
}

export interface Secrets {
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/** The secrets beside a file; none where there is no such file. */
export async function readSecrets(file: string): Promise<Secrets> {
  const broken = (problems: readonly Problem[]): Secrets => ({ values: new Map(), problems });
  let mode: number;
  try {
    mode = (await stat(file)).mode;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return broken([]);
    return broken([{ file, path: "", expected: `a file that can be read (${errorCode(error)})` }]);
  }
  if ((mode & 0o077) !== 0) {
    const expected = `a file that only its owner can read; run: chmod 600 ${file}`;
    return broken([{ file, path: "", value: (mode & 0o777).toString(8), expected }]);
  }
  const yaml = await readYaml(file);
  if (!yaml.ok) return broken(yaml.problems);
  const parsed = secretsSchema.safeParse(yaml.value ?? {});
  if (parsed.success) return { values: new Map(Object.entries(parsed.data)), problems: [] };
  return broken(
    parsed.error.issues.map((issue) => ({
      file,
      line: yaml.lineOf(issue.path),
      path: formatPath(issue.path),
      value: issue.path.length > 0 ? "(hidden)" : undefined,
      expected: 'one secret a line, as name: "text"; what looks like a number needs the quotes',
    })),
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

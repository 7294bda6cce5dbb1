import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { errorCode } from "../core/errors.ts";
import type { ProfileCatalogue } from "../core/profiles.ts";
import type { ReviseRule } from "../core/rule-edit.ts";
import type { StandingChange } from "../core/set-up.ts";
import { type Configuration, resolve } from "./configuration.ts";
import { formatPath, type Problem } from "./problems.ts";
import { checkReferences } from "./references.ts";
import { createRuleReviser } from "./rule-revision.ts";
import { siteFileSchema } from "./schema.ts";
import { issueProblems, problemAt } from "./schema-problems.ts";
import { layOver, type Misfit } from "./set-up/laid-over.ts";
import type { SetUpState } from "./set-up/set-up-file.ts";
import { expandGroups } from "./speaker-groups.ts";
import { checkSigning } from "./upstreams.ts";
import { checkPhrases, checkWiring } from "./wiring.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";

const secretsSchema = z.record(z.string(), z.string().min(1));

/** A file that is in order, for what is laid over it on the page. */
export interface ExaminedSite {
  /** The whole file as plain values, without what was changed on the page. */
  readonly written: unknown;
  /** The first thing that is wrong with other values in its place. @param secrets beyond those of `secrets.yaml`. */
  faultOf(value: unknown, secrets: SetUpState["secrets"]): Problem | undefined;
}

export type LoadResult =
  | {
      readonly ok: true;
      readonly configuration: Configuration;
      readonly secretsFile: string;
      readonly reviseRule: ReviseRule;
      readonly site: ExaminedSite;
      /** What was changed on the page and does not fit the file. */
      readonly leftOut: readonly Misfit<StandingChange>[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What is laid over a file. */
export type Overlay = Pick<SetUpState, "changes" | "secrets">;

const NO_OVERLAY: Overlay = { changes: [], secrets: {} };

/**
 * Reads and checks `file` and the `secrets.yaml` beside it unless told, and reports everything that is wrong at once.
 * Never throws for what stands in the files. @param overlay what was changed on the page: of it is left out what does not fit.
 */
export async function loadConfiguration(
  file: string,
  profiles: ProfileCatalogue,
  secretsFile = join(dirname(file), "secrets.yaml"),
  overlay = NO_OVERLAY,
): Promise<LoadResult> {
  const main = await readYaml(file);
  if (!main.ok) return main;
  const own = await readSecrets(secretsFile);
  const examine = (written: Written, secrets: Secrets) => examined(written, secrets, secretsFile, profiles);
  const withMore = (secrets: SetUpState["secrets"]): Secrets => ({
    ...own,
    values: new Map([...own.values, ...Object.entries(secrets)]),
  });

  const alone = examine(main, own);
  if (!alone.ok) return alone;
  const faultOf: ExaminedSite["faultOf"] = (value, secrets) => {
    const found = examine({ file: "", value, lineOf: () => undefined }, withMore(secrets));
    return found.ok ? undefined : found.problems[0];
  };
  const { value, leftOut } = layOver(main.value, overlay.changes, (one) => faultOf(one, overlay.secrets));
  const whole = value === main.value ? alone : examine({ ...main, value }, withMore(overlay.secrets));
  if (!whole.ok) return whole;
  return {
    ok: true,
    configuration: resolve(
      whole.expanded,
      profiles,
      (name) => overlay.secrets[name] ?? own.values.get(name) ?? "",
    ),
    secretsFile,
    reviseRule: createRuleReviser(value, whole.parsed, profiles),
    site: { written: main.value, faultOf },
    leftOut,
  };
}

type Written = Pick<YamlFile, "file" | "value" | "lineOf">;

/** Everything that is wrong with a file's values, or the values in order. */
function examined(written: Written, secrets: Secrets, secretsFile: string, profiles: ProfileCatalogue) {
  const parsed = siteFileSchema.safeParse(written.value, { reportInput: true });
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => issueProblems(written, issue));
    return { ok: false, problems: [...problems, ...secrets.problems] } as const;
  }
  const expanded = expandGroups(parsed.data);
  const misfits = [
    ...checkReferences(parsed.data, profiles),
    ...checkWiring(parsed.data, profiles),
    ...checkPhrases(expanded, profiles),
    ...checkSigning(parsed.data.upstreams, (name) => secrets.values.get(name)),
  ];
  const problems = [
    ...misfits.map(({ path, expected }) => problemAt(written, path, expected)),
    ...secrets.problems,
    ...secretUses(written.value)
      .filter(({ name }) => !secrets.values.has(name) && secrets.problems.length === 0)
      .map(({ path, name }) =>
        problemAt(written, path, `a secret that ${secretsFile} defines; add a line "${name}: …"`),
      ),
  ];
  return problems.length > 0
    ? ({ ok: false, problems } as const)
    : ({ ok: true, parsed: parsed.data, expanded } as const);
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

/** Every `{secret: name}` in raw values with where it stands. */
export function secretUses(
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

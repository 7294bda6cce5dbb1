import { dirname, join } from "node:path";
import type { z } from "zod";
import { readSecrets } from "./load.ts";
import { formatPath, type Problem } from "./problems.ts";
import { issueProblems } from "./schema-problems.ts";
import { readYaml } from "./yaml-file.ts";

export interface FileWithSecrets<Written> {
  readonly ok: true;
  readonly written: Written;
  /** Those of `secrets.yaml` beside the file; of one that could not be read, none, and its problems. */
  readonly secrets: Awaited<ReturnType<typeof readSecrets>>;
  readonly secretsFile: string;
  /** So far; `complain` adds to them. */
  readonly problems: Problem[];
  complain(path: readonly PropertyKey[], expected: string): void;
}

/** Reads a file of YAML or JSON and the secrets beside it. Never throws for what stands in them. */
export async function readWithSecrets<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<
  FileWithSecrets<z.output<Schema>> | { readonly ok: false; readonly problems: readonly Problem[] }
> {
  const yaml = await readYaml(file);
  if (!yaml.ok) return yaml;
  const secretsFile = join(dirname(file), "secrets.yaml");
  const secrets = await readSecrets(secretsFile);
  const parsed = schema.safeParse(yaml.value, { reportInput: true });
  if (!parsed.success) {
    const found = parsed.error.issues.flatMap((issue) => issueProblems(yaml, issue));
    return { ok: false, problems: [...found, ...secrets.problems] };
  }
  const problems: Problem[] = [...secrets.problems];
  return {
    ok: true,
    written: parsed.data,
    ...{ secrets, secretsFile, problems },
    complain: (path, expected) => {
      problems.push({ file, line: yaml.lineOf(path), path: formatPath(path), expected });
    },
  };
}

import type { z } from "zod";
import { formatPath, type Problem, showValue } from "./problems.ts";
import type { YamlFile } from "./yaml-file.ts";

/** What a schema has refused, and where it stands. */
type Written = Pick<YamlFile, "file" | "value" | "lineOf">;

export function problemAt(written: Written, path: readonly PropertyKey[], expected: string): Problem {
  return {
    file: written.file,
    line: written.lineOf(path),
    path: formatPath(path),
    value: showValue(path, valueAt(written.value, path)),
    expected,
  };
}

/** What an issue of a schema tells a person. */
export function issueProblems(written: Written, issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      // Without its value: the key may be a misspelt `password`.
      const { value: _value, ...problem } = problemAt(written, [...issue.path, key], "no such key here");
      return problem;
    });
  }
  if (issue.code === "invalid_union") {
    const meant = meantBranch(issue, valueAt(written.value, issue.path));
    if (meant) {
      return meant.flatMap((inner) =>
        issueProblems(written, { ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue),
      );
    }
  }
  // The key of a record is itself what is wrong; its own issue tells what was expected.
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? "") : issue.message;
  const expected = message.replace(/^Invalid (input|option): expected /, "").replace(/, received .*$/, "");
  return [problemAt(written, issue.path, expected === "object" ? "a mapping of key: value" : expected)];
}

/** Of several shapes the one that most of the given keys belong to; undefined when that does not single one out. */
function meantBranch(issue: z.core.$ZodIssueInvalidUnion, value: unknown): z.core.$ZodIssue[] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const branches = issue.errors.map((issues) => {
    const isOther = issues.some(({ code, path }) => path.length === 0 && code === "invalid_type");
    const unknown = issues.flatMap((inner) =>
      inner.code === "unrecognized_keys" && inner.path.length === 0 ? inner.keys : [],
    );
    return { issues, known: isOther ? 0 : Object.keys(value).length - unknown.length };
  });
  const most = Math.max(...branches.map(({ known }) => known));
  const best = branches.filter(({ known }) => known === most);
  return most > 0 && best.length === 1 ? best[0]?.issues : undefined;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? (value as Record<PropertyKey, unknown>)[step]
        : undefined,
    root,
  );
}

/** One thing wrong with a file that a person wrote. */
export interface Problem {
  readonly file: string;
  /** Line in the file, from 1; absent where it cannot be known. */
  readonly line?: number | undefined;
  /** `cameras[0].zones[1].polygon`; empty for the file as a whole. */
  readonly path: string;
  /** The value found, as JSON, cut to 80 characters; absent when nothing stands there. */
  readonly value?: string | undefined;
  readonly expected: string;
}

/** `cunshao.yaml:12  speakers[0].settleMs  found -5  expected a number from 0 to 10000` */
export function formatProblem(problem: Problem): string {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
  const found = problem.value === undefined ? "" : `  found ${problem.value}`;
  return `${place}  ${problem.path || "(whole file)"}${found}  expected ${problem.expected}`;
}

export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === "number" ? `${text}[${step}]` : text === "" ? String(step) : `${text}.${String(step)}`,
    "",
  );
}

/** A value for a person to recognise; anything that may be a secret is not shown. */
export function showValue(path: readonly PropertyKey[], value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (path.some((step) => typeof step === "string" && /password|secret|token/i.test(step))) return "(hidden)";
  const text = (JSON.stringify(value) ?? String(value)).replace(/\/\/[^@/"]*@/g, "//(hidden)@");
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** One thing wrong with a file that a person wrote. */
export interface Problem {
  readonly file: string;
  /** Line in the file, from 1; absent where it cannot be known. */
  readonly line?: number | undefined;
  /** `cameras[0].zones[1].polygon`; empty for the file as a whole. */
  readonly path: string;
  /** The value found, cut to 80 characters and without secrets; absent when nothing stands there. */
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

const SECRET_PLACE = /login|password|secret|token/i;

/**
 * A value for a person to recognise. Nothing that may be a secret is shown: of a mapping only its keys, because one of
 * them may be a misspelt `password`.
 */
export function showValue(path: readonly PropertyKey[], value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (path.some((step) => typeof step === "string" && SECRET_PLACE.test(step))) return "(hidden)";
  // What comes straight from the YAML document tells its plain value as JSON does.
  const text = describe(typeof value === "object" ? JSON.parse(JSON.stringify(value)) : value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function describe(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return `[${value.map(describe).join(",")}]`;
  if (typeof value === "object" && value !== null) return `{${Object.keys(value).join(", ")}}`;
  return JSON.stringify(typeof value === "string" ? withoutLogin(value) : value);
}

/** Of an address only its scheme and host: a password may stand before the host, in the path and in the query. */
function withoutLogin(text: string): string {
  const address = /^([^/]*:\/\/)(.*@)?([^/?#]*)(.*)$/s.exec(text);
  if (!address) return text;
  const [, scheme = "", login, host = "", rest] = address;
  return `${scheme}${login ? "(hidden)@" : ""}${host}${rest ? "/…" : ""}`;
}

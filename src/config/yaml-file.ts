import { readFile, stat } from "node:fs/promises";
import { type Document, isMap, LineCounter, parseDocument, visit } from "yaml";
import { errorCode } from "../core/errors.ts";
import type { Problem } from "./problems.ts";

/** A village's configuration is a few kilobytes, that of fifty cameras some tens; the parser slows with the square. */
const MAX_FILE_BYTES = 256_000;
/** The parser calls itself for each level, and a stack that overflows ends the process. */
const MAX_DEPTH = 40;
/** After the first few, errors of the YAML follow from those before. */
const MAX_YAML_PROBLEMS = 20;

/** A file that a person wrote, as plain values. */
export interface YamlFile {
  readonly ok: true;
  readonly file: string;
  readonly value: unknown;
  /** The line, from 1, on which `path` stands, or its nearest ancestor that is there. */
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

type Broken = { readonly ok: false; readonly problems: readonly Problem[] };

/** Never throws for what stands in the file, and tells nothing of its text: it may be a file of secrets. */
export async function readYaml(file: string): Promise<YamlFile | Broken> {
  const fail = (expected: string, line?: number): Broken => ({
    ok: false,
    problems: [{ file, line, path: "", expected }],
  });

  let bytes: Buffer;
  try {
    const found = await stat(file);
    if (!found.isFile()) return fail("a file, not a folder or device");
    if (found.size > MAX_FILE_BYTES)
      return fail(`a file of at most ${MAX_FILE_BYTES} bytes, not ${found.size}`);
    bytes = await readFile(file);
  } catch (error) {
    const code = errorCode(error);
    return fail(code === "ENOENT" ? "a file that exists" : `a file that can be read (${code})`);
  }

  const text = decodeUtf8(bytes);
  if (text === undefined) return fail("text in UTF-8; save it again in this encoding", firstBadLine(bytes));
  const deepLine = firstDeepLine(text);
  if (deepLine !== undefined) return fail("values that are not nested so deeply", deepLine);

  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true, logLevel: "error" });
  const found = [...document.errors, ...document.warnings].map((error) => ({
    line: error.linePos?.[0].line,
    expected: MISTAKES[error.code] ?? `YAML that can be read (${error.code})`,
  }));
  visit(document, {
    Alias(_, { range }) {
      found.push({ line: range ? lines.linePos(range[0]).line : undefined, expected: NO_ALIAS });
    },
  });
  if (found.length > 0) {
    return {
      ok: false,
      problems: found.slice(0, MAX_YAML_PROBLEMS).map((one) => ({ file, path: "", ...one })),
    };
  }
  return { ok: true, file, value: document.toJS(), lineOf: (path) => lineOf(document, lines, path) };
}

const NO_ALIAS = "a value of its own, not an alias (*name); a text that begins with * needs quotes";

/** In a person's words what the parser's errors mean; its own messages quote the file. */
const MISTAKES: Readonly<Record<string, string>> = {
  BAD_DQ_ESCAPE: "text without a single \\ between double quotes; use single quotes",
  BAD_INDENT: "lines that belong together to begin in the same column, and brackets that close",
  BAD_SCALAR_START: "quotes around a text that begins with @ or `",
  BLOCK_AS_IMPLICIT_KEY: "one key: value a line, indented like the lines it belongs to",
  DUPLICATE_KEY: "each key once",
  MISSING_CHAR: "a closing quote or bracket, or a colon and a space after the key",
  MULTILINE_IMPLICIT_KEY: "a colon and a space after the key, and quotes that close",
  MULTIPLE_DOCS: "one document, without a line of --- in it",
  TAB_AS_INDENT: "spaces for indentation, not tabs",
  TAG_RESOLVE_FAILED: "quotes around a text that begins with !",
  UNEXPECTED_TOKEN: "nothing more after a value; quotes around a text with special characters",
};

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function firstBadLine(bytes: Buffer): number {
  const text = bytes.toString("utf8");
  return text.slice(0, text.indexOf("\uFFFD")).split("\n").length;
}

/** The first line that opens too many brackets, or has too many list and key signs before its text. */
function firstDeepLine(text: string): number | undefined {
  let open = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const signs = /^[\s?:-]*/.exec(line)?.[0].replace(/\s/g, "").length ?? 0;
    for (const character of line) {
      if (character === "[" || character === "{") open++;
      else if (character === "]" || character === "}") open = Math.max(0, open - 1);
      if (open > MAX_DEPTH) return index + 1;
    }
    if (signs > MAX_DEPTH && !/^-+\s*$/.test(line)) return index + 1;
  }
  return undefined;
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
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
}

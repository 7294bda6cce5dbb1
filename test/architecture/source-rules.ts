import ts from "typescript";

export interface Finding {
  readonly rule: "time" | "chance" | "environment" | "any-signal" | "default-export" | "length";
  readonly line: number;
  readonly text: string;
}

/** CONTRIBUTING.md: never over 400 lines. */
export const MAX_LINES = 400;

const TIMERS = new Set(["setTimeout", "setInterval", "setImmediate"]);
const TIMER_MODULES = new Set(["node:timers", "node:timers/promises", "timers", "timers/promises"]);
const GLOBALS = new Set(["globalThis", "global", "window"]);

/** Reads one source as a compiler does, so that words in comments and strings do not count. */
export function inspectSource(file: string, text: string): Finding[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const findings: Finding[] = [];
  const report = (rule: Finding["rule"], node: ts.Node): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    findings.push({ rule, line: line + 1, text: node.getText(source).slice(0, 80) });
  };

  function visit(node: ts.Node): void {
    if (ts.isIdentifier(node) && TIMERS.has(node.text) && isGlobalUse(node)) report("time", node);
    if (isMember(node, "Date", "now")) report("time", node);
    if (isMember(node, "Math", "random")) report("chance", node);
    if (isMember(node, "process", "env")) report("environment", node);
    if (isMember(node, "AbortSignal", "any")) report("any-signal", node);
    if (ts.isNewExpression(node) && isGlobal(node.expression, "Date") && !node.arguments?.length) {
      report("time", node);
    }
    if (ts.isCallExpression(node) && isGlobal(node.expression, "Date")) report("time", node);
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      if (TIMER_MODULES.has(node.moduleSpecifier.text)) report("time", node);
    }
    if (isDefaultExport(node)) report("default-export", node);
    ts.forEachChild(node, visit);
  }

  visit(source);
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  if (lines > MAX_LINES) findings.push({ rule: "length", line: lines, text: `${lines} lines` });
  return findings;
}

/** `Date` or `globalThis.Date`. */
function isGlobal(node: ts.Node, name: string): boolean {
  if (ts.isIdentifier(node)) return node.text === name;
  return (
    ts.isPropertyAccessExpression(node) &&
    node.name.text === name &&
    ts.isIdentifier(node.expression) &&
    GLOBALS.has(node.expression.text)
  );
}

/** `Date.now`, `Date["now"]`, `globalThis.Date.now`, or `const { now } = Date`. */
function isMember(node: ts.Node, object: string, member: string): boolean {
  if (ts.isPropertyAccessExpression(node)) {
    return node.name.text === member && isGlobal(node.expression, object);
  }
  if (ts.isElementAccessExpression(node)) {
    const { argumentExpression: key, expression } = node;
    return ts.isStringLiteralLike(key) && key.text === member && isGlobal(expression, object);
  }
  if (ts.isVariableDeclaration(node) && node.initializer && ts.isObjectBindingPattern(node.name)) {
    const names = node.name.elements.map(({ propertyName, name }) => (propertyName ?? name).getText());
    return names.includes(member) && isGlobal(node.initializer, object);
  }
  return false;
}

/** False for a method or a key of the same name, as in `socket.setTimeout(0)`. */
function isGlobalUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return ts.isIdentifier(parent.expression) && GLOBALS.has(parent.expression.text);
  }
  const namesSomething =
    ts.isPropertyAssignment(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isPropertySignature(parent);
  return !(namesSomething && parent.name === node);
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === "default";
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
}

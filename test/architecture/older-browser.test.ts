import { readFileSync } from "node:fs";
import ts from "typescript";
import { expect, it } from "vitest";

const { SyntaxKind } = ts;
const FILE = new URL("../../src/panel/web/public/older-browser.js", import.meta.url);

/** Of what ECMAScript 5 has, as much as a script needs that only writes a few words: what is not here was made later, or is not needed. */
const OF_2009 = new Set([
  SyntaxKind.SourceFile,
  SyntaxKind.EndOfFileToken,
  SyntaxKind.Block,
  SyntaxKind.ExpressionStatement,
  SyntaxKind.IfStatement,
  SyntaxKind.ReturnStatement,
  SyntaxKind.VariableStatement,
  SyntaxKind.VariableDeclarationList,
  SyntaxKind.VariableDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.Parameter,
  SyntaxKind.ParenthesizedExpression,
  SyntaxKind.CallExpression,
  SyntaxKind.PropertyAccessExpression,
  SyntaxKind.PrefixUnaryExpression,
  SyntaxKind.TypeOfExpression,
  SyntaxKind.BinaryExpression,
  SyntaxKind.Identifier,
  SyntaxKind.StringLiteral,
  SyntaxKind.EqualsToken,
  SyntaxKind.EqualsEqualsEqualsToken,
  SyntaxKind.ExclamationEqualsEqualsToken,
  SyntaxKind.AmpersandAmpersandToken,
  SyntaxKind.BarBarToken,
  SyntaxKind.InKeyword,
]);

/** What a browser that knows no more than ECMAScript 5 stops at. */
function youngerIn(text: string): string[] {
  const source = ts.createSourceFile("script.js", text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  function visit(node: ts.Node): void {
    if (isYounger(node)) found.push(node.getText(source).slice(0, 60));
    ts.forEachChild(node, visit);
  }
  visit(source);
  return found;
}

function isYounger(node: ts.Node): boolean {
  if (ts.isVariableDeclarationList(node)) return (node.flags & ts.NodeFlags.BlockScoped) !== 0;
  if (ts.isCallExpression(node))
    return node.questionDotToken !== undefined || node.arguments.hasTrailingComma === true;
  if (ts.isPropertyAccessExpression(node)) return node.questionDotToken !== undefined;
  if (ts.isFunctionExpression(node)) {
    const isPlain = node.asteriskToken === undefined && node.modifiers === undefined;
    return !isPlain || node.parameters.hasTrailingComma === true;
  }
  if (ts.isParameter(node)) return node.dotDotDotToken !== undefined || node.initializer !== undefined;
  return !OF_2009.has(node.kind);
}

it("what tells an old browser that it is too old can be read by it", () => {
  expect(youngerIn(readFileSync(FILE, "utf8"))).toEqual([]);
});

it.each([
  "(() => {})();",
  "const a = b;",
  "let a = b;",
  "a(`b`);",
  "a(b,);",
  "a(...b);",
  "a?.(b);",
  "a?.b;",
  "a ?? b;",
  "var { a } = b;",
  "(function* () {})();",
  "(async function () {})();",
  "(function (a = b) {})();",
  "(function (...a) {})();",
  "class A {}",
  "for (var a of b) a();",
  'import "a";',
  "try { a(); } catch { b(); }",
])("%j is younger", (text) => {
  expect(youngerIn(text)).not.toEqual([]);
});

import { relative } from "node:path";
import { root } from "./run.mjs";

/**
 * The end of a test run from vitest's JSON report: a line for each failure, then the counts. What failed outside a test
 * (a file that does not load, a run that died, a run without tests) counts as a failure, so that the counts never look
 * better than the run was.
 */
export function closingLines(report, exitCode) {
  const failures = (report?.testResults ?? []).flatMap(failuresOf);
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  if (failures.length === 0 && (exitCode !== 0 || passed === 0)) {
    failures.push(`failed: the run itself, with exit code ${exitCode}`);
  }
  const failed = failures.length;
  const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  return { failed, lines: [...failures, counts] };
}

function failuresOf({ name, status, message, assertionResults }) {
  if (status !== "failed") return [];
  const file = relative(root, name);
  const tests = assertionResults.filter((test) => test.status === "failed");
  // Loading the file or clearing up after its tests.
  if (tests.length === 0) return [`failed: ${file}: ${firstLine(message)}`];
  return tests.map((test) => `failed: ${file} > ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
}

function firstLine(text) {
  const [line] = (text ?? "").trim().split("\n", 1);
  // What vitest's report has of a test that ran out of time.
  return line === "Error: STACK_TRACE_ERROR" ? "it took too long" : line;
}

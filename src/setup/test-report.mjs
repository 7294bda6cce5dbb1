/**
 * The closing line of a test run from vitest's JSON report. What failed outside a test (a file that does not load, a
 * run that died, a run without tests) counts as a failure, so that the line never looks better than the run was.
 */
export function closingLine(report, exitCode) {
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  const brokenFiles = (report?.testResults ?? []).filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  ).length;
  let failed = (report?.numFailedTests ?? 0) + brokenFiles;
  if (failed === 0 && (exitCode !== 0 || passed === 0)) failed = 1;
  return { failed, text: `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}` };
}

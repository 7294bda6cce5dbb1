import axe from "axe-core";
import type { Page } from "playwright-core";

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
}

/** Resolves when colours do not change any more: half the way between two of them is neither. */
const AT_REST = `Promise.allSettled(document.getAnimations()
  .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity).map(({ finished }) => finished))`;

/** What axe finds against WCAG 2.2 AA, each as what and where. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(AT_REST);
  // By the debugger's own way in: the page's security policy lets no script in by another.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe.source });
  const tags = JSON.stringify(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]);
  const { result } = await session.send("Runtime.evaluate", {
    expression: `axe.run(document, { runOnly: { type: "tag", values: ${tags} } }).then(({ violations }) => JSON.stringify(violations))`,
    awaitPromise: true,
  });
  await session.detach();
  return (JSON.parse(String(result.value)) as Violation[]).flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")} ${failureSummary}`),
  );
}

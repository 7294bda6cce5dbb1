/** No event of a box goes so deep: its own ledger takes no more than 64. */
const DEEPEST = 100;

/** Whether what a box says is nested so deep that whatever goes over it by recursion, as JSON.stringify does, would run out of stack. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return false;
}

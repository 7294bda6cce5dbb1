/**
 * For how long a sign has said the same, in ms of attentive watching: time in which the watcher itself stood still (a
 * stopped machine, a busy one) does not count against the watched.
 * @param longestGapMs most that one look adds.
 */
export function createStaleness(longestGapMs: number): (mark: string, nowMs: number) => number {
  let lastMark: string | undefined;
  let lastMs = 0;
  let staleMs = 0;
  return (mark, nowMs) => {
    staleMs = mark === lastMark ? staleMs + Math.min(Math.max(0, nowMs - lastMs), longestGapMs) : 0;
    lastMark = mark;
    lastMs = nowMs;
    return staleMs;
  };
}

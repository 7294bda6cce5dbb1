export const DRAIN_SITE = "longwan";
export const DRAIN_TOKEN = "a-token-of-the-bench";
/** Box and bridge try the line again so often. */
export const RETRY_MS = 1000;

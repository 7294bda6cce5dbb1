/** Whoever wants the same again after so long means another. */
const ONE_WISH_MS = 600_000;

export interface WishIds {
  /** The id under which this is asked for: the same one while the same is wanted and the box has not answered. */
  of(wish: unknown): string;
  /** The box has said yes or no: what comes next is another wish. */
  answered(): void;
}

/** An answer may be lost after the box has done what was asked: a try after that must not have it done twice. */
export function createWishIds(newId: () => string, nowMs: () => number): WishIds {
  let open: { readonly words: string; readonly id: string; readonly atMs: number } | undefined;
  return {
    of(wish) {
      const words = JSON.stringify(wish);
      if (open?.words !== words || nowMs() - open.atMs > ONE_WISH_MS) {
        open = { words, id: newId(), atMs: nowMs() };
      }
      return open.id;
    },
    answered() {
      open = undefined;
    },
  };
}

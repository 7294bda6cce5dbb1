/** A picture's layout is judged in blocks, so that what changed can be told by its place. */
export const BLOCK_COLUMNS = 16;
export const BLOCK_ROWS = 9;
export const BLOCKS = BLOCK_COLUMNS * BLOCK_ROWS;

/** Where the columns and rows of blocks begin, in pixels, and at the end where the last ones end. */
export interface BlockEdges {
  readonly left: Uint16Array;
  readonly top: Uint16Array;
}

export function blockEdges(width: number, height: number): BlockEdges {
  return {
    left: Uint16Array.from({ length: BLOCK_COLUMNS + 1 }, (_, column) =>
      Math.ceil((column * width) / BLOCK_COLUMNS),
    ),
    top: Uint16Array.from({ length: BLOCK_ROWS + 1 }, (_, row) => Math.ceil((row * height) / BLOCK_ROWS)),
  };
}

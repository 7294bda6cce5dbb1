/** The first of them that together have so many bytes. */
export function upTo<One extends { readonly sizeBytes: number }>(all: readonly One[], bytes: number): One[] {
  let sum = 0;
  return all.filter(({ sizeBytes }) => {
    const isNeeded = sum < bytes;
    sum += sizeBytes;
    return isNeeded;
  });
}

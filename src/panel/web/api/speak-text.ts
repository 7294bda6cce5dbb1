/** What the box takes at most. */
export const MOST_CHARACTERS = 200;

/** A text field may hold line ends and invisible signs that no voice can say. */
export function cleaned(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, " ")
    .trim()
    .slice(0, MOST_CHARACTERS);
}

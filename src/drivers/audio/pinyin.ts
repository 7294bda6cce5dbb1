/** Words that are to be read otherwise than a dictionary would: characters that sound so, or pinyin with tones (`you1 xian4`). */
export type Pronunciations = Readonly<Record<string, string>>;

const SYLLABLES = /^[a-zü]+[1-5]( [a-zü]+[1-5])*$/;

export function isPinyin(text: string): boolean {
  return SYLLABLES.test(text);
}

/**
 * Characters as pinyin with tone numbers, which is what espeak-ng's dictionary turns them into anyway, but one by one: it
 * reads 长大 as in 长短 and 银行 as in 行走. Punctuation and Latin letters stay.
 */
export async function inPinyin(text: string, pronunciations: Pronunciations): Promise<string> {
  // Its dictionary takes 30 MB and a quarter of a second; a box that says only what is recorded never loads it.
  const { pinyin } = await import("pinyin-pro");
  const syllables = (characters: string): string =>
    pinyin(characters, { toneType: "num", type: "array", nonZh: "consecutive", toneSandhi: true, v: true })
      .map((syllable) => (/^[a-zü]+0$/.test(syllable) ? syllable.replace("0", "5") : syllable))
      .join(" ");
  return pieces(text, Object.keys(pronunciations))
    .map((piece) => {
      const said = Object.hasOwn(pronunciations, piece) ? (pronunciations[piece] ?? piece) : piece;
      return isPinyin(said) ? said : syllables(said);
    })
    .join(" ");
}

/** The text cut so that each of the words stands alone, the longest first. */
function pieces(text: string, words: readonly string[]): string[] {
  if (words.length === 0) return [text];
  const longestFirst = [...words].sort((a, b) => b.length - a.length);
  const found = new RegExp(
    `(${longestFirst.map((word) => word.replace(/[^\p{L}\p{N}]/gu, "\\$&")).join("|")})`,
    "u",
  );
  return text.split(found).filter((piece) => piece !== "");
}

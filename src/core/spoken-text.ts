/** Characters of one text at most, whoever orders it. */
export const MOST_CHARACTERS = 1000;

/** What is wrong with words, whoever says them; undefined when nothing is. */
export function faultOfText(text: string): string | undefined {
  if (text.trim() === "") return "broadcast.text_empty";
  if ([...text].length > MOST_CHARACTERS) return "broadcast.text_too_long";
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text)) return "broadcast.text_control";
  // An engine may take it for orders of its own (SSML); no person means it to be heard.
  return /<[/!?a-z][^>]*>/i.test(text) ? "broadcast.text_markup" : undefined;
}

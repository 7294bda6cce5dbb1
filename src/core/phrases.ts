/** Two texts that sound alike have one key: punctuation and spaces are not heard. */
export function phraseKey(text: string): string {
  return text.normalize("NFKC").replace(/[\p{P}\p{Z}\p{C}]/gu, "");
}

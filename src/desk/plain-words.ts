import { z } from "zod";

/**
 * Signs that are not seen, and those that turn the order of what follows: a name must not write over the words beside it. What joins
 * the parts of an emoji stays.
 */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu;

/** What a box calls something, as words of a length that fits on a page and nothing else. */
export function plainWords(text: string, mostLength: number): string {
  const shown = text
    .slice(0, 4 * mostLength)
    .replace(UNSEEN, " ")
    .trim();
  // Sign by sign: half of one is none.
  return Array.from(shown).slice(0, mostLength).join("");
}

/** ISO time of a year with four digits: others cannot be reckoned with. */
export const PlainTime = z
  .string()
  .max(30)
  .regex(/^\d{4}-/)
  .refine((time) => isTime(time));

export function isTime(text: string): boolean {
  return !Number.isNaN(Date.parse(text));
}

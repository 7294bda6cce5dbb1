import { z } from "zod";

/** A line or a few; what steers a terminal or a printer is no writing. */
export function writing(longest: number) {
  return (
    z
      .string()
      .trim()
      .min(1)
      .max(longest)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
      .regex(/^[^\u0000-\u0009\u000b-\u001f\u007f]*$/, "no control characters")
  );
}

/** Words on one line as somebody types them. */
export function line(longest: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(text), "control characters");
}

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

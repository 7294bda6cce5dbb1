import { z } from "zod";

/** A line of words as somebody types it: something is in it, and nothing that breaks a line. */
export const Line = z
  .string()
  .trim()
  .min(1)
  .refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(text), "control characters");

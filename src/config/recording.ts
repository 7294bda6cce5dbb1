import { z } from "zod";
import { decimal, whole } from "./fields.ts";
import { schedule } from "./schedule.ts";

const UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };
const SIZE = /^(\d{1,6}(?:\.\d{1,3})?) ?(MB|GB|TB)$/;
const sizeExpected = "a size like 500MB, 200GB or 1.5TB, at least 1MB";

/** Decimal, as disks are sold. */
export const size = z.string(sizeExpected).transform((written, context) => {
  const [, amount = "", unit = ""] = SIZE.exec(written) ?? [];
  const bytes = Math.round(Number(amount) * (UNITS[unit] ?? 0));
  if (bytes >= 1e6) return bytes;
  context.addIssue({ code: "custom", message: sizeExpected });
  return z.NEVER;
});

/** What of a camera is kept. Without any of it: everything, for the 30 days that the law asks for, as the disk allows. */
export const record = z.strictObject({
  mode: z.enum(["off", "continuous", "events"], "off, continuous or events").default("continuous"),
  schedule: schedule.prefault({}),
  keep: z.strictObject({ days: decimal(0.01, 3650).default(30), maxBytes: size.optional() }).prefault({}),
  segmentSeconds: whole(10, 900).default(300),
  beforeSeconds: whole(0, 60).default(10),
  afterSeconds: whole(1, 3600).default(30),
  /** For the days that the disk will hold, until they are measured. */
  expectedKbps: whole(16, 100_000).default(4000),
});

/** How recordings share the disk with the ledger. */
export const storage = z.strictObject({
  keepFreeBytes: size.default(1e9),
  reservePercent: decimal(0, 50).default(5),
  /** Endurance of the card by its maker (TBW). */
  cardLifeTerabytes: decimal(0.1, 100_000).optional(),
  /** Who went over the lines, with their pictures. */
  crossings: z
    .strictObject({ days: decimal(0.01, 3650).default(30), maxBytes: size.default(2e9) })
    .prefault({}),
  /** Pictures and clips of alarms, once every upstream has them. */
  evidence: z
    .strictObject({ days: decimal(0.01, 3650).default(90), maxBytes: size.default(8e9) })
    .prefault({}),
  /** Events, readings and the timeline of movement. */
  ledger: z.strictObject({ maxBytes: size.default(2e9) }).prefault({}),
});

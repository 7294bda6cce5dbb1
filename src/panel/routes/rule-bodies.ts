import { z } from "zod";

const Season = z.object({ from: z.number().int(), to: z.number().int() });
const Window = z.object({
  days: z.array(z.number().int()).readonly().describe("ISO weekdays, 1 (Monday) to 7"),
  fromMinute: z.number().int(),
  toMinute: z.number().int(),
  season: Season.optional().describe("Month times 100 plus day"),
});
const Words = {
  text: z.string(),
  speakers: z.array(z.string()).readonly(),
  repeat: z.number().int(),
  volume: z.number(),
  emergency: z.boolean().optional(),
};
const Severity = z.enum(["notice", "warning", "danger", "emergency"]);

export const RuleBody = z.object({
  id: z.string(),
  name: z.string(),
  version: z.number().int().describe("To be sent along with a change; 0 while nobody changed it here"),
  changed: z
    .object({ by: z.string(), at: z.string(), state: z.enum(["edited", "restored", "left-out"]) })
    .optional()
    .describe("The last change; `left-out`: it fits the configuration no more, which holds instead"),
  fixed: z
    .array(z.enum(["schedule", "severity"]))
    .readonly()
    .describe("What the page does not change"),
  most: z
    .object({
      say: z.array(z.number()).readonly(),
      escalate: z.array(z.number()).readonly(),
      repeat: z.number().int(),
    })
    .describe("How loud and how often at most"),
  when: z.object({
    kind: z.enum(["person", "line", "passage", "group", "vanished", "level", "contact"]),
  }),
  schedule: Window.extend({ also: z.array(Window).readonly().optional() }),
  say: z.array(z.object(Words)).readonly(),
  alarm: z.object({ severity: Severity }).optional(),
  escalate: z
    .array(
      z.object({
        afterSeconds: z.number(),
        ...z.object(Words).partial().shape,
        severity: Severity.optional(),
      }),
    )
    .readonly(),
});

// What a value may be is the configuration's to say; here is only what keeps nonsense small.
const Seconds = z.number().min(0).max(86_400);
const Level = z.number().min(-1e6).max(1e6).describe("In the sensor's unit");
const Day = z.string().max(8);
const EditedWords = z.strictObject({
  text: z.string().max(1000),
  repeat: z.number().int().min(1).max(100),
  volume: z.number().int().min(1).max(100),
});

export const RuleEditBody = z.strictObject({
  version: z.number().int().min(0).describe("That was read with the rule: whoever was slower is told"),
  schedule: z
    .array(
      z.strictObject({
        days: z.union([z.literal("all"), z.array(Day).max(7).readonly()]).describe("`all`, or mon, tue, …"),
        from: z.string().max(8).describe("07:30"),
        to: z.string().max(8).describe("Up to 24:00"),
        season: z.strictObject({ from: z.string().max(8), to: z.string().max(8) }).optional(),
      }),
    )
    .max(16)
    .readonly()
    .optional(),
  severity: z.enum(["notice", "warning", "danger"]).optional(),
  dwellSeconds: Seconds.optional(),
  above: Level.optional(),
  clearBelow: Level.optional(),
  holdSeconds: Seconds.optional(),
  say: z.array(EditedWords).max(32).readonly().optional().describe("All that it says at once, in its order"),
  escalate: z
    .array(EditedWords.partial().extend({ afterSeconds: Seconds }))
    .max(16)
    .readonly()
    .optional()
    .describe("All its steps, in the order of time"),
});

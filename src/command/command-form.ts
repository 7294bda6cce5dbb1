import { z } from "zod";
import { COMMAND_KINDS } from "../core/command.ts";

const Id = z.string().regex(/^[A-Za-z0-9._:-]{1,48}$/);
const Device = z.string().min(1).max(128);
const Time = z.iso.datetime({ offset: true });
const Words = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(text), "control characters");

/** What every command says. */
export const Command = z.looseObject({
  id: Id,
  site: z.string().min(1).max(128),
  kind: z.enum(COMMAND_KINDS),
  issued: Time,
  expires: Time,
  /** Who stands behind it. */
  person: Words.optional(),
  data: z.record(z.string(), z.unknown()),
  key: z.string().max(64).optional(),
  signature: z.string().max(200).optional(),
});
export type Command = z.output<typeof Command>;

export const BroadcastData = z
  .strictObject({
    speakers: z.array(Device).min(1).max(64),
    text: z.string().trim().optional(),
    clip: Device.optional(),
    repeat: z.number().int().min(1).max(10).default(1),
    volume: z.number().min(0).max(100).default(80),
    emergency: z.boolean().default(false),
    reason: Words.optional(),
    alarm: Device.optional(),
    notBefore: Time.optional(),
    whenPreempted: z.enum(["resume", "drop"]).optional(),
  })
  .refine(({ text, clip }) => (text === undefined) !== (clip === undefined), "either a text or a clip");

export const SilenceData = z.strictObject({ broadcast: Device });
export const AlarmData = z.strictObject({ alarm: Device });
export const ConfigurationData = z.strictObject({ yaml: z.string().min(1).max(49_152) });
export const TimeData = z.strictObject({ now: Time });

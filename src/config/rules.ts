import { z } from "zod";
import { SUM_HOURS } from "../core/growth.ts";
import type { Sensitivity } from "../core/site.ts";
import { decimal, id, name, truth, whole, words } from "./fields.ts";
import { hours, windows } from "./schedule.ts";

export const phrase = words(200, "words to say");
const seconds = decimal(0, 86_400);
const severities = ["notice", "warning", "danger", "emergency"] as const;
const severity = z.enum(severities, severities.join(", "));

const condition = z.union(
  [
    z
      .strictObject({ person: z.strictObject({ camera: id, zone: id, dwellSeconds: seconds.default(0) }) })
      .transform(({ person }) => ({ kind: "person" as const, ...person })),
    z
      .strictObject({
        line: z.strictObject({
          camera: id,
          line: id,
          direction: z.enum(["in", "out", "both"], "in, out or both").default("both"),
        }),
      })
      .transform(({ line }) => ({ kind: "line" as const, ...line })),
    z
      .strictObject({
        passage: z.strictObject({
          camera: id,
          from: id,
          to: id,
          withinSeconds: decimal(1, 600).default(30),
        }),
      })
      .transform(({ passage }) => ({ kind: "passage" as const, ...passage })),
    z
      .strictObject({
        group: z.strictObject({
          camera: id,
          zone: id,
          people: whole(2, 50).default(3),
          dwellSeconds: seconds.default(10),
        }),
      })
      .transform(({ group }) => ({ kind: "group" as const, ...group })),
    z
      .strictObject({
        vanished: z.strictObject({
          camera: id,
          zone: id,
          stoodSeconds: decimal(1, 3600).default(5),
          goneSeconds: decimal(2, 600).default(15),
          lyingSeconds: decimal(2, 600).default(10),
        }),
      })
      .transform(({ vanished }) => ({ kind: "vanished" as const, ...vanished })),
    z
      .strictObject({
        sensor: id,
        above: z.number("a level"),
        clearBelow: z.number("a level"),
        holdSeconds: seconds.default(0),
        over: z.strictObject({ hours: z.literal(SUM_HOURS, "1, 3, 6, 12 or 24") }).optional(),
      })
      .refine((level) => level.clearBelow <= level.above, {
        message: "a clearBelow that is not higher than above",
        path: ["clearBelow"],
      })
      .transform(({ over, ...level }) => ({
        kind: "level" as const,
        ...level,
        ...(over && { overHours: over.hours }),
      })),
    z
      .strictObject({ input: id, closed: z.boolean().default(true) })
      .transform((contact) => ({ kind: "contact" as const, ...contact })),
  ],
  {
    error:
      "{person: {camera, zone, dwellSeconds}}, {line: {camera, line, direction}}, {passage: {camera, from, to, withinSeconds}}, {group: {camera, zone, people, dwellSeconds}}, {vanished: {camera, zone}}, {sensor, above, clearBelow, holdSeconds, over: {hours}} or {input, closed}",
  },
);

/** Whatever is said is to be heard. */
export const volume = whole(1, 100);
export const repeat = whole(1, 10);
export const speakerIds = z.array(id, "a list of speakers").min(1, "at least one speaker");
const switchIds = z.array(id, "a list of switches").min(1, "at least one switch");
const onSeconds = whole(1, 600);

const say = z
  .strictObject({
    say: phrase,
    on: speakerIds,
    repeat: repeat.default(1),
    volume: volume.default(80),
    /** Speaks before everybody else, once a second observation agrees. */
    emergency: truth.optional(),
  })
  .transform(({ say, on, ...rest }) => ({ kind: "say" as const, text: say, speakers: on, ...rest }));

const switchOn = z
  .strictObject({ switch: switchIds, forSeconds: onSeconds.default(20) })
  .transform(({ switch: switches, forSeconds }) => ({ kind: "switch" as const, switches, forSeconds }));

const clipSeconds = decimal(0, 60);
const evidence = z.union(
  [
    z.boolean(),
    z
      .strictObject({
        camera: id.optional(),
        beforeSeconds: clipSeconds.default(10),
        afterSeconds: clipSeconds.default(10),
      })
      .transform(({ camera, ...clip }) => ({ camera, clip })),
  ],
  { error: "true, false or {camera, beforeSeconds, afterSeconds}, the seconds of the clip 0 to 60 each" },
);
const raise = z
  .strictObject({ alarm: z.strictObject({ severity }), evidence: evidence.optional() })
  .transform(({ alarm, evidence }) => ({ kind: "alarm" as const, severity: alarm.severity, evidence }));

const look = z
  .strictObject({ look: z.strictObject({ camera: id, preset: words(64, "the name of a preset") }) })
  .transform(({ look }) => ({ kind: "look" as const, ...look }));

/** One step: words, sirens and lights, a graver alarm, or several of these at once. */
const escalation = z
  .strictObject({
    afterSeconds: seconds,
    say: phrase.optional(),
    on: speakerIds.optional(),
    repeat: repeat.optional(),
    volume: volume.optional(),
    emergency: truth.optional(),
    switch: switchIds.optional(),
    forSeconds: onSeconds.optional(),
    severity: severity.optional(),
  })
  .refine(
    (step) => step.say !== undefined || step.switch || step.severity,
    "a step with say, switch or severity",
  )
  .refine(
    (step) =>
      step.say !== undefined || !(step.on || step.repeat || step.volume !== undefined || step.emergency),
    {
      message: "words to say, because on, repeat, volume or emergency is given",
      path: ["say"],
    },
  )
  .refine((step) => step.switch || step.forSeconds === undefined, {
    message: "a list of switches, because forSeconds is given",
    path: ["switch"],
  })
  .transform(
    ({
      afterSeconds,
      say,
      on,
      repeat = 1,
      volume = 100,
      emergency,
      switch: switches,
      forSeconds = 20,
      severity,
    }) => ({
      afterSeconds,
      ...(say !== undefined && { text: say, speakers: on, repeat, volume }),
      ...(emergency && { emergency }),
      ...(switches && { switchOn: { switches, forSeconds } }),
      ...(severity && { severity }),
    }),
  );

const level = z.enum(["low", "normal", "high"], "low, normal or high");
const sensitivity = z
  .union([level, z.strictObject({ day: level, night: level, dayHours: hours.optional() })], {
    error: "low, normal, high or {day, night, dayHours: {from, to}}",
  })
  .transform((given): Sensitivity => (typeof given === "string" ? { day: given, night: given } : given));

export const rule = z.strictObject({
  id,
  name: name.optional(),
  when: condition,
  schedule: windows.prefault({}),
  cooldownSeconds: seconds.default(30),
  /** Who comes back sooner after an alarm is spoken to again without another. */
  trackCooldownSeconds: seconds.default(60),
  sensitivity: sensitivity.optional(),
  // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
  then: z
    .array(
      z.union([say, raise, look, switchOn], {
        error:
          "{say, on, repeat, volume, emergency}, {alarm: {severity}, evidence}, {look: {camera, preset}} or {switch, forSeconds}",
      }),
    )
    .min(1, "at least one thing to do"),
  escalate: z.array(escalation).max(16, "at most 16 steps").default([]),
});

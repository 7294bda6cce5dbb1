// config/: one YAML file, the secrets beside it and the hardware profiles become one checked, typed configuration.
// It may import core/ only; `main.ts` and `cli.ts` call it.
import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import { area, crossesItself } from "../core/geometry.ts";
import type { AudioWiring, RelayWiring, Schedule } from "../core/site.ts";

const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "an id: lower-case letters, digits and hyphens, at most 63");
const name = z.string().trim().min(1, "a name").max(60, "a name of at most 60 characters");
const phrase = z.string().trim().min(1, "the words to say").max(200, "at most 200 characters");
const milliseconds = z.int().min(0).max(10_000);
const fraction = z.number().min(0, "a fraction from 0 to 1").max(1, "a fraction from 0 to 1");

/** The place of a secret: its name in the secrets file, never the secret itself. */
const secret = z.strictObject({ secret: id });

const polygon = z
  .array(z.tuple([fraction, fraction]))
  .min(3, "at least three corners")
  .max(64, "at most 64 corners")
  .refine((corners) => corners.length < 3 || !crossesItself(corners), "an outline that does not cross itself")
  .refine((corners) => corners.length < 3 || area(corners) >= 0.0005, "an outline that encloses something");

function networkUrl(protocols: readonly string[]) {
  const expected = `an address like ${protocols[0]}//host:port/path without a user name or password in it`;
  return z.string().refine((text) => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    return (
      protocols.includes(url.protocol) && url.hostname !== "" && url.username === "" && url.password === ""
    );
  }, expected);
}

const zone = z.strictObject({ id, name, polygon });

const camera = z.strictObject({
  id,
  name,
  profile: id.default("generic-rtsp"),
  /** The camera's address, where its profile knows the paths of its streams. */
  host: z
    .string()
    .regex(/^[a-z0-9.-]+(:\d{1,5})?$/i, "a host like 192.168.1.21 or 192.168.1.21:554")
    .optional(),
  channel: z.int().min(1).max(256).default(1),
  main: networkUrl(["rtsp:"]).optional(),
  sub: networkUrl(["rtsp:"]).optional(),
  login: z.strictObject({ username: z.string().min(1).max(64), password: secret }).optional(),
  zones: z.array(zone).default([]),
});

const gpioLine = z.strictObject({
  chip: z.string().min(1, "the label of a GPIO chip, e.g. pinctrl-bcm2711"),
  line: z.int().min(0).max(1023),
  activeLow: z.boolean().default(false),
});

const relay: z.ZodType<RelayWiring> = z.union(
  [
    z.strictObject({ gpio: gpioLine }),
    z.strictObject({ serial: z.strictObject({ bus: id, profile: id, channel: z.int().min(1).max(64) }) }),
  ],
  { error: "{gpio: {chip, line, activeLow}} or {serial: {bus, profile, channel}}" },
);

const audioExpected =
  "alsa:<device>, rtp://<host>:<port> (append ?codec=PCMA for G.711), or {module: {bus, profile, tracks}}";

function parseAudioAddress(text: string): AudioWiring | undefined {
  if (text.startsWith("alsa:") && text.length > 5) return { kind: "alsa", device: text.slice(5) };
  if (!text.startsWith("rtp://") || !URL.canParse(text)) return undefined;
  // WHATWG URLs parse host and port only for known schemes; borrow http's rules.
  const url = new URL(text.replace(/^rtp/, "http"));
  const codec = url.searchParams.get("codec") ?? "L16";
  const port = Number(url.port || 80);
  if (url.username || url.password || (codec !== "L16" && codec !== "PCMA")) return undefined;
  return { kind: "rtp", host: url.hostname, port, codec };
}

const audio = z.union(
  [
    z.string().transform((text, context): AudioWiring => {
      const wiring = parseAudioAddress(text);
      if (wiring) return wiring;
      context.addIssue({ code: "custom", message: audioExpected });
      return z.NEVER;
    }),
    z
      .strictObject({
        module: z.strictObject({
          bus: id,
          profile: id,
          tracks: z.record(phrase, z.int().min(1).max(65_535)),
        }),
      })
      .transform((value): AudioWiring => ({ kind: "module", module: value.module })),
  ],
  { error: audioExpected },
);

const speaker = z.strictObject({
  id,
  name,
  power: z.strictObject({ relay }).optional(),
  audio,
  settleMs: milliseconds.default(800),
  holdMs: milliseconds.default(300),
  maxOnSeconds: z.int().min(1).max(3600).default(180),
});

const bus = z.strictObject({
  id,
  port: z
    .string()
    .refine(
      (port) => /^\/dev\/.+/.test(port) || /^tcp:\/\/[^:/]+:\d{1,5}$/.test(port) || /^\/.+/.test(port),
      "a device like /dev/serial/by-id/… or a serial server like tcp://host:port",
    ),
  baudRate: z.int().min(1200).max(921_600).default(9600),
  parity: z.enum(["none", "even", "odd"]).default("none"),
  stopBits: z.union([z.literal(1), z.literal(2)]).default(1),
  framing: z.enum(["rtu", "tcp"]).default("rtu"),
});

const sensor = z.strictObject({
  id,
  name,
  profile: id,
  bus: id,
  address: z.int().min(1).max(255),
  pollSeconds: z.number().min(0.2).max(3600).default(5),
});

const input = z.strictObject({ id, name, gpio: gpioLine });

const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time of day like "07:30", up to "24:00"')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

const weekdayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const schedule = z
  .strictObject({
    days: z
      .union([z.literal("all"), z.array(z.enum(weekdayNames)).min(1)], {
        error: `all, or a list of ${weekdayNames.join(", ")}`,
      })
      .default("all"),
    from: clockTime.default(0),
    to: clockTime.default(1440),
  })
  .transform(
    ({ days, from, to }): Schedule => ({
      days: weekdayNames.flatMap((day, index) => (days === "all" || days.includes(day) ? [index + 1] : [])),
      fromMinute: from,
      toMinute: to,
    }),
  );

const seconds = z.number().min(0).max(86_400);

const condition = z.union(
  [
    z
      .strictObject({
        person: z.strictObject({ camera: id, zone: id, dwellSeconds: seconds.default(0) }),
      })
      .transform(({ person }) => ({ kind: "person" as const, ...person })),
    z
      .strictObject({
        sensor: id,
        above: z.number(),
        clearBelow: z.number(),
        holdSeconds: seconds.default(0),
      })
      .refine((level) => level.clearBelow <= level.above, {
        message: "a clearBelow that is not higher than above",
        path: ["clearBelow"],
      })
      .transform((level) => ({ kind: "level" as const, ...level })),
    z
      .strictObject({ input: id, closed: z.boolean().default(true) })
      .transform((contact) => ({ kind: "contact" as const, ...contact })),
  ],
  {
    error:
      "{person: {camera, zone, dwellSeconds}}, {sensor, above, clearBelow, holdSeconds} or {input, closed}",
  },
);

const volume = z.int().min(0).max(100);
const say = z
  .strictObject({
    say: phrase,
    on: z.array(id).min(1),
    repeat: z.int().min(1).max(10).default(1),
    volume: volume.default(80),
  })
  .transform(({ say, on, ...rest }) => ({ kind: "say" as const, text: say, speakers: on, ...rest }));
const raise = z
  .strictObject({
    alarm: z.strictObject({ severity: z.enum(["notice", "warning", "danger", "emergency"]) }),
    evidence: z.boolean().default(false),
  })
  .transform(({ alarm, evidence }) => ({ kind: "alarm" as const, severity: alarm.severity, evidence }));

const rule = z.strictObject({
  id,
  name: name.optional(),
  when: condition,
  schedule: schedule.prefault({}),
  cooldownSeconds: seconds.default(30),
  // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
  then: z
    .array(z.union([say, raise], { error: "{say, on, repeat, volume} or {alarm: {severity}, evidence}" }))
    .min(1),
  escalate: z
    .array(
      z
        .strictObject({
          afterSeconds: seconds,
          say: phrase,
          on: z.array(id).min(1).optional(),
          repeat: z.int().min(1).max(10).default(1),
          volume: volume.default(100),
        })
        .transform(({ say, on, ...rest }) => ({ text: say, speakers: on, ...rest })),
    )
    .default([]),
});

const upstream = z.strictObject({
  id,
  kind: z.literal("http"),
  url: networkUrl(["https:", "http:"]),
  token: secret,
});

const host = z
  .string()
  .refine(
    (text) => isIPv4(text) || isIPv6(text) || /^[a-z0-9.-]+$/i.test(text),
    "an address to listen on, e.g. 0.0.0.0",
  );

const panel = z.strictObject({
  host: host.default("0.0.0.0"),
  port: z.int().min(0).max(65_535).default(8080),
  /** Another program's page shown beside the village page. */
  companion: z
    .strictObject({ title: name, url: networkUrl(["http:", "https:"]), banner: name.optional() })
    .optional(),
  /** Machines that may pull: each with a bearer token. */
  tokens: z.array(z.strictObject({ name: id, token: secret })).default([]),
});

export const siteFileSchema = z.strictObject({
  site: z.strictObject({
    id,
    name,
    /** Longitude, latitude in degrees (WGS 84). */
    location: z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]).optional(),
    timezone: z.string().refine(isTimezone, "a time zone like Asia/Shanghai").default("Asia/Shanghai"),
  }),
  board: id,
  cameras: z.array(camera).default([]),
  buses: z.array(bus).default([]),
  sensors: z.array(sensor).default([]),
  inputs: z.array(input).default([]),
  speakers: z.array(speaker).default([]),
  rules: z.array(rule).default([]),
  upstreams: z.array(upstream).default([]),
  panel: panel.prefault({}),
});

/** The configuration file after the schema, before names are resolved. */
export type SiteFile = z.output<typeof siteFileSchema>;

function isTimezone(text: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

// config/: one YAML file, the secrets beside it and the hardware profiles become one checked, typed configuration.
// It may import core/ only; `main.ts` and `cli.ts` call it.
import { z } from "zod";
import { CAMERA_FAULTS } from "../core/camera-health.ts";
import { commands } from "./commands.ts";
import { desk } from "./desks.ts";
import { detector } from "./detector.ts";
import { drill } from "./drill.ts";
import {
  decimal,
  id,
  isHost,
  isPort,
  name,
  networkUrl,
  secret,
  text,
  truth,
  whole,
  words,
} from "./fields.ts";
import { broadcasts, programme, speakerGroup } from "./horns.ts";
import { line } from "./lines.ts";
import { host, scopes, timezone, tls } from "./listening.ts";
import { audio, gpioLine, power, relay } from "./outputs.ts";
import { proof } from "./proof.ts";
import { record, storage } from "./recording.ts";
import { rule } from "./rules.ts";
import { windows } from "./schedule.ts";
import { clips, recordings, speech } from "./speech.ts";
import { upstream } from "./upstreams.ts";
import { villageMap } from "./village-map.ts";
import { mask, zone } from "./zones.ts";

/** From relay on until the amplifier can be heard, and from the last word until relay off. */
export const DEFAULT_SETTLE_MS = 800;
export const DEFAULT_HOLD_MS = 300;

const milliseconds = whole(0, 10_000);

/** How the camera is asked for other things than pictures. */
const onvifSettings = z.strictObject({
  port: whole(1, 65_535).optional(),
  path: text(/^\/\S*$/, "a path that begins with /").default("/onvif/device_service"),
  https: truth.default(false),
  /** Whether the box sets the camera's clock. */
  setClock: truth.default(true),
  /**
   * What the analysed stream is asked for, from key frame to key frame; false leaves it as it is. A rule that must see
   * within a second needs one every 0.8 s, or the box has to decode every frame.
   */
  keyFrameSeconds: z
    .union([decimal(0.2, 10), z.literal(false)], "seconds from 0.2 to 10, or false")
    .default(0.8),
});

const onvif = z.union([z.literal(true).transform(() => onvifSettings.parse({})), onvifSettings], {
  error: "true, or {port, path, https, setClock, keyFrameSeconds}",
});

const privacy = z.strictObject({
  masks: z.array(mask).min(1, "at least one mask").max(16, "at most 16 masks"),
  by: z.enum(["box", "camera"], "box or camera").default("box"),
});

const cameraHost = "a host like 192.168.1.21 or 192.168.1.21:554";

const camera = z.strictObject({
  id,
  name,
  profile: id.default("generic-rtsp"),
  /** The camera's address, where its profile knows the paths of its streams. */
  host: z
    .string(cameraHost)
    .refine((address) => {
      const [host = "", port = "554", ...more] = address.split(":");
      return more.length === 0 && isHost(host) && isPort(port);
    }, cameraHost)
    .optional(),
  channel: whole(1, 256).default(1),
  main: networkUrl(["rtsp:"]).optional(),
  sub: networkUrl(["rtsp:"]).optional(),
  login: z.strictObject({ username: words(64, "a user name"), password: secret }).optional(),
  /** Whether its microphone is recorded and heard with the picture. */
  audio: truth.default(false),
  zones: z.array(zone).default([]),
  privacy: privacy.optional(),
  onvif: onvif.optional(),
  /** What makes a camera blind is looked for unless switched off here, e.g. {off: [moved]} where it is steered. */
  health: z
    .strictObject({
      off: z.array(z.enum(CAMERA_FAULTS, `one of ${CAMERA_FAULTS.join(", ")}`)).default([]),
    })
    .prefault({}),
  record: record.prefault({}),
  lines: z.array(line).max(8, "at most 8 lines").default([]),
});

const speaker = z.strictObject({
  id,
  name,
  power: power.optional(),
  audio,
  settleMs: milliseconds.optional(),
  holdMs: milliseconds.optional(),
  maxOnSeconds: whole(1, 3600).default(180),
  /** What tells whether it was heard: a microphone near the horn, the amplifier's current, or what the devices say themselves. */
  proof: proof.optional(),
});

const busPort = "a device like /dev/serial/by-id/… or a serial server like tcp://host:port";

const bus = z.strictObject({
  id,
  port: z.string(busPort).refine((port) => {
    const server = /^tcp:\/\/(.+):(\d+)$/.exec(port);
    return server ? isHost(server[1] ?? "") && isPort(server[2] ?? "") : /^\/\S+$/.test(port);
  }, busPort),
  baudRate: whole(1200, 921_600).default(9600),
  parity: z.enum(["none", "even", "odd"], "none, even or odd").default("none"),
  stopBits: z.literal([1, 2], "1 or 2").default(1),
  framing: z.enum(["rtu", "tcp"], "rtu or tcp").default("rtu"),
});

const sensor = z.strictObject({
  id,
  name,
  profile: id,
  bus: id,
  address: whole(1, 255),
  pollSeconds: decimal(0.2, 3600).default(5),
});

const input = z.strictObject({ id, name, gpio: gpioLine });

/** A siren or a light behind a relay. */
const switchWiring = z.strictObject({
  id,
  name,
  relay,
  maxOnSeconds: whole(1, 600).default(60),
  kind: z.enum(["siren", "light"], "siren or light").default("siren"),
  /** So many different observations must agree: 2 for a siren, 1 for a light unless told. */
  keys: z.literal([1, 2], "1 or 2").optional(),
});

const phone = text(/^\+?\d[\d -]{1,18}\d$/, "a telephone number of 3 to 20 digits");
const dutyTurn = z
  .strictObject({ name, phone, schedule: windows.prefault({}) })
  .transform(({ schedule: when, ...rest }) => ({ ...rest, when }));

const panel = z.strictObject({
  host: host.default("0.0.0.0"),
  port: whole(0, 65_535).default(8080),
  /** Another program's page shown beside the village page. */
  companion: z
    .strictObject({ title: name, url: networkUrl(["http:", "https:"]), banner: name.optional() })
    .optional(),
  /** Machines that may pull: each with a bearer token. */
  tokens: z.array(z.strictObject({ name: id, token: secret, scopes })).default([]),
  /** auto: the box's own authority, made at the first start. */
  tls: tls.prefault("auto"),
});

export const siteFileSchema = z.strictObject({
  site: z.strictObject({
    id,
    name,
    /** Longitude, latitude in degrees (WGS 84). */
    location: z.tuple([decimal(-180, 180), decimal(-90, 90)], "[longitude, latitude]").optional(),
    timezone,
  }),
  board: id,
  cameras: z.array(camera).default([]),
  buses: z.array(bus).default([]),
  /** A satellite receiver that tells the time; alone on its bus. */
  gps: z.strictObject({ bus: id }).optional(),
  sensors: z.array(sensor).default([]),
  inputs: z.array(input).default([]),
  speakers: z.array(speaker).default([]),
  speakerGroups: z.array(speakerGroup).max(64, "at most 64 groups").default([]),
  broadcasts: broadcasts.prefault({}),
  programmes: z.array(programme).max(200, "at most 200 programmes").default([]),
  drill: drill.prefault({}),
  switches: z.array(switchWiring).default([]),
  /** Who is to be called, and when. */
  duty: z.array(dutyTurn).max(64, "at most 64 turns").default([]),
  rules: z.array(rule).default([]),
  upstreams: z.array(upstream).default([]),
  /** Township desks to which the box opens a channel, where they cannot reach it. */
  desks: z.array(desk).max(8, "at most 8 desks").default([]),
  commands: commands.prefault({}),
  storage: storage.prefault({}),
  speech: speech.prefault({}),
  recordings: recordings.default({}),
  clips: clips.prefault({}),
  map: villageMap.prefault({}),
  detector: detector.prefault("people"),
  panel: panel.prefault({}),
});

/** The configuration file after the schema, before names are resolved. */
export type SiteFile = z.output<typeof siteFileSchema>;

/** The file's JSON schema (draft 2020-12), for editors. Names that refer to each other are checked by `check` alone. */
export function siteFileJsonSchema(): object {
  return z.toJSONSchema(siteFileSchema, { io: "input" });
}

import { PRIORITIES, type Priority } from "../../src/core/broadcast.ts";

// The village of the watched broadcasts as its configuration says it: five speakers of five kinds, and when they are quiet.

export const HOST = "127.0.0.1";
export const CHIP = "virtual-gpio";
export const POND_LINE = 4;
export const SETTLE_MS = 100;
export const HOLD_MS = 200;
export const MINUTE_MS = 60_000;
/** Of the site's time zone, Asia/Shanghai. */
const ZONE_MS = 8 * 60 * MINUTE_MS;

export const SPEAKERS = ["pond", "square", "school", "gate", "hall"] as const;
export type SpeakerId = (typeof SPEAKERS)[number];
export const MAX_ON_SECONDS: Readonly<Record<SpeakerId, number>> = {
  pond: 20,
  square: 20,
  school: 20,
  gate: 6,
  hall: 20,
};

/** What each class says, shortly and at length, so that whoever hears it knows the class. */
export const WORDS: Readonly<Record<Priority, { readonly short: string; readonly long: string }>> = {
  emergency: { short: "垮坝了", long: "垮坝了，请大家马上往高处走" },
  township: { short: "镇里通知", long: "镇里通知，明天上午九点来开会" },
  local: { short: "村里通知", long: "村里通知，今天晚上七点来开会" },
  rule: { short: "水边危险", long: "水边危险，请大家马上离开水边" },
  schedule: { short: "上课了", long: "上课了，请各位同学马上进教室" },
  drill: { short: "喇叭试音", long: "喇叭试音，请大家都不要惊慌" },
};

/** Contacts that rules watch, and the switch that silences everything. */
export const CONTACTS = {
  "sos-pond": 5,
  "sos-hall": 6,
  "dam-east": 7,
  "dam-west": 8,
  mute: 9,
} as const;
export type Contact = keyof typeof CONTACTS;

export const QUIET: readonly Priority[] = ["township", "local", "schedule", "drill"];
/** The school is always quiet, the hall every second minute: whatever the hour at which this runs. */
export const QUIET_MINUTES = 14;

export interface Devices {
  readonly horns: { readonly pond: number; readonly square: number };
  /** Port by bus. */
  readonly buses: Readonly<Record<string, string>>;
}

export function trackOf(priority: Priority, length: "short" | "long"): number {
  return 2 * PRIORITIES.indexOf(priority) + (length === "short" ? 1 : 2);
}

/** `HH:MM` of the village, so many minutes after `atMs`. */
function minuteAfter(atMs: number, minutes: number): string {
  return new Date(Math.floor(atMs / MINUTE_MS) * MINUTE_MS + minutes * MINUTE_MS + ZONE_MS)
    .toISOString()
    .slice(11, 16);
}

export function siteOf({ horns, buses }: Devices, startedMs: number): object {
  const speaker = (id: SpeakerId, name: string, power: object, audio: unknown) => ({
    ...{ id, name, power, audio },
    ...{ settleMs: SETTLE_MS, holdMs: HOLD_MS, maxOnSeconds: MAX_ON_SECONDS[id] },
  });
  const tracks = Object.fromEntries(
    PRIORITIES.flatMap((priority) => [
      [WORDS[priority].short, trackOf(priority, "short")],
      [WORDS[priority].long, trackOf(priority, "long")],
    ]),
  );
  const rule = (id: Contact, say: string, on: readonly SpeakerId[], more: object, severity: string) => ({
    id,
    name: id,
    when: { input: id },
    cooldownSeconds: 0,
    // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
    then: [{ say, on, ...more }, { alarm: { severity } }],
  });
  const times = Array.from({ length: 24 }, (_, index) => minuteAfter(startedMs, index));
  const programme = (id: string, say: string, on: readonly SpeakerId[], whenPreempted: string) => ({
    ...{ id, name: id, days: "all", times, say, on, whenPreempted },
  });
  const dam = { emergency: true };
  return {
    site: { id: "watched-village", name: "试验村", timezone: "Asia/Shanghai" },
    board: "virtual",
    detector: "movement",
    cameras: [],
    buses: Object.entries(buses).map(([id, port]) => ({ id, port })),
    inputs: Object.entries(CONTACTS).map(([id, line]) => ({
      id,
      name: id,
      gpio: { chip: CHIP, line, activeLow: true },
    })),
    speakers: [
      speaker(
        "pond",
        "东塘喇叭",
        { relay: { gpio: { chip: CHIP, line: POND_LINE, activeLow: true } } },
        `rtp://${HOST}:${horns.pond}?codec=PCMA`,
      ),
      speaker(
        "square",
        "广场喇叭",
        { relay: { serial: { bus: "relays", profile: "lcus", channel: 1 } } },
        `rtp://${HOST}:${horns.square}?codec=PCMA`,
      ),
      speaker(
        "school",
        "学校喇叭",
        { relay: { modbus: { bus: "modbus", profile: "waveshare-modbus", channel: 2 } } },
        { module: { bus: "school-voice", profile: "dfplayer", tracks } },
      ),
      speaker(
        "gate",
        "村口喇叭",
        { relay: { modbus: { bus: "modbus", profile: "lc-modbus", channel: 1 } } },
        { module: { bus: "gate-voice", profile: "jq8900", tracks } },
      ),
      speaker(
        "hall",
        "祠堂喇叭",
        { amplifier: { bus: "amplifier", profile: "monoprice-6zone", address: 11 } },
        { module: { bus: "hall-voice", profile: "syn6288" } },
      ),
    ],
    rules: [
      rule("sos-pond", WORDS.rule.short, ["pond", "gate"], {}, "warning"),
      rule("sos-hall", WORDS.rule.long, ["square", "school", "hall"], { repeat: 2 }, "warning"),
      rule("dam-east", WORDS.emergency.long, SPEAKERS, dam, "emergency"),
      rule("dam-west", WORDS.emergency.short, SPEAKERS, dam, "emergency"),
    ],
    programmes: [
      programme("bell", WORDS.schedule.short, ["pond", "square"], "resume"),
      programme("lesson", WORDS.schedule.long, ["gate", "hall", "school"], "drop"),
    ],
    drill: { text: WORDS.drill.short, volume: 60 },
    broadcasts: {
      quietHours: [
        { from: "00:00", to: "24:00", holds: QUIET, on: ["school"] },
        ...Array.from({ length: QUIET_MINUTES }, (_, index) => ({
          from: minuteAfter(startedMs, 2 * index + 1),
          to: minuteAfter(startedMs, 2 * index + 2),
          holds: QUIET,
          on: ["hall"],
        })),
      ],
      mostPerMinute: 600,
      sameWordsSeconds: 0,
      twoKeySeconds: 2,
      killSwitch: "mute",
    },
    panel: { tokens: [{ name: "program", token: { secret: "program" } }] },
  };
}

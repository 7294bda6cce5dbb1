import { CHAOS_SITE } from "./chaos-words.ts";
import { TOWN_HOST, TOWN_NAME } from "./namespaces.ts";

// What the village of the chaos has: two buttons, a horn, a pond with a probe and a camera, and where its events go.

export const CHIP = "virtual-gpio";
export const RELAY_LINE = 4;
export const BUTTONS = { pond: 10, hall: 11 } as const;

export interface SiteWiring {
  readonly httpsPort: number;
  readonly mqttPort: number;
  /** PEM file. */
  readonly authority: string;
  readonly hornPort: number;
  readonly cameraUrl: string;
  readonly probePort: string;
}

/** The file of configuration, before it is YAML. The secret `township` is the only one. */
export function chaosSite(wiring: SiteWiring): object {
  const { httpsPort, mqttPort, authority, hornPort, cameraUrl, probePort } = wiring;
  const rule = (id: keyof typeof BUTTONS) => ({
    id: `sos-${id}`,
    name: `${id} button`,
    when: { input: id },
    cooldownSeconds: 0,
    // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
    then: [{ say: "有人求助", on: ["pond"] }, { alarm: { severity: "warning" } }],
  });
  const water = {
    id: "pond-high",
    name: "东塘水位过高",
    when: { sensor: "pond-level", above: 2, clearBelow: 2 },
    cooldownSeconds: 0,
    // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
    then: [
      {
        alarm: { severity: "danger" },
        evidence: { camera: "pond", beforeSeconds: 1.5, afterSeconds: 1 },
      },
    ],
  };
  return {
    site: { id: CHAOS_SITE, name: "试验村" },
    board: "virtual",
    detector: "movement",
    cameras: [{ id: "pond", name: "东塘", main: cameraUrl, record: { mode: "off" } }],
    buses: [{ id: "lan", port: probePort, framing: "tcp" }],
    sensors: [
      { id: "pond-level", name: "东塘水位", profile: "qdy30a", bus: "lan", address: 1, pollSeconds: 0.2 },
    ],
    inputs: Object.entries(BUTTONS).map(([id, line]) => ({
      id,
      name: id,
      gpio: { chip: CHIP, line, activeLow: true },
    })),
    speakers: [
      {
        id: "pond",
        name: "东塘喇叭",
        power: { relay: { gpio: { chip: CHIP, line: RELAY_LINE, activeLow: true } } },
        audio: `rtp://127.0.0.1:${hornPort}`,
        settleMs: 50,
      },
    ],
    rules: [rule("pond"), rule("hall"), water],
    broadcasts: { quietHours: [], mostPerMinute: 600, sameWordsSeconds: 0 },
    // Of a disk of 128 MB, so that old evidence has to make room for new within the run.
    storage: {
      keepFreeBytes: "8MB",
      reservePercent: 1,
      crossings: { maxBytes: "1MB" },
      evidence: { maxBytes: "24MB" },
      ledger: { maxBytes: "64MB" },
    },
    clips: { maxBytes: "1MB" },
    upstreams: [
      {
        id: "township",
        kind: "http",
        url: `https://${TOWN_NAME}:${httpsPort}`,
        token: { secret: "township" },
        tls: { authority },
      },
      { id: "county", kind: "mqtt", url: `mqtt://${TOWN_HOST}:${mqttPort}` },
    ],
    panel: {
      tokens: [
        {
          name: "township",
          token: { secret: "township" },
          scopes: ["look", "replay", "events", "handle"],
        },
      ],
    },
  };
}

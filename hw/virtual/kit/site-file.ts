import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Polygon } from "../../../src/core/geometry.ts";

/** Where the village's devices can be reached, for the gateway's configuration. */
export interface VillageWiring {
  readonly cameras: readonly {
    readonly id: string;
    readonly name: string;
    readonly url: string;
    readonly login?: { readonly username: string; readonly password: string } | undefined;
    readonly zones: readonly { readonly id: string; readonly name: string; readonly polygon: Polygon }[];
  }[];
  readonly chip: string;
  readonly pondHornPort: number;
  readonly squareHornPort: number;
  /** UDP: where the microphones beside the horns send to. */
  readonly microphonePorts: { readonly pond: number; readonly square: number };
  /** Ports of serial devices: a pty's path, or `tcp://host:port`. */
  readonly relayBoardPort: string;
  readonly voiceModulePort: string;
  readonly levelBusPort: string;
  readonly reservoirPort: string;
  readonly townshipUrl: string;
  readonly townshipToken: string;
  readonly kitUrl: string;
  /** A township's desk to which the village opens a channel. */
  readonly desk?: { readonly url: string; readonly token: string } | undefined;
}

export const LINES = { pondRelay: 4, sluiceRelay: 5, siren: 6, sosButton: 8 } as const;
export const SLUICE_WARNING = "上游放水，请马上离开河道";
export const SLUICE_TRACK = 1;

/** Writes `cunshao.yaml` and its secrets into `folder`; returns the configuration file's path. */
export async function writeSiteFile(folder: string, wiring: VillageWiring): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, "cunshao.yaml");
  const secretsFile = join(folder, "secrets.yaml");
  const secrets: Record<string, string> = { township: wiring.townshipToken };
  if (wiring.desk) secrets["desk"] = wiring.desk.token;
  for (const { id, login } of wiring.cameras) if (login) secrets[id] = login.password;
  await writeFile(secretsFile, stringify(secrets), { mode: 0o600 });
  await chmod(secretsFile, 0o600);
  await writeFile(file, `# Written by the virtual kit at each start.\n${stringify(siteOf(wiring))}`);
  return file;
}

function siteOf(wiring: VillageWiring): object {
  return {
    site: { id: "demo-longwan", name: "龙湾村", location: [113.52, 27.61] },
    board: "virtual",
    cameras: wiring.cameras.map(({ id, name, url, login, zones }) => ({
      id,
      name,
      main: url,
      sub: `${url}/sub`,
      ...(login && { login: { username: login.username, password: { secret: id } } }),
      zones,
      // A demonstration is no place to fill somebody's disk.
      record: { mode: "continuous", keep: { days: 1, maxBytes: "2GB" } },
    })),
    storage: { keepFreeBytes: "1GB" },
    ...(wiring.desk && { desks: [{ id: "desk", url: wiring.desk.url, token: { secret: "desk" } }] }),
    buses: [
      { id: "relay-board", port: wiring.relayBoardPort },
      { id: "voice-module", port: wiring.voiceModulePort },
      { id: "rs485-1", port: wiring.levelBusPort },
      { id: "lan-radar", port: wiring.reservoirPort, framing: "tcp" },
    ],
    sensors: [
      { id: "pond-level", name: "东塘水位", profile: "qdy30a", bus: "rs485-1", address: 1, pollSeconds: 1 },
      {
        id: "reservoir-level",
        name: "水库水位",
        profile: "dfrobot-sen0676",
        bus: "lan-radar",
        address: 1,
        pollSeconds: 2,
      },
      { id: "rain", name: "村部雨量", profile: "qingyi-cg04", bus: "rs485-1", address: 2, pollSeconds: 5 },
    ],
    inputs: [
      {
        id: "sos",
        name: "广场求助按钮",
        gpio: { chip: wiring.chip, line: LINES.sosButton, activeLow: true },
      },
    ],
    speakers: [
      {
        id: "pond",
        name: "东塘喇叭",
        power: { relay: { gpio: { chip: wiring.chip, line: LINES.pondRelay, activeLow: true } } },
        audio: `rtp://127.0.0.1:${wiring.pondHornPort}`,
        settleMs: 300,
        proof: { microphone: `rtp://127.0.0.1:${wiring.microphonePorts.pond}` },
      },
      {
        id: "square",
        name: "广场喇叭",
        power: { relay: { serial: { bus: "relay-board", profile: "lcus", channel: 1 } } },
        audio: `rtp://127.0.0.1:${wiring.squareHornPort}?codec=PCMA`,
        settleMs: 500,
        proof: { microphone: `rtp://127.0.0.1:${wiring.microphonePorts.square}` },
      },
      {
        id: "sluice",
        name: "水闸喇叭",
        power: { relay: { gpio: { chip: wiring.chip, line: LINES.sluiceRelay, activeLow: false } } },
        audio: {
          module: { bus: "voice-module", profile: "dfplayer", tracks: { [SLUICE_WARNING]: SLUICE_TRACK } },
        },
        settleMs: 500,
      },
    ],
    switches: [
      {
        id: "siren",
        name: "广场警报器",
        relay: { gpio: { chip: wiring.chip, line: LINES.siren, activeLow: false } },
        maxOnSeconds: 60,
        // Only the button switches it on: a person pressed it.
        keys: 1,
      },
    ],
    // It is shown at any hour.
    broadcasts: { quietHours: [] },
    speakerGroups: [{ id: "water", name: "水边", speakers: ["pond", "sluice"] }],
    programmes: [
      {
        id: "noon-bell",
        name: "午间广播",
        days: "all",
        times: ["12:00"],
        say: "现在是中午十二点，请看好自己的孩子，不要到塘边玩水。",
        on: ["square"],
      },
      {
        id: "policy",
        name: "防溺水宣传",
        days: ["mon", "wed", "fri"],
        times: ["17:30"],
        season: { from: "06-01", to: "09-30" },
        say: "防溺水，人人有责。请家长教育孩子不要私自下水，不要到没有大人看管的塘边玩耍。",
        on: ["square", "pond"],
        volume: 50,
      },
    ],
    rules: [
      {
        id: "pond-bank",
        name: "东塘有人靠近",
        when: { person: { camera: "pond", zone: "bank", dwellSeconds: 0 } },
        cooldownSeconds: 5,
        // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
        then: [
          { say: "水边危险，请速离开", on: ["pond"], repeat: 2, volume: 80 },
          { alarm: { severity: "warning" }, evidence: true },
        ],
        escalate: [{ afterSeconds: 9, say: "塘边的人请马上离开，已通知村干部", volume: 100 }],
      },
      {
        id: "pond-high",
        name: "东塘水位过高",
        when: { sensor: "pond-level", above: 2.9, clearBelow: 2.7, holdSeconds: 2 },
        // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
        then: [
          { say: SLUICE_WARNING, on: ["sluice"] },
          { say: "东塘水位超过警戒，请大家不要到塘边去", on: ["square"] },
          { alarm: { severity: "danger" }, evidence: { camera: "pond" } },
        ],
      },
      {
        id: "heavy-rain",
        name: "一小时雨太大",
        when: { sensor: "rain", above: 30, clearBelow: 20, over: { hours: 1 } },
        // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
        then: [
          { say: "天要下大雨，请注意安全。", on: ["square"], repeat: 2 },
          { alarm: { severity: "warning" } },
        ],
      },
      {
        id: "sos",
        name: "有人按了求助按钮",
        when: { input: "sos" },
        // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
        then: [
          { say: "广场有人求助，请附近的村干部马上过去", on: ["square"], repeat: 2 },
          { alarm: { severity: "danger" }, evidence: { camera: "square" } },
        ],
        escalate: [{ afterSeconds: 8, switch: ["siren"], forSeconds: 30, severity: "emergency" }],
      },
    ],
    upstreams: [{ id: "township", kind: "http", url: wiring.townshipUrl, token: { secret: "township" } }],
    panel: {
      host: "127.0.0.1",
      port: 8080,
      companion: { title: "虚拟村", url: wiring.kitUrl, banner: "演示" },
    },
  };
}

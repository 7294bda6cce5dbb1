import { describe, expect, test } from "vitest";
import { USUAL_LIMITS } from "../../../src/core/horn-limits.ts";
import { wiringOf } from "../../../src/panel/wiring.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { profiles } from "../config/config-rig.ts";
import { bearer, makeServer, PASSWORD_HASH } from "./panel-fixture.ts";

const speaker = { id: "pond", name: "东塘喇叭", settleMs: 800, holdMs: 300, maxOnSeconds: 180 };
const bus = {
  id: "rs485",
  port: "tcp://192.168.1.30:502",
  baudRate: 9600,
  parity: "none",
  stopBits: 1,
} as const;
const site = {
  buses: [{ ...bus, framing: "rtu" as const }],
  speakers: [],
  sensors: [],
  upstreams: [],
  hornLimits: USUAL_LIMITS,
};
const alsa = { kind: "alsa", device: "default" } as const;
const gpio = { chip: "pinctrl-bcm2711", line: 17, activeLow: true };

async function speakerOf(wired: object) {
  return wiringOf({ ...site, speakers: [{ ...speaker, audio: alsa, ...wired }] }, await profiles())
    .speakers[0];
}

describe("how a box is wired", () => {
  test.each([
    ["always on", {}, { kind: "none" }],
    ["behind a line of the board", { power: { gpio } }, { kind: "relay", line: 17 }],
    [
      "behind a relay on a bus",
      { power: { modbus: { bus: "rs485", profile: "waveshare-modbus", channel: 2, address: 3 } } },
      { kind: "relay", model: expect.stringContaining("Waveshare"), port: bus.port, channel: 2, address: 3 },
    ],
    [
      "an amplifier that is told",
      { power: { amplifier: { bus: "rs485", profile: "pusg-6x4", address: 1 } } },
      { kind: "amplifier", model: expect.any(String), port: bus.port, address: 1 },
    ],
  ])("tells of an amplifier: %s", async (_what, wired, power) => {
    expect((await speakerOf(wired))?.power).toEqual(power);
  });

  test.each([
    [{ audio: alsa }, { kind: "alsa", port: "default" }],
    [
      { audio: { kind: "rtp", host: "192.168.1.40", port: 5004, codec: "PCMA" } },
      { kind: "rtp", port: "192.168.1.40:5004", model: "PCMA" },
    ],
    [
      { audio: { kind: "module", module: { bus: "rs485", profile: "syn6288" } } },
      { kind: "module", model: expect.stringContaining("SYN6288"), port: bus.port },
    ],
  ])("tells where sound comes from: %o", async (wired, audio) => {
    expect((await speakerOf(wired))?.audio).toEqual(audio);
  });

  test("tells a microphone without its password, and when a speaker is quieter", async () => {
    const login = { username: "admin", password: "of-the-microphone" };
    const microphone = { kind: "rtsp", url: "rtsp://192.168.1.21/main", login } as const;
    const found = await speakerOf({ proof: { microphone } });
    expect(found).toMatchObject({ proof: "microphone", maxOnSeconds: 180 });
    expect(found?.quieter).toEqual([{ fromMinute: 1320, toMinute: 360, volume: 0, warnings: false }]);
    expect(JSON.stringify(found)).not.toContain(login.password);
  });

  test("tells sensors and upstreams by make and address, and no token", async () => {
    const sensor = {
      id: "level",
      name: "水位",
      profile: "generic-level",
      bus: "rs485",
      address: 7,
      pollSeconds: 5,
    };
    const upstream = {
      id: "town",
      kind: "http",
      url: "https://town.example/c",
      token: "secret-token",
    } as const;
    const found = wiringOf({ ...site, sensors: [sensor], upstreams: [upstream] }, await profiles());
    expect(found.sensors).toMatchObject([{ sensor: "level", port: bus.port, address: 7, pollSeconds: 5 }]);
    expect(found.upstreams).toEqual([{ upstream: "town", kind: "http", url: "https://town.example/c" }]);
  });

  test("is for who sets up, and for nobody else", async () => {
    const server = await makeServer(createSteppedClock());
    const ask = async (headers: Record<string, string>): Promise<number> =>
      (await server.app.inject({ url: "/api/v1/wiring", headers })).statusCode;
    for (const [role, status] of [
      ["technician", 200],
      ["operator", 403],
      ["viewer", 403],
    ] as const) {
      await server.accounts.save({ username: role, passwordHash: PASSWORD_HASH, role });
      expect(await ask({ cookie: await server.logIn(role) })).toBe(status);
    }
    expect([await ask(bearer), await ask({})]).toEqual([403, 401]);
    await server.app.close();
  });
});

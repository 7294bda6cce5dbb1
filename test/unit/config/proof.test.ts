import { describe, expect, test } from "vitest";
import { configurationOf, problemsOf, SECRETS, VILLAGE } from "./config-rig.ts";

const withProof = (proof: string): string =>
  VILLAGE.replace("audio: alsa:default", `audio: alsa:default\n    proof: ${proof}`);
const withDrill = (drill: string): string => `${VILLAGE}\ndrill: ${drill}\n`;

describe("what proves that a speaker was heard", () => {
  test.each<[string, unknown]>([
    ['{microphone: "alsa:plughw:1,0"}', { microphone: { kind: "alsa", device: "plughw:1,0" } }],
    [
      "{microphone: rtp://192.168.1.60:5006}",
      { microphone: { kind: "rtp", host: "192.168.1.60", port: 5006 } },
    ],
    [
      "{microphone: {rtsp: rtsp://192.168.1.21:554/main, login: {username: admin, password: {secret: pond-east}}}}",
      {
        microphone: {
          kind: "rtsp",
          url: "rtsp://192.168.1.21:554/main",
          login: { username: "admin", password: "pond-secret-1" },
        },
      },
    ],
    ["{current: {sensor: pond-level, above: 0.4}}", { current: { sensor: "pond-level", above: 0.4 } }],
  ])("%s", async (written, proof) => {
    const { speakers } = await configurationOf({ village: withProof(written), secrets: SECRETS });
    expect(speakers[0]?.proof).toEqual(proof);
  });

  test.each([
    "{microphone: ears}",
    "{microphone: rtp://192.168.1.60}",
    "{microphone: rtp://192.168.1.60:99999}",
    "{microphone: {rtsp: http://192.168.1.21/}}",
    "{microphone: {rtsp: rtsp://admin:secret@192.168.1.21/}}",
    "{current: {sensor: nowhere, above: 1}}",
    "{current: {sensor: pond-level}}",
    "{current: {sensor: pond-level, above: -1}}",
    "{microphone: alsa:default, current: {sensor: pond-level, above: 1}}",
    "{}",
    "device",
    "devices",
  ])("refuses %s", async (written) => {
    const problems = await problemsOf({ village: withProof(written) });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("speakers[0].proof");
    expect(problems[0]).not.toContain("secret@");
  });
});

describe("a speaker whose devices tell themselves", () => {
  const BUS = "buses: [{id: voice, port: /dev/voice}, {id: amp, port: /dev/amp}]";
  const ZONE = "{amplifier: {bus: amp, profile: monoprice-6zone, address: 11}}";
  const PLAIN = "{amplifier: {bus: amp, profile: pusg-6x4}}";
  const READER = "{module: {bus: voice, profile: syn6288}}";
  const village = (power: string, audio: string): string =>
    `site: {id: v, name: 村}
board: raspberry-pi-4b
${BUS}
speakers:
  - {id: pond, name: 东塘喇叭, power: ${power}, audio: "${audio.startsWith("{") ? "" : audio}", proof: device}
rules: []
`.replace('audio: ""', `audio: ${audio}`);

  test.each([
    ["an amplifier that answers", ZONE, "alsa:default"],
    ["a module that answers", PLAIN, READER],
    ["both", ZONE, READER],
  ])("%s", async (_what, power, audio) => {
    const { speakers } = await configurationOf({ village: village(power, audio) });
    expect(speakers[0]?.proof).toEqual({ device: true });
  });

  test("is refused where none can be asked", async () => {
    expect(await problemsOf({ village: village(PLAIN, "alsa:default") })).toEqual([
      expect.stringContaining("can be asked"),
    ]);
  });
});

describe("drills", () => {
  test("are held by nobody but people unless the village sets a day", async () => {
    expect((await configurationOf()).drill).toEqual({ text: "这是喇叭试音，请不要惊慌", volume: 30 });
  });

  test("are held at the day and time that it sets", async () => {
    const { drill } = await configurationOf({
      village: withDrill('{day: sun, at: "10:30", volume: 20, text: 试音}'),
    });
    expect(drill).toEqual({ text: "试音", volume: 20, weekly: { weekday: 7, minute: 630 } });
  });

  test.each([
    "{day: sun}",
    '{at: "10:00"}',
    '{day: someday, at: "10:00"}',
    '{day: sun, at: "24:00"}',
    "{volume: 100}",
    '{text: ""}',
    "{loud: true}",
  ])("refuses %s", async (written) => {
    const problems = await problemsOf({ village: withDrill(written) });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("drill");
  });
});

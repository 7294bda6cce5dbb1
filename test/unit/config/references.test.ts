import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { changed, configurationOf, problemsOf } from "./config-rig.ts";

const RICH = readFileSync(new URL("../../fixtures/config/rich-village.yaml", import.meta.url), "utf8");
const SECRETS = 'county: "county-secret"\ntownship: "township-secret"\n';

describe("a village with everything in it", () => {
  test("gets its cameras' addresses from the profiles of their makes", async () => {
    const { cameras } = await configurationOf({ village: RICH, secrets: SECRETS });
    expect(cameras.map(({ main, sub }) => [main, sub])).toEqual([
      ["rtsp://192.168.1.22:554/Streaming/Channels/101", "rtsp://192.168.1.22:554/Streaming/Channels/102"],
      [
        "rtsp://cam-square:8554/cam/realmonitor?channel=2&subtype=0",
        "rtsp://cam-square:8554/cam/realmonitor?channel=2&subtype=1",
      ],
      ["rtsp://192.168.1.23/main", undefined],
    ]);
  });

  test("knows where each speaker's sound goes, and waits only for amplifiers that are switched", async () => {
    const { speakers } = await configurationOf({ village: RICH, secrets: SECRETS });
    expect(speakers.map(({ audio }) => audio)).toEqual([
      { kind: "rtp", host: "192.168.1.40", port: 5004, codec: "PCMA" },
      { kind: "rtp", host: "[fd00::7]", port: 5006, codec: "L16" },
      {
        kind: "module",
        module: { bus: "voice", profile: "dfplayer", tracks: { 闸门放水: 7, 请马上离开: 8 } },
      },
    ]);
    expect(speakers.map(({ settleMs, holdMs }) => [settleMs, holdMs])).toEqual([
      [800, 300],
      [0, 0],
      [0, 300],
    ]);
  });

  test("escalates in order of time, on the rule's own speakers unless told otherwise", async () => {
    const { rules } = await configurationOf({ village: RICH, secrets: SECRETS });
    expect(rules[0]?.escalate.map(({ text, speakers }) => [text, speakers])).toEqual([
      ["第一步", ["gate"]],
      ["第二步", ["square", "gate"]],
    ]);
    expect(rules[0]).toMatchObject({
      when: { kind: "contact", input: "sos", closed: true },
      schedule: { days: [6, 7], fromMinute: 1320, toMinute: 360 },
      alarm: undefined,
    });
  });

  test("lets machines in by their tokens", async () => {
    const { panel } = await configurationOf({ village: RICH, secrets: SECRETS });
    expect(panel.tokens).toEqual([
      { name: "county", token: "county-secret" },
      { name: "township", token: "township-secret" },
    ]);
  });
});

const line = (piece: string): number => RICH.slice(0, RICH.indexOf(piece)).split("\n").length;

/** What is replaced in the rich village, by what, and the problem: its place and what is expected. */
const MISFITS: readonly (readonly [what: string, piece: string, by: string, ...problems: string[]])[] = [
  [
    "a board without a profile",
    "board: raspberry-pi-4b",
    "board: raspberry-pi-9",
    'board  found "raspberry-pi-9"  expected a board profile: raspberry-pi-4b, raspberry-pi-5, virtual',
  ],
  [
    "a make without a profile",
    "profile: dahua",
    "profile: dahau",
    'cameras[1].profile  found "dahau"  expected a camera profile: dahua, generic-rtsp, hikvision, huawei, tiandy, tp-link, uniview, xm',
    "cameras[1].main  expected an rtsp:// address, or a host and the profile of a make whose paths are known",
  ],
  [
    "an id given twice",
    "id: square, name: 广场,",
    "id: gate, name: 广场,",
    'cameras[1].id  found "gate"  expected an id that no other entry of the list has',
  ],
  [
    "a look through a camera that cannot be turned",
    "{say: 广场有人求助, on: [square, gate]}",
    "{look: {camera: gate, preset: 路面}}",
    'rules[0].then[0].look.camera  found "gate"  expected a camera with onvif that is not masked by the box: there is none',
  ],
  [
    "masks that a camera cannot be told",
    "host: 192.168.1.23,",
    "host: 192.168.1.23, privacy: {by: camera, masks: [{id: yard, name: 院子, polygon: [[0, 0], [1, 0], [1, 1]]}]},",
    'cameras[2].privacy.by  found "camera"  expected box, because this camera has no onvif to be told by',
  ],
  [
    "a bus that is not there",
    "bus: levels, address: 2",
    "bus: level, address: 2",
    'sensors[1].bus  found "level"  expected a bus: levels, relays, voice',
  ],
  [
    "a sensor model without a profile",
    "profile: generic-level, bus: levels, address: 2",
    "profile: mystery, bus: levels, address: 2",
    'sensors[1].profile  found "mystery"  expected a sensor profile: dfrobot-sen0676, generic-level, qdy30a, qingyi-cg04',
  ],
  [
    "a relay board that is not there",
    "{bus: relays, profile: lcus",
    "{bus: relais, profile: lcos",
    'speakers[0].power.relay.serial.bus  found "relais"  expected a bus: levels, relays, voice',
    'speakers[0].power.relay.serial.profile  found "lcos"  expected a relay profile: lc-modbus, lcus, one-based-modbus, waveshare-modbus',
  ],
  [
    "a voice module without a profile",
    "profile: dfplayer",
    "profile: mp3",
    'speakers[2].audio.module.profile  found "mp3"  expected a voice module profile: dfplayer, jq8900, syn6288, xfs5152',
  ],
  [
    "a rule on an input that is not there",
    "when: {input: sos}",
    "when: {input: SOS-1}",
    'rules[0].when.input  found "SOS-1"  expected an id: lower-case letters, digits and hyphens, at most 63',
  ],
  [
    "a rule on a sensor that is not there",
    "sensor: reservoir",
    "sensor: lake",
    'rules[1].when.sensor  found "lake"  expected a sensor: reservoir, river',
  ],
  [
    "a rule on a camera that is not there",
    "when: {input: sos}",
    "when: {person: {camera: lake, zone: road}}",
    'rules[0].when.person.camera  found "lake"  expected a camera: gate, pond, square',
  ],
  [
    "a rule on a zone of another camera",
    "when: {input: sos}",
    "when: {person: {camera: square, zone: road}}",
    'rules[0].when.person.zone  found "road"  expected a zone of square: there is none',
  ],
  [
    "words for a speaker that is not there",
    "{say: 请过去, on: [square]}",
    "{say: 请过去, on: [squares]}",
    'rules[0].then[1].on[0]  found "squares"  expected a speaker: all, gate, sluice, square',
  ],
  [
    "two alarms of one rule",
    "then: [{say: 闸门放水, on: [sluice]}]",
    "then: [{alarm: {severity: notice}}, {alarm: {severity: danger}}]",
    "rules[1].then  found [{alarm},{alarm}]  expected at most one alarm",
    "rules[1].escalate[0].on  expected speakers, because `then` names none to go on with",
  ],
  [
    "evidence of an alarm that no camera sees",
    "then: [{say: 闸门放水, on: [sluice]}]",
    "then: [{alarm: {severity: danger}, evidence: true}]",
    "rules[1].then[0].evidence  found true  expected {camera: <id>}: a rule that watches no camera names the one to take it from",
    "rules[1].escalate[0].on  expected speakers, because `then` names none to go on with",
  ],
  [
    "evidence of a camera that is not there",
    "then: [{say: 闸门放水, on: [sluice]}]",
    "then: [{alarm: {severity: danger}, evidence: {camera: moon}}]",
    'rules[1].then[0].evidence.camera  found "moon"  expected a camera: gate, pond, square',
    "rules[1].escalate[0].on  expected speakers, because `then` names none to go on with",
  ],
  [
    "words that the voice module has no recording of",
    "say: 请马上离开",
    "say: 请马上走开",
    'rules[1].escalate[0].say  found "请马上走开"  expected words that the voice module of sluice has a track for',
  ],
  [
    "a track that the voice module cannot hold",
    '"请马上离开": 8',
    '"请马上离开": 60000',
    "speakers[2].audio.module.tracks.请马上离开  found 60000  expected at most 9999",
  ],
  [
    "a line that the board does not have free",
    "line: 18",
    "line: 2",
    "speakers[2].power.relay.gpio.line  found 2  expected a line that is free on raspberry-pi-4b: 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27",
  ],
  [
    "two things on one line",
    "line: 18",
    "line: 4",
    "speakers[2].power.relay.gpio.line  found 4  expected a line that nothing else uses",
  ],
  [
    "two buses on one port",
    "port: /dev/serial/by-id/voice",
    "port: /dev/serial/by-id/relays",
    'buses[2].port  found "/dev/serial/by-id/relays"  expected a port that nothing else uses',
  ],
  [
    "a satellite receiver on a bus that carries sensors",
    "sensors:\n",
    "gps: {bus: levels}\nsensors:\n",
    'gps.bus  found "levels"  expected a bus of its own: a receiver speaks unasked',
  ],
  [
    "a satellite receiver on a bus that is not there",
    "sensors:\n",
    "gps: {bus: nowhere}\nsensors:\n",
    'gps.bus  found "nowhere"  expected a bus: levels, relays, voice',
  ],
  [
    "a relay board among sensors",
    "{bus: relays, profile: lcus",
    "{bus: levels, profile: lcus",
    'speakers[0].power.relay.serial.bus  found "levels"  expected a bus of its own: levels carries sensors',
  ],
  [
    "a channel beyond the board's last",
    "channel: 1}}}",
    "channel: 60}}}",
    "speakers[0].power.relay.serial.channel  found 60  expected at most 8",
  ],
  [
    "a longest time on that settling uses up",
    "settleMs: 0",
    "settleMs: 5000\n    maxOnSeconds: 5",
    "speakers[2].maxOnSeconds  found 5  expected longer than settleMs",
  ],
  [
    "a machine's name given twice",
    "name: township",
    "name: county",
    "panel.tokens[1].name  found (hidden)  expected a name that no other token has",
  ],
  [
    "a phrase without words in the module's list",
    '"请马上离开": 8',
    '"": 8',
    "speakers[2].audio.module.tracks.  found 8  expected words to say of at most 200 characters",
  ],
];

/** The relay of the square in place of the LCUS board, and what is wrong with it. */
const OUTPUT_MISFITS: [string, string, string, ...string[]][] = [
  [
    "a Modbus board wired like one with bytes of its own",
    "profile: lcus, channel: 1",
    "profile: lc-modbus, channel: 1",
    'speakers[0].power.relay.serial.profile  found "lc-modbus"  expected a board of the other kind: lc-modbus is wired as {relay: {modbus: …}}',
  ],
  [
    "a Modbus relay with a sensor's address",
    "{serial: {bus: relays, profile: lcus, channel: 1}}",
    "{modbus: {bus: levels, profile: waveshare-modbus, channel: 1, address: 2}}",
    "speakers[0].power.relay.modbus.address  found 2  expected an address that no sensor of the bus has",
  ],
  [
    "a Modbus relay whose factory address a sensor has",
    "{serial: {bus: relays, profile: lcus, channel: 1}}",
    "{modbus: {bus: levels, profile: waveshare-modbus, channel: 1}}",
    "speakers[0].power.relay.modbus.address  expected an address that no sensor of the bus has",
  ],
  [
    "a Modbus relay on a voice module's line, and a channel that it lacks",
    "{serial: {bus: relays, profile: lcus, channel: 1}}",
    "{modbus: {bus: voice, profile: lc-modbus, channel: 17}}",
    "speakers[0].power.relay.modbus.channel  found 17  expected at most 16",
    'speakers[2].audio.module.bus  found "voice"  expected a bus of its own: voice carries Modbus relays',
  ],
  [
    "an amplifier without its address and with an input too many",
    "{relay: {serial: {bus: relays, profile: lcus, channel: 1}}}",
    "{amplifier: {bus: relays, profile: monoprice-6zone, input: 7}}",
    "speakers[0].power.amplifier.address  expected an address from 11 to 36",
    "speakers[0].power.amplifier.input  found 7  expected an input from 1 to 6",
  ],
  [
    "an amplifier with what its model has not",
    "{relay: {serial: {bus: relays, profile: lcus, channel: 1}}}",
    "{amplifier: {bus: relays, profile: pusg-6x4, address: 3, volume: 50, input: 1}}",
    "speakers[0].power.amplifier.address  found 3  expected no address: this model has none",
    "speakers[0].power.amplifier.input  found 1  expected no input: this model has no order for it",
    "speakers[0].power.amplifier.volume  found 50  expected no volume: this model has no order for it",
  ],
  [
    "an amplifier that nobody knows",
    "{relay: {serial: {bus: relays, profile: lcus, channel: 1}}}",
    "{amplifier: {bus: relays, profile: loud}}",
    'speakers[0].power.amplifier.profile  found "loud"  expected an amplifier profile: monoprice-6zone, pusg-6x4',
  ],
  [
    "tracks for a module that reads aloud",
    "profile: dfplayer, tracks",
    "profile: syn6288, tracks",
    "speakers[2].audio.module.tracks  found {闸门放水, 请马上离开}  expected no tracks: this module reads any words aloud",
  ],
  [
    "no tracks for a module that holds recordings",
    'profile: dfplayer, tracks: {"闸门放水": 7, "请马上离开": 8}',
    "profile: jq8900",
    "speakers[2].audio.module.tracks  expected which recording holds which words, as {水边危险: 1}",
  ],
];

test.each(OUTPUT_MISFITS)("an output with %s is refused", async (_, piece, by, ...problems) => {
  const found = await problemsOf({ village: changed(piece, by, RICH), secrets: SECRETS });
  expect(found.map((problem) => problem.replace(/^cunshao.yaml:\d+ {2}/, ""))).toEqual(problems);
});

test("words that a reading module cannot read are refused before the day they are needed", async () => {
  const reading = RICH.replace(
    'profile: dfplayer, tracks: {"闸门放水": 7, "请马上离开": 8}',
    "profile: xfs5152",
  );
  await configurationOf({ village: reading, secrets: SECRETS });
  const village = reading.replace("say: 请马上离开", "say: 请马上离开😀");
  const [problem] = await problemsOf({ village, secrets: SECRETS });
  expect(problem).toContain("expected words that the voice module of sluice can read: it lacks 😀");
});

test("outputs of every kind become what drives them", async () => {
  const village = changed(
    "{relay: {serial: {bus: relays, profile: lcus, channel: 1}}}",
    "{amplifier: {bus: relays, profile: monoprice-6zone, address: 12, input: 2, volume: 80}}",
    changed(
      "{gpio: {chip: pinctrl-bcm2711, line: 18}}",
      "{modbus: {bus: levels, profile: waveshare-modbus, channel: 3, address: 9}}",
      RICH,
    ),
  );
  const { speakers } = await configurationOf({ village, secrets: SECRETS });
  expect(speakers[0]).toMatchObject({
    power: { amplifier: { bus: "relays", profile: "monoprice-6zone", address: 12, input: 2, volume: 80 } },
    settleMs: 800,
  });
  expect(speakers[2]?.power).toEqual({
    modbus: { bus: "levels", profile: "waveshare-modbus", channel: 3, address: 9 },
  });
});

describe("what does not fit together names the place and what would fit", () => {
  test.each(MISFITS)("%s", async (_, piece, by, ...problems) => {
    const found = await problemsOf({ village: changed(piece, by, RICH), secrets: SECRETS });
    expect(found.map((problem) => problem.replace(/^cunshao.yaml:\d+ {2}/, ""))).toEqual(problems);
  });

  test("at the line on which it stands", async () => {
    const village = changed("sensor: reservoir", "sensor: lake", RICH);
    const [problem] = await problemsOf({ village, secrets: SECRETS });
    expect(problem).toContain(`cunshao.yaml:${line("when: {sensor")} `);
  });
});

test("a look turns no camera whose masks the box paints", async () => {
  const look = "{look: {camera: gate, preset: 路面}}";
  const looking = (masks: string): string =>
    RICH.replace("host: 192.168.1.22\n", `host: 192.168.1.22\n    onvif: true\n${masks}`).replace(
      "{say: 广场有人求助, on: [square, gate]}",
      look,
    );
  const privacy = (by: string): string =>
    `    privacy: {by: ${by}, masks: [{id: yard, name: 院子, polygon: [[0, 0], [1, 0], [1, 1]]}]}\n`;
  for (const allowed of ["", privacy("camera")]) {
    await configurationOf({ village: looking(allowed), secrets: SECRETS });
  }
  const problems = await problemsOf({ village: looking(privacy("box")), secrets: SECRETS });
  expect(problems).toEqual([
    expect.stringContaining(
      'rules[0].then[0].look.camera  found "gate"  expected a camera with onvif that is not masked by the box: there is none',
    ),
  ]);
});

import { describe, expect, test } from "vitest";
import { loadConfiguration } from "../../../src/config/load.ts";
import { changed, configurationOf, load, problemsOf, profiles, SECRETS, VILLAGE } from "./config-rig.ts";

const AUDIO =
  "alsa:<device>, rtp://<host>:<port> (append ?codec=PCMA for G.711), or {module: {bus, profile, tracks}}";

describe("the configuration that the design shows", () => {
  test("is valid, and comes out with names resolved, defaults and secrets in place", async () => {
    const configuration = await configurationOf();
    expect(configuration.site).toMatchObject({ name: "龙湾村", location: [113.52, 27.61] });
    expect(configuration.cameras[0]).toMatchObject({
      main: "rtsp://192.168.1.21:554/main",
      sub: "rtsp://192.168.1.21:554/sub",
      login: { username: "admin", password: "pond-secret-1" },
    });
    expect(configuration.buses[0]).toMatchObject({ parity: "none", stopBits: 1, framing: "rtu" });
    expect(configuration.sensors[0]).toMatchObject({ pollSeconds: 5 });
    expect(configuration.speakers[0]).toEqual({
      id: "pond",
      name: "东塘喇叭",
      power: { gpio: { chip: "pinctrl-bcm2711", line: 17, activeLow: true } },
      audio: { kind: "alsa", device: "default" },
      settleMs: 800,
      holdMs: 300,
      maxOnSeconds: 180,
    });
    expect(configuration.rules[0]).toEqual({
      id: "pond-bank",
      name: "东塘有人靠近",
      when: { kind: "person", camera: "pond-east", zone: "bank", dwellSeconds: 0 },
      schedule: { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 },
      cooldownSeconds: 30,
      trackCooldownSeconds: 60,
      say: [{ text: "水边危险，请速离开", speakers: ["pond"], repeat: 2, volume: 80 }],
      alarm: { severity: "warning", evidence: { camera: "pond-east" } },
      escalate: [
        {
          afterSeconds: 20,
          text: "塘边的人请马上离开，已通知村干部",
          speakers: ["pond"],
          repeat: 1,
          volume: 100,
        },
      ],
    });
    expect(configuration.rules[1]).toMatchObject({
      name: "pond-high",
      when: { kind: "level", sensor: "pond-level", above: 3.2, clearBelow: 3, holdSeconds: 60 },
      say: [],
      alarm: { severity: "danger" },
    });
    expect(configuration.upstreams[0]).toMatchObject({ token: "township-secret-1" });
    expect(configuration.panel).toEqual({ host: "0.0.0.0", port: 8080, tokens: [], tls: { kind: "auto" } });
  });

  test.each([
    [
      "true",
      { port: 80, isSecure: false, path: "/onvif/device_service", setClock: true, keyFrameSeconds: 0.8 },
    ],
    ["{https: true, path: /svc}", { port: 443, isSecure: true, path: "/svc" }],
    [
      "{port: 8000, setClock: false, keyFrameSeconds: false}",
      { port: 8000, setClock: false, keyFrameSeconds: undefined },
    ],
  ])("asks a camera by ONVIF where its stream is, with %s", async (given, expected) => {
    const village = VILLAGE.replace(
      /^cameras:\n {2}- id: (\S+)\n/m,
      `cameras:\n  - id: $1\n    onvif: ${given}\n`,
    );
    const result = await load({ village, secrets: SECRETS });
    expect(result.ok && result.configuration.cameras[0]?.onvif).toMatchObject(expected);
  });

  test("says where its secrets stand", async () => {
    const result = await load();
    expect(result).toMatchObject({ ok: true, secretsFile: `${result.folder}/secrets.yaml` });
  });

  test("needs no more than a site and a board", async () => {
    const configuration = await configurationOf({
      village: "site: {id: a, name: 甲村}\nboard: raspberry-pi-5\n",
      secrets: null,
    });
    expect(configuration).toMatchObject({ cameras: [], rules: [], panel: { host: "0.0.0.0", port: 8080 } });
  });

  test("may begin with the mark that Windows editors put before UTF-8", async () => {
    expect(await problemsOf({ village: `\uFEFF${VILLAGE}` })).toEqual([]);
  });
});

/** What is replaced in the valid file, by what, and the problems that must be printed. */
const BROKEN: readonly (readonly [what: string, piece: string, by: string, ...problems: string[]])[] = [
  [
    "a key that does not exist",
    "    zones:\n",
    "    colour: red\n    zones:\n",
    "cunshao.yaml:10  cameras[0].colour  expected no such key here",
  ],
  [
    "a key at the top that does not exist",
    "panel:",
    "pannel:",
    "cunshao.yaml:38  pannel  expected no such key here",
  ],
  [
    "a missing part",
    "board: raspberry-pi-4b\n",
    "",
    "cunshao.yaml  board  expected an id: lower-case letters, digits and hyphens, at most 63",
  ],
  [
    "a missing key deeper down, at the line of what lacks it",
    "    name: 东塘\n",
    "",
    "cunshao.yaml:4  cameras[0].name  expected a name of at most 60 characters",
  ],
  [
    "a list where a mapping should be",
    "panel: {host: 0.0.0.0, port: 8080}",
    "panel: [8080]",
    "cunshao.yaml:38  panel  found [8080]  expected a mapping of key: value",
  ],
  [
    "a number out of its range",
    "settleMs: 800",
    "settleMs: -5",
    "cunshao.yaml:21  speakers[0].settleMs  found -5  expected a whole number from 0 to 10000",
  ],
  [
    "a fraction where a whole number should be",
    "settleMs: 800",
    "settleMs: 1.5",
    "cunshao.yaml:21  speakers[0].settleMs  found 1.5  expected a whole number from 0 to 10000",
  ],
  [
    "text where a number should be",
    "maxOnSeconds: 180",
    "maxOnSeconds: long",
    'cunshao.yaml:22  speakers[0].maxOnSeconds  found "long"  expected a whole number from 1 to 3600',
  ],
  [
    "an infinite number",
    "above: 3.2",
    "above: .inf",
    "cunshao.yaml:34  rules[1].when.above  found Infinity  expected a level",
  ],
  [
    "an id in capitals",
    "id: township",
    "id: Township",
    'cunshao.yaml:37  upstreams[0].id  found "Township"  expected an id: lower-case letters, digits and hyphens, at most 63',
  ],
  [
    "a corner outside the picture",
    "[0.9, 1], [0.1, 1]",
    "[0.9, 1.2], [0.1, 1]",
    "cunshao.yaml:11  cameras[0].zones[0].polygon[2][1]  found 1.2  expected a number from 0 to 1",
  ],
  [
    "an outline that crosses itself",
    "[[0.1, 0.5], [0.9, 0.5], [0.9, 1], [0.1, 1]]",
    "[[0, 0], [1, 1], [1, 0], [0, 0.5]]",
    "cunshao.yaml:11  cameras[0].zones[0].polygon  found [[0,0],[1,1],[1,0],[0,0.5]]  expected an outline that does not cross itself (the sides that begin at corners 1 and 3 meet)",
  ],
  [
    "an outline with too few corners",
    "[[0.1, 0.5], [0.9, 0.5], [0.9, 1], [0.1, 1]]",
    "[[0, 0], [1, 1]]",
    "cunshao.yaml:11  cameras[0].zones[0].polygon  found [[0,0],[1,1]]  expected at least three corners",
  ],
  [
    "a time zone that is none",
    "Asia/Shanghai",
    "Asia/Nowhere",
    'cunshao.yaml:1  site.timezone  found "Asia/Nowhere"  expected a time zone like Asia/Shanghai',
  ],
  [
    "a time of day that is none",
    'to: "24:00"',
    'to: "24:30"',
    'cunshao.yaml:27  rules[0].schedule.to  found "24:30"  expected a time of day like "07:30", up to "24:00"',
  ],
  [
    "a weekday that is none",
    "days: all",
    "days: [monday]",
    'cunshao.yaml:27  rules[0].schedule.days  found ["monday"]  expected all, or a list of mon, tue, wed, thu, fri, sat, sun',
  ],
  [
    "a severity that is none",
    "severity: danger",
    "severity: terrible",
    'cunshao.yaml:35  rules[1].then[0].alarm.severity  found "terrible"  expected notice, warning, danger, emergency',
  ],
  [
    "a misspelt key in one of several shapes, told for the shape that was meant",
    "dwellSeconds: 0",
    "dwelSeconds: 0",
    "cunshao.yaml:26  rules[0].when.person.dwelSeconds  expected no such key here",
  ],
  [
    "a missing key in one of several shapes",
    ", on: [pond], repeat: 2",
    "",
    "cunshao.yaml:29  rules[0].then[0].on  expected a list of speakers",
  ],
  [
    "none of several shapes",
    "{person: {camera: pond-east, zone: bank, dwellSeconds: 0}}",
    "{dog: yes}",
    "cunshao.yaml:26  rules[0].when  found {dog}  expected {person: {camera, zone, dwellSeconds}}, {line: {camera, line, direction}}, {passage: {camera, from, to, withinSeconds}}, {group: {camera, zone, people, dwellSeconds}}, {vanished: {camera, zone}}, {sensor, above, clearBelow, holdSeconds, over: {hours}} or {input, closed}",
  ],
  [
    "thresholds the wrong way round",
    "clearBelow: 3.0",
    "clearBelow: 3.5",
    "cunshao.yaml:34  rules[1].when.clearBelow  found 3.5  expected a clearBelow that is not higher than above",
  ],
  [
    "sound that goes nowhere",
    "alsa:default",
    "speaker",
    `cunshao.yaml:20  speakers[0].audio  found "speaker"  expected ${AUDIO}`,
  ],
  [
    "a horn's address with a mistyped number",
    "alsa:default",
    "rtp://192.168.1.999:5004",
    `cunshao.yaml:20  speakers[0].audio  found "rtp://192.168.1.999:5004"  expected ${AUDIO}`,
  ],
  [
    "a horn's address without a port",
    "alsa:default",
    "rtp://192.168.1.40",
    `cunshao.yaml:20  speakers[0].audio  found "rtp://192.168.1.40"  expected ${AUDIO}`,
  ],
  [
    "a camera's address with a mistyped number",
    "main: rtsp://192.168.1.21",
    "main: rtsp://192.168.1.256",
    'cunshao.yaml:7  cameras[0].main  found "rtsp://192.168.1.256:554/…"  expected an address like rtsp://host:port/path without a user name or password in it',
  ],
  [
    "a serial server without a port",
    "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0",
    "tcp://192.168.1.30",
    'cunshao.yaml:15  buses[0].port  found "tcp://192.168.1.30"  expected a device like /dev/serial/by-id/… or a serial server like tcp://host:port',
  ],
  [
    "an address to listen on that is none",
    "host: 0.0.0.0",
    "host: 0.0.0.256",
    'cunshao.yaml:38  panel.host  found "0.0.0.256"  expected an address to listen on, e.g. 0.0.0.0',
  ],
  [
    "a certificate without its key, and a scope that machines are not given",
    "panel: {host: 0.0.0.0, port: 8080}",
    "panel: {tls: {certificate: /etc/c.pem}, tokens: [{name: x, token: {secret: township}, scopes: [accounts]}]}",
    "cunshao.yaml:38  panel.tokens[0].scopes[0]  found (hidden)  expected one of look, replay, export, events, handle, pause, speak, clips, move, set-up, metrics",
    "cunshao.yaml:38  panel.tls  found {certificate}  expected auto, off or {certificate: <file>, key: <file>}",
  ],
  [
    "a way of encryption that there is not",
    "panel: {host: 0.0.0.0, port: 8080}",
    "panel: {tls: maybe}",
    'cunshao.yaml:38  panel.tls  found "maybe"  expected auto, off or {certificate: <file>, key: <file>}',
  ],
  [
    "a camera without an address",
    "    main: rtsp://192.168.1.21:554/main\n",
    "",
    "cunshao.yaml:4  cameras[0].main  expected an rtsp:// address, or a host and the profile of a make whose paths are known",
  ],
  [
    "several mistakes at once, all of them",
    "settleMs: 800\n    maxOnSeconds: 180",
    "settleMs: 99999\n    maxOnSeconds: 0",
    "cunshao.yaml:21  speakers[0].settleMs  found 99999  expected a whole number from 0 to 10000",
    "cunshao.yaml:22  speakers[0].maxOnSeconds  found 0  expected a whole number from 1 to 3600",
  ],
];

describe("a broken configuration names file, line, place, what was found and what is expected", () => {
  test.each(BROKEN)("%s", async (_, piece, by, ...problems) => {
    expect(await problemsOf({ village: changed(piece, by) })).toEqual(problems);
  });
});

const WORDS_OF_YAML: readonly (readonly [what: string, text: string, problem: string])[] = [
  ["a key given twice", "a: 1\nb: 2\na: 3\n", "cunshao.yaml:3  (whole file)  expected each key once"],
  ["tabs", "site:\n\tid: a\n", "cunshao.yaml:2  (whole file)  expected spaces for indentation, not tabs"],
  [
    "an alias, however it is meant",
    "a: &x 1\nb: *x\n",
    "cunshao.yaml:2  (whole file)  expected a value of its own, not an alias (*name); a text that begins with * needs quotes",
  ],
  [
    "a tag",
    "a: 1\nb: !env PASSWORD\n",
    "cunshao.yaml:2  (whole file)  expected quotes around a text that begins with !",
  ],
  [
    "a quote that does not close",
    'a: 1\nb: "oh\n',
    "cunshao.yaml:3  (whole file)  expected a closing quote or bracket, or a colon and a space after the key",
  ],
  [
    "two documents",
    "a: 1\n---\nb: 1\n",
    "cunshao.yaml:2  (whole file)  expected one document, without a line of --- in it",
  ],
  ["nothing", "", "cunshao.yaml  (whole file)  found null  expected a mapping of key: value"],
  ["only words", "village", 'cunshao.yaml  (whole file)  found "village"  expected a mapping of key: value'],
  [
    "brackets in brackets without end",
    `site:\n  id: ${"[".repeat(50_000)}\n`,
    "cunshao.yaml:2  (whole file)  expected values that are not nested so deeply",
  ],
  [
    "lists in lists without end",
    `a: 1\nb:\n ${"- ".repeat(50_000)}\n`,
    "cunshao.yaml:3  (whole file)  expected values that are not nested so deeply",
  ],
  [
    "a file that is far too big",
    `a: ${"x".repeat(1_000_000)}`,
    "cunshao.yaml  (whole file)  expected a file of at most 256000 bytes, not 1000003",
  ],
];

describe("a file that is no configuration at all", () => {
  test.each(WORDS_OF_YAML)("%s", async (_, village, problem) => {
    const problems = await problemsOf({ village });
    expect(problems).toContain(problem);
  });

  test("aliases that would unfold to billions are refused before they do", async () => {
    const levels = Array.from({ length: 30 }, (_, i) =>
      i === 0 ? "a0: &a0 [x, x]" : `a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`,
    );
    const problems = await problemsOf({ village: levels.join("\n") });
    expect(problems[0]).toContain("cunshao.yaml:2  (whole file)  expected a value of its own, not an alias");
    expect(problems.length).toBeLessThanOrEqual(20);
  });

  test("one that an old editor saved in GBK names the first line that is not UTF-8", async () => {
    const gbk = Buffer.concat([
      Buffer.from("board: raspberry-pi-4b\nsite: {name: "),
      Buffer.from([0xc1, 0xfa]),
    ]);
    expect(await problemsOf({ village: gbk })).toEqual([
      "cunshao.yaml:2  (whole file)  expected text in UTF-8; save it again in this encoding",
    ]);
  });

  test("one that is not there, or not a file", async () => {
    const catalogue = await profiles();
    expect(await loadConfiguration("/nowhere/cunshao.yaml", catalogue)).toEqual({
      ok: false,
      problems: [{ file: "/nowhere/cunshao.yaml", path: "", expected: "a file that exists" }],
    });
    expect(await loadConfiguration("/dev/zero", catalogue)).toMatchObject({
      problems: [{ expected: "a file, not a folder or device" }],
    });
  });
});

describe("wherever a value of the wrong kind stands, it is a problem and nothing is thrown", () => {
  const lines = VILLAGE.split("\n").filter((line) => /: /.test(line));
  test.each([
    ["null"],
    ["17"],
    ["true"],
    ["[]"],
    ["{}"],
    ['""'],
    ["{__proto__: 1, constructor: 2}"],
    ["[[[1]]]"],
  ])("%s", async (value) => {
    for (const line of lines) {
      const result = await load({ village: changed(line, line.replace(/: .*$/, `: ${value}`)) });
      if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
    }
  });
});

test("the problems of both files are told together", async () => {
  const village = changed("settleMs: 800", "settleMs: -5");
  expect(await problemsOf({ village, secrets: "pond-east: 12\ntownship: x\n" })).toEqual([
    "cunshao.yaml:21  speakers[0].settleMs  found -5  expected a whole number from 0 to 10000",
    'secrets.yaml:1  pond-east  found (hidden)  expected one secret a line, as name: "text"; what looks like a number needs the quotes',
  ]);
  expect(SECRETS).not.toContain("12\n");
});

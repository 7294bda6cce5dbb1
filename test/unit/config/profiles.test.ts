import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { loadProfiles, profilesFolder } from "../../../src/config/profiles.ts";

const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

const KINDS = ["boards", "relays", "amplifiers", "voice-modules", "sensors", "cameras"];
const BOARD = "id: some-board\nname: Some board\nsources: [a datasheet]\ngpio: {chip: chip0, lines: [1]}\n";

/** A folder with one board, and what is given in place of or besides it. */
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-profiles-"));
  folders.push(folder);
  for (const kind of KINDS) await mkdir(join(folder, kind));
  for (const [name, text] of Object.entries({ "boards/some-board.yaml": BOARD, ...files })) {
    await writeFile(join(folder, name), text);
  }
  return folder;
}

async function problemsOf(files: Readonly<Record<string, string>>) {
  const result = await loadProfiles(await folderWith(files));
  if (result.ok) throw new Error("the profiles were accepted");
  return result.problems.map(({ file, ...problem }) => ({ file: basename(file), ...problem }));
}

describe("the shipped profiles", () => {
  test("are all sound", async () => {
    expect(await loadProfiles()).toMatchObject({ ok: true });
  });

  test("cover the hardware of the kit", async () => {
    const result = await loadProfiles();
    if (!result.ok) throw new Error("they do not load");
    const { profiles } = result;
    expect([...profiles.boards.keys()]).toEqual(["raspberry-pi-4b", "raspberry-pi-5", "virtual"]);
    expect([...profiles.relays.keys()]).toEqual([
      "lc-modbus",
      "lcus",
      "one-based-modbus",
      "waveshare-modbus",
    ]);
    expect([...profiles.amplifiers.keys()]).toEqual(["monoprice-6zone", "pusg-6x4"]);
    expect([...profiles.voiceModules.keys()]).toEqual(["dfplayer", "jq8900", "syn6288", "xfs5152"]);
    expect([...profiles.sensors.keys()]).toEqual([
      "dfrobot-sen0676",
      "generic-level",
      "qdy30a",
      "qingyi-cg04",
    ]);
    expect([...profiles.cameras.keys()]).toEqual([
      "dahua",
      "generic-rtsp",
      "hikvision",
      "huawei",
      "tiandy",
      "tp-link",
      "uniview",
      "xm",
    ]);
  });

  test("are found from the source as well as from the build, one folder deeper", () => {
    expect(profilesFolder()).toMatch(/hw\/profiles$/);
    expect(profilesFolder()).not.toContain("dist");
  });

  test("of sensors leave values to be filled in only where the schema has a default", async () => {
    const result = await loadProfiles();
    if (!result.ok) throw new Error("they do not load");
    expect(result.profiles.sensors.get("dfrobot-sen0676")).toMatchObject({
      wordOrder: "high-first",
      decimals: 0,
      offset: 0,
      invalid: [],
      contiguousReads: false,
    });
  });
});

describe("a profile folder", () => {
  test("with an unknown key is refused with file, line, path and value", async () => {
    const problems = await problemsOf({ "boards/some-board.yaml": `${BOARD}colour: red\n` });
    expect(problems).toContainEqual({
      file: "some-board.yaml",
      line: 5,
      path: "colour",
      value: '"red"',
      expected: "no such key here",
    });
  });

  test("with a value out of range is refused", async () => {
    const problems = await problemsOf({
      "boards/some-board.yaml": BOARD.replace("lines: [1]", "lines: [1, -4]"),
    });
    expect(problems).toMatchObject([{ path: "gpio.lines[1]", value: "-4" }]);
  });

  test.each([
    [
      "a counter that does not begin at 0",
      "unit: mm, min: -5, max: 6553.5, accumulates: {since: ever}",
      "min",
    ],
    [
      "an end below its highest value",
      "unit: mm, min: 0, max: 10, accumulates: {since: ever, wrapsAt: 9}",
      "accumulates.wrapsAt",
    ],
    ["something else than rain to count", "unit: kWh, min: 0, max: 10, accumulates: {since: ever}", "unit"],
    [
      "no word on from when it counts",
      "unit: mm, min: 0, max: 10, accumulates: {wrapsAt: 10}",
      "accumulates.since",
    ],
  ])("with a sensor that has %s is refused", async (_, keys, path) => {
    const text = [
      "{id: a, name: A, sources: [s], baudRate: 9600, functionCode: 3, register: 0, type: uint16",
      `${keys}, examples: [{exchanges: [{request: 01 03, reply: 01 03}], value: 1}]}\n`,
    ].join(", ");
    const problems = await problemsOf({ "sensors/a.yaml": text });
    expect(problems.filter(({ file }) => file === "a.yaml")).toMatchObject([{ path }]);
  });

  test("with an id that is not the file's name is refused", async () => {
    const problems = await problemsOf({ "boards/other.yaml": BOARD });
    expect(problems).toContainEqual({
      file: "other.yaml",
      line: 1,
      path: "id",
      value: '"some-board"',
      expected: "other, as the file is called",
    });
  });

  test("with a codec that nobody wrote is refused with those there are", async () => {
    const problems = await problemsOf({
      "relays/a.yaml": "id: a\nname: A\nsources: [s]\ncodec: telepathy\n",
    });
    expect(problems).toContainEqual({
      file: "a.yaml",
      line: 4,
      path: "codec",
      value: '"telepathy"',
      expected: "codec: lcus or modbus",
    });
  });

  test.each([
    ["orders with an address that no range is given for", 'on: "<{address}ON"', "addresses"],
    ["orders with a place that there is not", 'on: "<{zone}ON"', "orders.on"],
    ["a mute without its end", 'on: "<ON", mute: "<MU"', "orders"],
    ["a status that nobody can read", 'on: "<ON", status: "?"', "statusAnswer"],
    ["a volume without its steps", 'on: "<ON", volume: "<VO{volume}"', "volumeSteps"],
  ])("with an amplifier that has %s is refused", async (_, orders, path) => {
    const text = [
      "id: a\nname: A\nsources: [s]\nbaudRate: 9600\ncodec: amplifier-text\nterminator: cr\nanswerMs: 100",
      `orders: {off: "<OFF", ${orders}}`,
      "examples: [{what: {power: false}, bytes: 3C}]\n",
    ].join("\n");
    const problems = await problemsOf({ "amplifiers/a.yaml": text });
    expect(problems.filter(({ file }) => file === "a.yaml")).toMatchObject([{ path }]);
  });

  test("with broken YAML is refused with the line", async () => {
    const problems = await problemsOf({ "boards/some-board.yaml": "id: some-board\nname: [\n" });
    expect(problems).toMatchObject([{ file: "some-board.yaml", path: "" }]);
    expect(problems[0]?.expected).toMatch(/^YAML/);
    expect(problems[0]?.line).toBeGreaterThan(1);
  });

  test("reports the problems of all its files at once", async () => {
    const problems = await problemsOf({ "relays/a.yaml": "id: a\n", "sensors/b.yaml": "id: b\n" });
    expect(new Set(problems.map(({ file }) => file))).toEqual(new Set(["a.yaml", "b.yaml"]));
  });

  test("that is not there is a problem and no crash", async () => {
    const result = await loadProfiles(join(tmpdir(), "cunshao-no-such-folder"));
    expect(result).toMatchObject({ ok: false });
  });
});

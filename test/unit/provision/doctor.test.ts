import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Configuration } from "../../../src/config/configuration.ts";
import type { ModelTrial } from "../../../src/core/detector.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { USUAL_LIMITS } from "../../../src/core/horn-limits.ts";
import type { RecordPlan } from "../../../src/core/site.ts";
import { type DoctorOptions, examine, type Finding } from "../../../src/provision/doctor.ts";

const STORAGE = {
  keepFreeBytes: 1e9,
  reservePercent: 5,
  crossings: { days: 30, maxBytes: 2e9 },
  evidence: { days: 90 },
};

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cunshao-doctor-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, content = "", mode = 0o644): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

const SPEAKER = {
  id: "pond",
  name: "东塘喇叭",
  audio: { kind: "alsa", device: "default" },
  settleMs: 800,
  holdMs: 300,
  maxOnSeconds: 180,
} as const;

function configuration(change: Partial<Configuration> = {}): Configuration {
  return {
    site: { id: "longwan", name: "龙湾村", timezone: "Asia/Shanghai" },
    board: "raspberry-pi-4b",
    cameras: [],
    buses: [],
    sensors: [],
    inputs: [],
    speakers: [],
    speakerGroups: [],
    hornLimits: USUAL_LIMITS,
    programmes: [],
    drill: { text: "试音", volume: 30 },
    switches: [],
    duty: [],
    rules: [],
    upstreams: [],
    desks: [],
    commands: { keys: [], signedOnly: false },
    storage: STORAGE,
    speech: { pronunciations: {} },
    recordings: {},
    clips: { maxSeconds: 600, maxUploadBytes: 100e6, maxBytes: 500e6 },
    map: {},
    detector: { kind: "people", model: undefined, threads: 1, share: 0.5 },
    panel: { host: "0.0.0.0", port: 8080, tokens: [], tls: { kind: "off" } },
    ...change,
  };
}

async function findings(
  change: Partial<Configuration> = {},
  tryDetector?: () => Promise<ModelTrial>,
  runs?: { readonly gateway: boolean; readonly guard: boolean },
  more: Partial<DoctorOptions> = {},
): Promise<Map<string, Finding>> {
  const found = await examine({
    programPath: [join(folder, "nowhere"), join(folder, "bin")].join(":"),
    dataFolder: join(folder, "data"),
    configuration: configuration(change),
    nowMs: Date.now(),
    sysfsRoot: join(folder, "sys"),
    tryDetector,
    ...(runs && { runs }),
    ...more,
  });
  return new Map(found.map((finding) => [finding.what, finding]));
}

describe("the doctor", () => {
  test("finds programs on the path, and names the package of one that is missing", async () => {
    put("bin/ffmpeg", "", 0o755);
    put("bin/espeak-ng", "not executable", 0o644);
    const found = await findings();
    expect(found.get("ffmpeg")).toEqual({ what: "ffmpeg", ok: true, detail: join(folder, "bin/ffmpeg") });
    expect(found.get("espeak-ng")).toMatchObject({ ok: false });
    expect(found.get("espeak-ng")?.detail).toContain("apt-get install espeak-ng");
  });

  test("looks for space where the box writes, and says when it may not", async () => {
    const what = `space in ${join(folder, "data")}`;
    const space = (await findings()).get(what);
    expect(space?.detail).toMatch(/^\d+\.\d GB free/);
    rmSync(join(folder, "data"), { recursive: true });
    put("data", "a file in the way");
    expect((await findings()).get(what)).toMatchObject({ ok: false });
  });

  test.each([
    [true, true, true, "watches"],
    [true, false, false, "enable --now cunshao-guard"],
    [false, true, true, "no gateway"],
    [false, false, true, "not needed yet"],
  ])("with a gateway (%s) and a guard (%s) running finds %s: %s", async (gateway, guard, ok, words) => {
    const found = (await findings({}, undefined, { gateway, guard })).get("guard outside the gateway");
    expect(found?.ok).toBe(ok);
    expect(found?.detail).toContain(words);
  });

  describe("has the site's own voice speak", () => {
    const what = "voice program";
    const program = { command: [process.execPath, "{file}"], patienceMs: 2000 };
    const found = async (tryVoice: DoctorOptions["tryVoice"], command: readonly string[] = program.command) =>
      (
        await findings(
          { speech: { pronunciations: {}, program: { ...program, command } } },
          undefined,
          undefined,
          {
            tryVoice,
          },
        )
      ).get(what);

    test.each([
      [800, true, "made 5.0 s of speech in 0.8 s"],
      [4000, false, "made 5.0 s of speech in 4.0 s, longer than speech.engine.patienceSeconds (2.0)"],
    ])("and says of %d ms whether that is in time", async (tookMs, ok, words) => {
      const finding = await found(async () => ({ spokenMs: 5000, tookMs }));
      expect(finding).toMatchObject({ ok, detail: expect.stringContaining(words) });
    });

    test("and says what speaks meanwhile when it fails or is not there", async () => {
      const crash = new GatewayError("it ended with signal SIGABRT", {
        code: "speech.program_failed",
        kind: "transient",
      });
      const crashed = await found(() => Promise.reject(crash));
      expect(crashed?.detail).toBe(
        "it ended with signal SIGABRT [speech.program_failed]; until then espeak-ng speaks",
      );
      const gone = await found(() => Promise.reject(crash), ["/nowhere/tts", "{file}"]);
      expect(gone?.detail).toMatch(/no such program.*until then espeak-ng speaks$/);
    });
  });

  test.each([
    [[], [], true, "1, all can be played"],
    [[], ["nobody says it"], true, "1, all can be played; note: nobody says it"],
    [["a: gone"], [], false, "a: gone; until then the words are said without"],
  ])("tries the recordings in place of words: %j, %j", async (faults, notes, ok, detail) => {
    const what = "recordings in place of words";
    const more = { examineRecordings: async () => ({ faults, notes }) };
    const found = await findings({ recordings: { 水边危险: "/a.wav" } }, undefined, undefined, more);
    expect(found.get(what)).toEqual({ what, ok, detail });
    expect((await findings({}, undefined, undefined, more)).has(what)).toBe(false);
  });

  test("looks for the tiles of the map, and says what it is meanwhile", async () => {
    const what = "tiles of the map";
    const tiles = join(folder, "tiles");
    expect((await findings()).has(what)).toBe(false);
    const gone = (await findings({ map: { tiles } })).get(what);
    expect(gone?.ok).toBe(false);
    expect(gone?.detail).toMatch(/no such folder; copy them there.*; until then the map is a picture$/);
    for (const zoom of [12, 15]) put(`tiles/${zoom}/1/1.png`);
    expect((await findings({ map: { tiles } })).get(what)).toEqual({
      what,
      ok: true,
      detail: `${tiles}, zoom 12 to 15`,
    });
  });

  describe("tries the model that finds people", () => {
    const what = "model that finds people";
    const trial = (lookMs: number) => async () => ({ id: "nanodet-g", width: 416, height: 224, lookMs });
    const camera = (id: string) => ({ id, name: id, main: "rtsp://192.168.1.21/main", zones: [] });

    test("and says for how many cameras it is fast enough", async () => {
      const found = await findings({ cameras: [camera("pond"), camera("road")] }, trial(125));
      expect(found.get(what)).toEqual({
        what,
        ok: true,
        detail:
          "nanodet-g, 125.0 ms for a look of 416x224: enough for 4 camera(s) at which something moves, at 2 looks a second",
      });
    });

    test("and says what helps where it is too slow", async () => {
      const found = (await findings({ cameras: [camera("pond"), camera("road")] }, trial(300))).get(what);
      expect(found?.ok).toBe(false);
      expect(found?.detail).toMatch(/enough for 1 camera.*there are 2;.*a smaller model, more threads/);
    });

    test.each([
      ["detector.wrong_sum", "change detector.sha256"],
      ["detector.missing", "run the set-up once with a network"],
      ["detector.wrong_shape", "name a model in detector.model"],
      ["detector.crashed", "until then movement is found"],
    ])("and says of %s what to do", async (code, advice) => {
      const error = new GatewayError("m.onnx is bad", { code, kind: "permanent" });
      const found = (await findings({}, () => Promise.reject(error))).get(what);
      expect(found?.ok).toBe(false);
      expect(found?.detail).toContain(`m.onnx is bad [${code}]`);
      expect(found?.detail).toContain(advice);
    });

    test("but not where the site wants movement only", async () => {
      expect((await findings()).has(what)).toBe(false);
    });
  });

  test("says how many days of recordings the disk will hold, and what would help where they are too few", async () => {
    const record = (kbps: number): RecordPlan => ({
      mode: "continuous",
      schedule: { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 },
      keep: { days: 30 },
      segmentSeconds: 300,
      beforeSeconds: 10,
      afterSeconds: 30,
      expectedKbps: kbps,
    });
    const camera = (kbps: number) => ({
      id: "pond",
      name: "东塘",
      main: "rtsp://192.168.1.21/main",
      zones: [],
      record: record(kbps),
    });
    const what = "days of recordings";
    const storage = { ...STORAGE, keepFreeBytes: 0, reservePercent: 0 };
    expect((await findings()).has(what)).toBe(false);
    expect((await findings({ storage, cameras: [camera(0.001)] })).get(what)).toMatchObject({ ok: true });
    const short = (await findings({ storage, cameras: [camera(1e9)] })).get(what);
    expect(short?.ok).toBe(false);
    expect(short?.detail).toMatch(
      /^about [\d.]+ instead of 30, at 10800000\.0 GB a day.*fewer days in record\.keep$/,
    );
  });

  test("looks for every GPIO chip that is wired, once", async () => {
    put("sys/class/gpio/gpiochip512/label", "pinctrl-bcm2711\n");
    put("sys/class/gpio/export");
    const gpio = (chip: string, line: number) => ({ chip, line, activeLow: true });
    const found = await findings({
      speakers: [
        { ...SPEAKER, power: { gpio: gpio("pinctrl-bcm2711", 17) } },
        { ...SPEAKER, id: "gate" },
        { ...SPEAKER, id: "square", power: { serial: { bus: "relays", profile: "lcus", channel: 1 } } },
      ],
      inputs: [
        { id: "sos", name: "求助按钮", gpio: gpio("pinctrl-bcm2711", 4) },
        { id: "door", name: "箱门", gpio: gpio("expander", 0) },
      ],
    });
    expect([...found.keys()].filter((what) => what.startsWith("GPIO"))).toEqual([
      "GPIO chip pinctrl-bcm2711",
      "GPIO chip expander",
    ]);
    expect(found.get("GPIO chip pinctrl-bcm2711")).toMatchObject({ ok: true });
    expect(found.get("GPIO chip expander")?.detail).toContain("present are pinctrl-bcm2711");
  });

  test("says when the kernel has no GPIO at all", async () => {
    const gpio = { chip: "pinctrl-rp1", line: 4, activeLow: false };
    const found = await findings({ inputs: [{ id: "sos", name: "求助按钮", gpio }] });
    expect(found.get("GPIO chip pinctrl-rp1")?.detail).toContain("has no chip");
  });

  test("looks for serial ports that are local, not for serial servers", async () => {
    const there = put("dev/rs485");
    const bus = { baudRate: 9600, parity: "none", stopBits: 1, framing: "rtu" } as const;
    const found = await findings({
      buses: [
        { ...bus, id: "a", port: there },
        { ...bus, id: "b", port: join(folder, "dev/unplugged") },
        { ...bus, id: "c", port: "tcp://192.168.1.30:502" },
      ],
    });
    expect(found.get(`serial port ${there}`)).toMatchObject({ ok: true });
    expect(found.get(`serial port ${join(folder, "dev/unplugged")}`)?.detail).toContain("plugged in");
    expect([...found.keys()].some((what) => what.includes("tcp://"))).toBe(false);
  });

  test("tells a port that may not be opened from one that is not there", async ({ skip }) => {
    skip(process.getuid?.() === 0, "root may open every port");
    const closed = put("dev/closed", "", 0o000);
    const bus = { baudRate: 9600, parity: "none", stopBits: 1, framing: "rtu" } as const;
    const found = await findings({ buses: [{ ...bus, id: "a", port: closed }] });
    expect(found.get(`serial port ${closed}`)?.detail).toContain("dialout");
  });
});

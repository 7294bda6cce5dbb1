import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "../../src/buffer/database.ts";
import { lockDataFolder } from "../../src/config/data-folder-lock.ts";
import { formatWave } from "../../src/drivers/audio/wav-file.ts";
import { cunshao as runCunshao } from "../support/cunshao-command.ts";
import { freePort } from "../support/rtsp-cameras.ts";

// What the command says when it cannot do what it is asked: one clear line, the exit codes of sysexits(3), no stack.

const SITE = "site: {id: refusals, name: 试验村}\nboard: raspberry-pi-4b\n";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cunshao-refusals-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function cunshao(words: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const own = { CUNSHAO_DATA: join(folder, "data"), CUNSHAO_RUNTIME: join(folder, "runtime") };
  return runCunshao(words, { ...own, ...variables });
}

async function siteFile(text: string): Promise<string> {
  const file = join(folder, "cunshao.yaml");
  await writeFile(file, text);
  return file;
}

describe("cunshao run", () => {
  test("without a configuration exits 78 and never shows a virtual village", async () => {
    const missing = join(folder, "nowhere.yaml");
    const { code, stdout, stderr } = await cunshao(["run"], { CUNSHAO_CONFIG: missing });
    expect(code).toBe(78);
    expect(stderr).toContain(missing);
    expect(stdout).toBe("");
  });

  test("on a port that is taken exits 69 with one line that says what to do", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address ? String(address.port) : "";
    const { code, stderr } = await cunshao(["run"], {
      CUNSHAO_CONFIG: await siteFile(SITE),
      CUNSHAO_HOST: "127.0.0.1",
      CUNSHAO_PORT: port,
    });
    other.close();
    expect(code).toBe(69);
    expect(stderr).toMatch(
      new RegExp(`^cunshao: Port ${port} is taken .*CUNSHAO_PORT.*\\[panel\\.port_taken\\]\n$`),
    );
  });

  test("with a data folder that cannot be made exits 73 with one line", async () => {
    const file = join(folder, "a-file");
    await writeFile(file, "");
    const { code, stderr } = await cunshao(["run"], {
      CUNSHAO_CONFIG: await siteFile(SITE),
      CUNSHAO_DATA: join(file, "data"),
      CUNSHAO_PORT: String(await freePort()),
    });
    expect(code).toBe(73);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(file);
  });

  test("on a data folder that another gateway uses exits 69 and leaves that one alone", async () => {
    const data = join(folder, "data");
    await mkdir(data);
    const release = await lockDataFolder(data);
    const { code, stdout, stderr } = await cunshao(["run"], {
      CUNSHAO_CONFIG: await siteFile(SITE),
      CUNSHAO_PORT: String(await freePort()),
    });
    release();
    expect(code).toBe(69);
    expect(stderr).toMatch(/^cunshao: Another cunshao is at work .*CUNSHAO_DATA.*\[data\.in_use\]\n$/);
    expect(stdout).toBe("");
    expect(await readdir(data)).toEqual([]);
  });

  test("on a ledger of a later version exits 69 with one line and leaves it, also while a serial port is tried for ever", async () => {
    const ledger = join(folder, "data/ledger/cunshao.sqlite");
    const database = await openDatabase(ledger);
    await database.transaction(({ run }) => run("PRAGMA user_version = 9999"));
    await database.close();
    const before = await readFile(ledger);
    const bus = "buses:\n  - {id: b, port: 'tcp://127.0.0.1:9'}\n";
    const speaker =
      "speakers:\n  - {id: pond, name: 喇叭, audio: 'alsa:default', power: {relay: {serial: {bus: b, profile: lcus, channel: 1}}}}\n";
    const { code, stderr } = await cunshao(["run"], {
      CUNSHAO_CONFIG: await siteFile(SITE + bus + speaker),
      CUNSHAO_PORT: String(await freePort()),
    });
    expect(code).toBe(69);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("[ledger.newer]");
    expect((await readFile(ledger)).equals(before)).toBe(true);
  });

  test("with a port that is none exits 64", async () => {
    const { code, stderr } = await cunshao(["run"], { CUNSHAO_PORT: "eighty" });
    expect(code).toBe(64);
    expect(stderr).toContain("CUNSHAO_PORT");
  });
});

describe("cunshao check", () => {
  test("names every problem at once, each with file, line, path, value and what was expected, and exits 78", async () => {
    const file = await siteFile(
      `${SITE}cameras:\n  - {id: Pond, name: 东塘, main: "http://camera/", zoom: 3}\nspeakers:\n  - {id: pond, name: 喇叭, audio: "alsa:default", settleMs: -5}\n`,
    );
    const { code, stderr } = await cunshao(["check", file]);
    expect(code).toBe(78);
    const lines = stderr.trim().split("\n");
    expect(lines).toHaveLength(5);
    for (const path of ["cameras[0].id", "cameras[0].main", "cameras[0].zoom", "speakers[0].settleMs"]) {
      expect(lines.filter((line) => line.startsWith(`${file}:`) && line.includes(path))).toHaveLength(1);
    }
    expect(stderr).toMatch(/settleMs {2}found -5 {2}expected .*10000/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("says of a sound file that it is in order, and exits 0", async () => {
    const file = await siteFile(SITE);
    expect(await cunshao(["check", file])).toEqual({ code: 0, stdout: `${file}: in order\n`, stderr: "" });
  });

  test("refuses secrets that others may read", async () => {
    const file = await siteFile(SITE);
    await writeFile(join(folder, "secrets.yaml"), "a: b\n");
    await chmod(join(folder, "secrets.yaml"), 0o644);
    const { code, stderr } = await cunshao(["check", file]);
    expect(code).toBe(78);
    expect(stderr).toContain("chmod 600");
  });
});

describe("cunshao virtual-kit", () => {
  test("beside another one on the same data exits 69 and does not touch its configuration", async () => {
    const kit = join(folder, "data/kit");
    await mkdir(kit, { recursive: true });
    const release = await lockDataFolder(kit);
    const { code, stderr } = await cunshao(["virtual-kit"], { CUNSHAO_PORT: String(await freePort()) });
    release();
    expect(code).toBe(69);
    expect(stderr).toMatch(/^cunshao: Another cunshao is at work .*\[data\.in_use\]\n$/);
    expect(await readdir(kit)).toEqual([]);
  });

  test("on a port that is taken exits 69, whatever answers there", async () => {
    const other = createHttpServer((_request, answer) => {
      answer.writeHead(200, { "content-type": "application/json" }).end("{}");
    }).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await cunshao(["virtual-kit"], { CUNSHAO_PORT: String(port) });
    other.close();
    expect(code).toBe(69);
    expect(stderr).toMatch(new RegExp(`^cunshao: Port ${port} is taken .*\\[panel\\.port_taken\\]\n$`));
    expect(stdout).toBe("");
  });
});

test("an unknown command is refused with the ones there are", async () => {
  const { code, stderr } = await cunshao(["dance"]);
  expect(code).not.toBe(0);
  expect(stderr).toContain("virtual-kit");
});

describe("cunshao check of certificates", () => {
  test("names a certificate file that is missing or is none, with exit code 78", async () => {
    const tls = (certificate: string): string =>
      `panel: {tls: {certificate: ${certificate}, key: ${certificate}}}\n`;
    const missing = join(folder, "nowhere.pem");
    const without = await cunshao(["check", await siteFile(SITE + tls(missing))]);
    expect([without.code, without.stderr]).toEqual([
      78,
      `${missing}: there is no such file [tls.unreadable]\n1 problem(s)\n`,
    ]);
    const none = join(folder, "none.pem");
    await writeFile(none, "no certificate");
    const bad = await cunshao(["check", await siteFile(SITE + tls(none))]);
    expect([bad.code, bad.stderr]).toEqual([
      78,
      `${none}: The certificate is not PEM [tls.bad_certificate]\n1 problem(s)\n`,
    ]);
  });
});

describe("tiles of the map that are not there", () => {
  const map = (tiles: string): string => `map: {tiles: ${tiles}}\n`;

  test("are named by check, of a village and of a township's desk, with exit code 78", async () => {
    const tiles = join(folder, "tiles");
    const named = {
      code: 78,
      stdout: "",
      stderr: `${tiles}: there is no such folder; copy them there, or take map.tiles out [map.no_tiles]\n1 problem(s)\n`,
    };
    expect(await cunshao(["check", await siteFile(SITE + map(tiles))])).toEqual(named);
    await writeFile(join(folder, "secrets.yaml"), "longwan: a-token-of-the-village\n", { mode: 0o600 });
    const desk = "desk: {id: zhuting, name: 朱亭镇}\ndata: data\n";
    const boxes = "boxes: [{id: longwan, name: 龙湾村, reach: reverse, token: {secret: longwan}}]\n";
    expect(await cunshao(["township", await siteFile(desk + boxes + map(tiles)), "--check"])).toEqual(named);
  });
});

describe("a township's desk", () => {
  test("whose villages may take more than its disk has is told so by check, and is in order all the same", async () => {
    await writeFile(join(folder, "secrets.yaml"), "longwan: a-token-of-the-village\n", { mode: 0o600 });
    const desk = "desk: {id: zhuting, name: 朱亭镇}\ndata: data\nevidencePerBox: 900000GB\n";
    const boxes = "boxes: [{id: longwan, name: 龙湾村, reach: reverse, token: {secret: longwan}}]\n";
    const file = await siteFile(desk + boxes);
    const { code, stdout, stderr } = await cunshao(["township", file, "--check"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${file}: in order\n` });
    expect(stderr).toMatch(/^cunshao: the disk of .* evidencePerBox 900000\.0 GB/);
  });

  test("on a PC without ffmpeg is told so by check, and what to do, and is in order all the same", async () => {
    await writeFile(join(folder, "secrets.yaml"), "longwan: a-token-of-the-village\n", { mode: 0o600 });
    const desk = "desk: {id: zhuting, name: 朱亭镇}\ndata: data\nevidencePerBox: 10MB\neventsPerBox: 10MB\n";
    const file = await siteFile(
      `${desk}boxes: [{id: longwan, name: 龙湾村, reach: reverse, token: {secret: longwan}}]\n`,
    );
    expect(await cunshao(["township", file, "--check"], { PATH: folder })).toEqual({
      ...{ code: 0, stdout: `${file}: in order\n` },
      stderr:
        "cunshao: ffmpeg is not installed: no picture can be brought in for the map; run: sudo apt-get install ffmpeg\n",
    });
  });
});

describe("cunshao check of recordings in place of words", () => {
  const recordings = (map: Record<string, string>): string => `recordings: ${JSON.stringify(map)}\n`;

  test("names each that is missing, is no sound or is too long, in Chinese and English, with exit code 78", async () => {
    const [none, text, long] = ["none.wav", "text.mp3", "long.wav"].map((name) => join(folder, name));
    if (!none || !text || !long) throw new Error("no names");
    await writeFile(text, "no sound");
    const samples = Int16Array.from({ length: 70 * 8000 }, (_, at) => 9000 * Math.sin(at / 3));
    await writeFile(long, formatWave({ sampleRate: 8000, samples }));
    const map = {
      "water-leave-quickly": none,
      "水边危险，请马上离开。": text,
      防溺水: long,
      "no-such": long,
    };
    const { code, stderr } = await cunshao(["check", await siteFile(SITE + recordings(map))]);
    expect(code).toBe(78);
    const lines = stderr.trim().split("\n");
    expect(lines).toEqual([
      expect.stringMatching(
        /^recordings\.water-leave-quickly: .*none\.wav: 没有这个录音文件; there is no such file.* \[speech\.recording_missing\]$/,
      ),
      expect.stringMatching(
        /^recordings\.水边危险，请马上离开。: .*text\.mp3: 这个文件不是声音，放不出来; .* \[clips\.not_audio\]$/,
      ),
      expect.stringMatching(
        /^recordings\.防溺水: .*long\.wav: 录音太长; it is longer than 60 s \[clips\.too_long\]$/,
      ),
      expect.stringMatching(
        /^recordings\.no-such: .*自带的提醒里没有这个名字; .*water-leave-quickly.* \[speech\.no_such_phrase\]$/,
      ),
      "4 problem(s)",
    ]);
    expect((await readdir(folder)).filter((name) => name.endsWith(".wav"))).toEqual(["long.wav"]);
  });

  test("says of one for words that nobody says by himself what that means, and that all is in order", async () => {
    const file = join(folder, "good.wav");
    const samples = Int16Array.from({ length: 8000 }, (_, at) => 9000 * Math.sin(at / 3));
    await writeFile(file, formatWave({ sampleRate: 8000, samples }));
    const map = { "water-leave-quickly": file, 水边危险请速走开: file };
    const { code, stderr } = await cunshao(["check", await siteFile(SITE + recordings(map))]);
    expect([code, stderr.trim().split("\n").length]).toEqual([0, 1]);
    expect(stderr).toMatch(/^note: recordings\.水边危险请速走开: .*exactly them\n$/);
  });
});

describe("a voice program", () => {
  const engine = (...program: string[]): string =>
    `speech: {engine: {program: ${JSON.stringify(program)}}}\n`;

  test("whose model is not there is named by check, with exit code 78", async () => {
    const model = join(folder, "zh.onnx");
    const file = await siteFile(SITE + engine(process.execPath, `--model=${model}`, "{file}"));
    const { code, stderr } = await cunshao(["check", file]);
    expect([code, stderr.trim().split("\n").length]).toEqual([78, 2]);
    expect(stderr).toMatch(/zh\.onnx: 语音程序要用的文件不在或读不出来; .*\[speech\.program_missing\]/);
  });

  test("that crashes is told by the doctor, with what speaks meanwhile", async () => {
    const crash = ["-e", "process.abort()", "{file}"];
    const file = await siteFile(`${SITE}detector: movement\n${engine(process.execPath, ...crash)}`);
    const { stdout } = await cunshao(["doctor"], { CUNSHAO_CONFIG: file });
    expect(stdout).toMatch(
      /FAULT {2}voice program: .*signal SIGABRT.*\[speech\.program_failed\]; until then espeak-ng speaks/s,
    );
  });
});

describe("cunshao accounts reset-password", () => {
  test("gives a password that is printed once, in a folder that nobody uses", async () => {
    const variables = { CUNSHAO_CONFIG: await siteFile(SITE) };
    const data = join(folder, "data");
    await mkdir(data);
    const { code, stdout, stderr } = await cunshao(["accounts", "reset-password", "admin"], variables);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^admin {2}[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\n$/);
    const unknown = await cunshao(["accounts", "reset-password", "nobody"], variables);
    expect([unknown.code, unknown.stderr]).toEqual([
      69,
      "cunshao: There is no account nobody; there are admin [account.unknown]\n",
    ]);
    const unlock = await lockDataFolder(data);
    const busy = await cunshao(["accounts", "reset-password", "admin"], variables);
    unlock();
    expect(busy.code).not.toBe(0);
    expect(busy.stderr).toContain("[data.in_use]");
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { VillageState } from "../../../../src/core/village.ts";
import { i18n, reason } from "../../../../src/panel/web/i18n.ts";
import { overallOf } from "../../../../src/panel/web/words/overall.ts";
import type { Phrase } from "../../../../src/panel/web/words/phrase.ts";
import { times, village } from "./word-samples.ts";

const [camera] = village.cameras;
const [speaker] = village.speakers;
const [sensor] = village.sensors;
if (!camera || !speaker || !sensor) throw new Error("The village double has one of each");
const since = "2026-07-01T01:12:00.000Z";
const water = { sensor: "pond-level", state: "lost" } as unknown as NonNullable<
  VillageState["cameras"][number]["zones"][number]["water"]
>;

/** Where a part says that it is not well: as what, with which reason, what else the village then shows, and what is to be read. */
const ILL: Readonly<
  Record<
    string,
    readonly (readonly [part: string, reason: string, shown: Partial<VillageState>, words: string])[]
  >
> = {
  "act/hearing-desk.ts": [
    [
      "hearing",
      "hearing.no_sound",
      { speakers: [{ ...speaker, fault: "hearing.no_sound" }] },
      "东塘喇叭开了，但没有听到声音",
    ],
  ],
  "act/speaker-channel.ts": [
    ["speaker pond", "gpio.failed", { speakers: [{ ...speaker, fault: "gpio.failed" }] }, "东塘喇叭有故障"],
  ],
  "act/switch-desk.ts": [
    [
      "switch siren",
      "gpio.failed",
      { switches: [{ id: "siren", name: "塘边警报器", on: true }] },
      "塘边警报器的开关出错，可能关不掉：继电器出错",
    ],
  ],
  "buffer/ledger-health.ts": [
    ["ledger", "ledger.full", {}, "存储已满，新记录存不下"],
    ["ledger", "ledger.quarantined", {}, "存储出过故障，坏的记录本已换新、留着备查，请找安装人员检查存储卡"],
  ],
  "config/set-up/set-up-desk.ts": [
    ["set-up", "set_up.left_out", {}, "网页上改过的设置有的没有用上"],
    ["set-up", "set_up.unreadable", {}, "按配置文件的来"],
  ],
  "drivers/audio/preferred-speech.ts": [["voice program", "speech.failed", {}, "请找安装人员"]],
  "drivers/audio/site-recordings.ts": [["voice recordings", "speech.failed", {}, "请找安装人员"]],
  "drivers/serial/gps-receiver.ts": [["gps", "serial.port_lost", {}, "卫星定位的线断了"]],
  "guard/heart.ts": [["guard", "guard.hung", {}, "喇叭的看护程序没有运行，请找安装人员"]],
  "panel/front.ts": [["panel", "certificate.expired", {}, "网页的证书有问题，请找安装人员"]],
  "reverse/box-end.ts": [["desk town", "desk.unreachable", {}, "乡镇值班台看不到这里：值班台连不上"]],
  "rules/rule-desk.ts": [["rules", "rule.left_out", {}, "有规则的改动没有用上，按配置文件的来"]],
  "sense/board-watch.ts": [
    ["board", "board.supply_low", {}, "供电电压偏低，村哨可能突然断电"],
    ["board", "board.hot", {}, "村哨太热"],
  ],
  "sense/camera-health-watch.ts": [
    [
      "camera health",
      "camera.covered",
      { cameras: [{ ...camera, faults: [{ fault: "covered", since }] }] },
      "东塘摄像机看不见",
    ],
  ],
  "sense/camera-upkeep.ts": [
    ["camera control pond-east", "onvif.refused", {}, "东塘摄像机管不了：控制接口的密码不对"],
  ],
  "sense/contact-watch.ts": [["input sos", "gpio.failed", {}, "塘边求助按钮读不到"]],
  "sense/open-contacts.ts": [["input sos", "gpio.line_missing", {}, "塘边求助按钮读不到"]],
  "sense/sensor-poller.ts": [
    ["sensor pond-level", "sensor.lost", { sensors: [{ ...sensor, quality: "lost" }] }, "东塘水位读不到"],
  ],
  "sense/zone-desk.ts": [
    [
      "zones",
      "zone.no_level",
      { cameras: [{ ...camera, zones: camera.zones.map((zone) => ({ ...zone, water })) }] },
      "东塘塘埂读不到水位",
    ],
  ],
  "video/camera-stream.ts": [
    [
      "camera pond-east",
      "camera.lost",
      { cameras: [{ ...camera, state: "lost", since }] },
      "东塘摄像机看不见",
    ],
    ["camera pond-east", "rtsp.unauthorized", {}, "东塘摄像机看得见，但录不了像"],
  ],
  "video/evidence-room.ts": [["evidence", "evidence.no_room", {}, "存储快满了，报警只留照片，不留录像"]],
  "video/recorder.ts": [["recordings", "recording.evidence_fills", {}, "留证的录像占满了规定的空间"]],
  "vision/look-desk.ts": [
    ["vision", "detector.given_up", {}, "现在认不出人：识别人的程序屡次出错，已停用，现在只看有没有动静"],
    ["vision", "detector.short", {}, "要看的地方太多，每台摄像机看得少了些"],
  ],
};

/** They tell what others have said. */
const TELLERS = ["core/part.ts", "core/village.ts", "panel/routes/health.ts", "panel/village.ts"];

/** The desk's own end of a channel; files, and a time-out that nobody is told of. */
const NOT_OF_PARTS = { files: [join("reverse", "desk-end.ts")], words: /\.json$|^time\.out$/ };

const say = ({ key, params }: Phrase): string => i18n.global.t(key, params);

function saidWith(parts: VillageState["parts"], shown: Partial<VillageState> = {}) {
  const { tone, phrases } = overallOf({ ...village, ...shown, parts }, times, say, reason);
  return { tone, words: phrases.map(say) };
}

describe("a part that is not well", () => {
  test("is in the table below, whichever file it stands in", () => {
    const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter(
      (path) => path.endsWith(".ts") && !path.startsWith(join("panel", "web")),
    );
    const telling = files.filter((path) => readFileSync(join("src", path), "utf8").includes('"degraded"'));
    expect(telling.sort()).toEqual([...Object.keys(ILL), ...TELLERS].sort());
  });

  const cases = Object.entries(ILL).flatMap(([file, each]) => each.map((one) => [file, ...one] as const));

  test.each(cases)("of %s, %s with %s, is said", (_file, name, reason, shown, words) => {
    const said = saidWith([{ name, status: "degraded", reason }], shown);
    expect(said.tone).toBe("care");
    expect(said.words).toHaveLength(1);
    expect(said.words[0]).toContain(words);
  });

  test("is said also where nobody has found words for it", () => {
    expect(saidWith([{ name: "something new", status: "degraded", reason: "new.fault" }]).words).toEqual([
      "村哨有个地方不正常：new.fault",
    ]);
  });

  test("is said of a code without words as that code, and of none as not known", () => {
    const ill = { status: "degraded" as const };
    expect(saidWith([{ ...ill, name: "vision", reason: "detector.new_fault" }]).words).toEqual([
      "现在认不出人：detector.new_fault",
    ]);
    expect(saidWith([{ ...ill, name: "vision" }]).words).toEqual(["现在认不出人：原因不明"]);
    expect(saidWith([{ ...ill, name: "board", reason: "board.new_fault" }]).words).toEqual([
      "村哨有个地方不正常：board.new_fault",
    ]);
  });

  test("has words for every code of what it stands on", () => {
    const rooms = [
      "vision",
      "reverse",
      ...["audio", "gpio", "modbus", "onvif", "serial"].map((of) => join("drivers", of)),
    ];
    const codes = rooms
      .flatMap((room) =>
        readdirSync(join("src", room), { recursive: true, encoding: "utf8" }).map((path) => join(room, path)),
      )
      .filter((path) => path.endsWith(".ts") && !NOT_OF_PARTS.files.includes(path))
      .flatMap((path) => [
        ...readFileSync(join("src", path), "utf8").matchAll(/"([a-z]+\.[a-z]+(?:_[a-z]+)*)"/g),
      ])
      .map(([, code = ""]) => code)
      .filter((code) => !NOT_OF_PARTS.words.test(code));
    expect(codes.length).toBeGreaterThan(50);
    expect(codes.filter((code) => reason(code) === code)).toEqual([]);
  });

  test("is not said of a part that is still starting", () => {
    expect(saidWith([{ name: "vision", status: "starting" }]).tone).toBe("calm");
  });

  test("comes in the order of how grave it is, whatever the order of the parts", () => {
    const ill = (name: string, reason: string) => ({ name, status: "degraded" as const, reason });
    const parts = [
      ill("gps", "serial.port_lost"),
      ill("input sos", "gpio.failed"),
      ill("ledger", "ledger.full"),
    ];
    expect(saidWith(parts).words.map((words) => words.slice(0, 4))).toEqual([
      "存储已满",
      "塘边求助",
      "卫星定位",
    ]);
  });

  test("says nothing of the control of a camera that is not there at all", () => {
    const cameras = [{ ...camera, state: "lost" as const, since }];
    const control = {
      name: "camera control pond-east",
      status: "degraded" as const,
      reason: "onvif.timeout",
    };
    expect(saidWith([control], { cameras }).words).toEqual([expect.stringContaining("东塘摄像机看不见")]);
  });
});

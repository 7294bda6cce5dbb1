import { describe, expect, test } from "vitest";
import { CAMERA_FAULTS } from "../../../../src/core/camera-health.ts";
import type { UpstreamState } from "../../../../src/core/delivery.ts";
import type { LedgerEvent } from "../../../../src/core/event.ts";
import type { AlarmView, VillageState } from "../../../../src/core/village.ts";
import { cleaned } from "../../../../src/panel/web/api/speak-text.ts";
import { i18n } from "../../../../src/panel/web/i18n.ts";
import {
  deliveryPhrases,
  detectorPhrase,
  openAlarms,
  spokenFor,
} from "../../../../src/panel/web/words/alarm-words.ts";
import { broadcastOutcomes } from "../../../../src/panel/web/words/broadcast-outcome.ts";
import type { Speech } from "../../../../src/panel/web/words/event-data.ts";
import { eventPhrase } from "../../../../src/panel/web/words/event-words.ts";
import { faultPhrase, overallOf } from "../../../../src/panel/web/words/overall.ts";
import { pausableRows } from "../../../../src/panel/web/words/pause-words.ts";
import { phrase } from "../../../../src/panel/web/words/phrase.ts";
import { sensorWords } from "../../../../src/panel/web/words/sensor-words.ts";
import { createTimes, lasting } from "../../../../src/panel/web/words/times.ts";
import { townshipPhrase } from "../../../../src/panel/web/words/township.ts";
import { createSteppedClock } from "../../../support/stepped-clock.ts";
import { createVillageDouble } from "../../../support/village-double.ts";

const times = createTimes("Asia/Shanghai");
const village: VillageState = createVillageDouble(createSteppedClock()).state();
const speech: Speech = { reason: (code) => `<${code}>`, source: ({ kind, name }) => `${kind}:${name}` };

const alarm: AlarmView = {
  id: "a1",
  rule: "pond-bank",
  name: "东塘有人靠近",
  place: "东塘",
  severity: "warning",
  status: "raised",
  raisedAt: "2026-07-01T06:00:00.000Z",
  seq: 12,
  delivered: [],
};

function event(type: string, data: LedgerEvent["data"], subject?: string): LedgerEvent {
  return {
    specversion: "1.0",
    id: "ledger1-1",
    source: "/sites/test",
    type: `org.cunshao.${type}`,
    ...(subject === undefined ? {} : { subject }),
    time: "2026-07-01T06:00:00.000Z",
    datacontenttype: "application/json",
    data,
    ledger: "ledger1",
    seq: 1,
    class: "state",
    boot: "boot",
    monotonic: 0,
    clock: "synced",
    prevhash: "",
    hash: "",
  };
}

describe("times", () => {
  test("are the village's, around midnight too", () => {
    expect(times.clock("2026-07-01T06:03:22.999Z")).toBe("14:03:22");
    expect(times.short("2026-06-30T16:00:00Z")).toBe("00:00");
    expect(times.weekday("2026-06-30T16:00:00Z")).toBe(3);
  });

  test("name the date only when it is another day's", () => {
    const now = "2026-07-01T06:00:00Z";
    expect(times.since("2026-06-30T16:00:00Z", now)).toEqual(phrase("time.plain", { time: "00:00" }));
    expect(times.since("2026-06-30T15:59:00Z", now)).toEqual(
      phrase("time.dateTime", { month: 6, day: 30, time: "23:59" }),
    );
    expect(times.day("2026-06-30T15:59:00Z", now).key).toBe("time.yesterday");
    expect(times.day("2026-06-29T15:59:00Z", now)).toEqual(phrase("time.date", { month: 6, day: 29 }));
  });

  test.each([
    [30, "time.now", undefined],
    [60, "time.minutes", 1],
    [3599, "time.minutes", 59],
    [3600, "time.hours", 1],
    [48 * 3600, "time.days", 2],
  ])("say what has lasted %i s with %s", (seconds, key, count) => {
    const from = "2026-07-01T00:00:00.000Z";
    const now = new Date(Date.parse(from) + seconds * 1000).toISOString();
    const lasted = lasting(from, now);
    expect([lasted.key, lasted.params["count"]]).toEqual([key, count]);
  });
});

const degraded = (name: string, reason?: string): Partial<VillageState> => ({
  parts: [{ name, status: "degraded", ...(reason !== undefined && { reason }) }],
});

describe("the overall state", () => {
  const blind = village.cameras.map((camera) => ({ ...camera, state: "lost" as const }));
  const keys = (change: Partial<VillageState>) => {
    const { tone, phrases } = overallOf(
      { ...village, ...change },
      times,
      ({ params }) => `${params["time"]}`,
    );
    return [tone, ...phrases.map(({ key }) => key)];
  };

  test.each<[string, Partial<VillageState>, string[]]>([
    ["all is well", {}, ["calm", "overall.well"]],
    ["an alarm", { alarms: [alarm] }, ["alarm", "overall.alarms"]],
    [
      "an alarm that was seen",
      { alarms: [{ ...alarm, status: "acknowledged" }] },
      ["handled", "overall.handled"],
    ],
    ["an alarm that is over", { alarms: [{ ...alarm, status: "cleared" }] }, ["calm", "overall.well"]],
    ["a blind camera", { cameras: blind }, ["care", "overall.cameraBlind"]],
    [
      "a camera that shows only a hand",
      {
        cameras: village.cameras.map((camera) => ({
          ...camera,
          faults: [{ fault: "covered", since: "2026-07-01T01:12:00.000Z" }],
        })),
      },
      ["care", "overall.cameraBlind"],
    ],
    ["two blind cameras", { cameras: [...blind, ...blind] }, ["care", "overall.camerasBlind"]],
    [
      "an alarm and a blind camera",
      { alarms: [alarm], cameras: blind },
      ["alarm", "overall.alarms", "overall.cameraBlind"],
    ],
    ["a full disk", degraded("ledger", "ledger.full"), ["care", "overall.storageFull"]],
    ["a disk that takes nothing", degraded("ledger", "ledger.unwritable"), ["care", "overall.storageFault"]],
    ["nobody who guards the outputs", degraded("guard", "guard.missing"), ["care", "overall.guardMissing"]],
    ["a voice", degraded("voice program"), ["care", "overall.voiceRecording"]],
    ...[
      ["recording.disk_full", "overall.recordingPaused"],
      ["recording.too_short", "overall.recordingShort"],
      ["recording.evidence_fills", "overall.evidenceFills"],
    ].map(([reason = "", key = ""]): [string, Partial<VillageState>, string[]] => [
      `recordings that have ${reason}`,
      { parts: [{ name: "recordings", status: "degraded", reason }] },
      ["care", key],
    ]),
    ["a clock not synced", { clock: "unsynced" }, ["care", "overall.clockUnsynced"]],
  ])("with %s", (_what, change, expected) => {
    expect(keys(change)).toEqual(expected);
  });

  test("tells since when a camera is blind", () => {
    const { phrases } = overallOf({ ...village, cameras: blind }, times, ({ params }) => `${params["time"]}`);
    expect(phrases[0]?.params).toEqual({ name: "东塘", time: "14:00" });
  });
});

describe("a township that lacks what waits for it", () => {
  const upstream: UpstreamState = {
    id: "township",
    status: "unreachable",
    since: "2026-07-01T06:00:00.000Z",
    waitingEvents: 12,
    waitingAlarms: 0,
  };
  const well = ["calm", "一切正常"];

  test.each<[string, string, Partial<UpstreamState>, string[]]>([
    ["for a moment", "06:01:59", {}, well],
    ["and is connected", "09:00:00", { status: "connected" }, well],
    ["and was not tried yet", "09:00:00", { status: "connecting" }, well],
    ["not: nothing waits", "09:00:00", { waitingEvents: 0 }, well],
    ["for two minutes", "06:02:00", {}, ["care", "乡镇联系不上已 2 分钟，12 条等着传"]],
    [
      "with alarms",
      "09:00:00",
      { waitingAlarms: 2 },
      ["care", "乡镇联系不上已 3 小时，12 条等着传（报警 2 条）"],
    ],
    [
      "since before the gateway's start",
      "06:02:00",
      { lastHeardAt: "2026-06-28T06:00:00.000Z" },
      ["care", "乡镇联系不上已 3 天，12 条等着传"],
    ],
    ["and refuses it", "06:30:00", { status: "refused" }, ["care", "乡镇不接收已 30 分钟，12 条等着传"]],
    [
      "and refuses alarms",
      "06:30:00",
      { status: "refused", waitingAlarms: 1 },
      ["care", "乡镇不接收已 30 分钟，12 条等着传（报警 1 条）"],
    ],
  ])("%s, at %s", (_how, time, change, expected) => {
    const say = ({ key, params }: { key: string; params: Record<string, unknown> }) =>
      i18n.global.t(key, params);
    const now = `2026-07-01T${time}.000Z`;
    const upstreams = [{ ...upstream, ...change }];
    const { tone, phrases } = overallOf({ ...village, now, upstreams }, times, say);
    expect([tone, ...phrases.map(say)]).toEqual(expected);
  });
});

describe("a camera's fault", () => {
  const say = ({ key, params }: { key: string; params: object }) => [key, ...Object.values(params)].join(" ");
  const [camera] = village.cameras;
  if (!camera) throw new Error("The village double has a camera");
  const covered = { ...camera, faults: [{ fault: "covered" as const, since: "2026-07-01T01:12:00.000Z" }] };

  test("is told in words, with since when", () => {
    expect(faultPhrase(covered, "2026-07-01T06:00:00Z", times, say)).toEqual(
      phrase("camera.faultSince", { fault: "camera.fault.covered", time: "time.plain 09:12" }),
    );
    expect(faultPhrase(camera, "2026-07-01T06:00:00Z", times, say)).toBeUndefined();
  });

  test("is not told beside a picture that is lost anyway", () => {
    expect(faultPhrase({ ...covered, state: "lost" }, "2026-07-01T06:00:00Z", times, say)).toBeUndefined();
  });

  test.each(["raised", "cleared"])("has words for each kind when it is %s", (kind) => {
    for (const fault of CAMERA_FAULTS) {
      const { key } = eventPhrase(
        event(`camera.fault.${kind}`, { camera: "pond-east", fault }),
        village,
        speech,
      );
      expect(i18n.global.te(key), key).toBe(true);
    }
    expect(eventPhrase(event(`camera.fault.${kind}`, { fault: "dusty" }), village, speech).key).toBe(
      "event.unknown",
    );
  });
});

describe("the township's line", () => {
  const upstream: UpstreamState = {
    id: "township",
    status: "connected",
    lastHeardAt: "2026-07-01T06:03:22.000Z",
    since: "2026-07-01T06:00:00.000Z",
    waitingEvents: 0,
    waitingAlarms: 0,
  };

  test.each<[Partial<UpstreamState>, string]>([
    [{}, "township.received"],
    [{ waitingEvents: 3 }, "township.sending"],
    [{ lastHeardAt: undefined }, "township.never"],
    [{ status: "connecting" }, "township.connecting"],
    [{ status: "refused", waitingEvents: 3 }, "township.refused"],
    [{ status: "unreachable" }, "township.unreachable"],
    [{ status: "unreachable", waitingEvents: 12 }, "township.waiting"],
    [{ status: "unreachable", waitingEvents: 12, waitingAlarms: 1 }, "township.waitingAlarms"],
  ])("with %j says %s", (change, key) => {
    expect(townshipPhrase({ ...upstream, ...change }, "乡镇", times).key).toBe(key);
  });
});

describe("an alarm", () => {
  test("that nobody has seen comes first, then the gravest, then the newest", () => {
    const order = openAlarms([
      { ...alarm, id: "seen", status: "acknowledged", severity: "emergency", seq: 9 },
      { ...alarm, id: "old", seq: 1 },
      { ...alarm, id: "new", seq: 3 },
      { ...alarm, id: "grave", severity: "danger", seq: 2 },
      { ...alarm, id: "over", status: "cleared", seq: 10 },
    ]);
    expect(order.map(({ id }) => id)).toEqual(["grave", "new", "old", "seen"]);
  });

  test("says who found it and how surely, and honestly that movement may be no person", () => {
    const found = (by: Partial<AlarmView>) => detectorPhrase({ ...alarm, ...by });
    const surely = (sureness: number) => found({ detector: "nanodet-g", score: 0.534, sureness });
    expect(surely(0.8)).toEqual({ key: "alarm.personUnsure", params: { points: 53 } });
    expect(surely(1)?.key).toBe("alarm.personSure");
    expect(surely(3.6)?.key).toBe("alarm.personVerySure");
    expect(found({ detector: "yolox-nano" })?.key).toBe("alarm.person");
    expect(found({ detector: "movement" })?.key).toBe("alarm.movement");
    expect(found({})).toBeUndefined();
  });

  test("tells for each upstream whether it is there", () => {
    const upstream = { id: "township", since: "", waitingEvents: 0, waitingAlarms: 0 };
    const keys = (status: UpstreamState["status"], delivered: AlarmView["delivered"]) =>
      deliveryPhrases({ ...alarm, delivered }, [{ ...upstream, status }], () => "乡镇", times);
    expect(keys("unreachable", [])[0]?.key).toBe("alarm.notDelivered");
    expect(keys("connected", [])[0]?.key).toBe("alarm.delivering");
    expect(keys("connected", [{ upstream: "township", at: "2026-07-01T06:03:25Z" }])).toEqual([
      phrase("alarm.delivered", { name: "乡镇", time: "14:03:25" }),
    ]);
  });

  test("lists only what was said for it", () => {
    const ours = event("broadcast.finished", { alarm: "a1" });
    const others = [event("broadcast.finished", { alarm: "a2" }), event("evidence.added", { alarm: "a1" })];
    expect(spokenFor(alarm, [...others, ours])).toEqual([ours]);
  });
});

describe("an event in plain words", () => {
  const named = { ...village, alarms: [alarm] };
  const by = { kind: "person", name: "admin" };

  test.each<[string, LedgerEvent["data"], string, Record<string, unknown>]>([
    ["alarm.raised", { rule: "pond-bank" }, "event.alarmRaised", { name: "东塘有人靠近" }],
    [
      "alarm.raised",
      { rule: "pond-high", because: { kind: "reading", value: 3.4, unit: "m" } },
      "event.alarmRaisedSensor",
      { name: "东塘水位过高", value: "3.4 m" },
    ],
    ["alarm.acknowledged", { by }, "event.alarmAcknowledged", { name: "东塘有人靠近", by: "person:admin" }],
    ["alarm.cleared", {}, "event.alarmClearedBySelf", { name: "东塘有人靠近" }],
    ["alarm.cleared", { by }, "event.alarmCleared", { by: "person:admin" }],
    [
      "broadcast.finished",
      { speaker: "pond", result: "failed", reason: "audio.failed", text: "话" },
      "event.broadcastFailed",
      { speaker: "东塘喇叭", reason: "<audio.failed>", text: "话" },
    ],
    ["broadcast.finished", { speaker: "gone", result: "new" }, "event.broadcastFailed", { speaker: "gone" }],
    ["camera.changed", { camera: "pond-east", state: "lost" }, "event.cameraLost", { name: "东塘" }],
    [
      "camera.changed",
      { camera: "pond-east", state: "unsupported" },
      "event.cameraUnsupported",
      { name: "东塘" },
    ],
    ["input.changed", { input: "sos", closed: true }, "event.inputTriggered", { name: "塘边求助按钮" }],
    ["input.changed", { input: "door", closed: true }, "event.inputClosed", { name: "door" }],
    ["sensor.changed", { sensor: "pond-level", quality: "lost" }, "event.sensorLost", { name: "东塘水位" }],
    ["session.refused", {}, "event.sessionRefused", {}],
    ["constructor", {}, "event.unknown", { type: "constructor" }],
    ["something.new", {}, "event.unknown", { type: "something.new" }],
  ])("%s with %j is %s", (type, data, key, params) => {
    const told = eventPhrase(event(type, data, "a1"), named, speech);
    expect(told.key).toBe(key);
    expect(told.params).toMatchObject(params);
  });
});

describe("a sensor", () => {
  const [sensor] = village.sensors;

  test.each([
    [{}, "calm", "sensor.below"],
    [{ value: 3.3 }, "alarm", "sensor.above"],
    [{ value: null, quality: "lost" as const }, "care", "sensor.lost"],
    [{ value: null, quality: "invalid" as const }, "care", "sensor.invalid"],
    [{ at: undefined }, "care", "sensor.waiting"],
    [{ id: "other" }, "calm", "sensor.normal"],
  ])("with %j is %s: %s", (change, tone, key) => {
    if (!sensor) throw new Error("The sample village has a sensor");
    const words = sensorWords({ ...sensor, ...change }, village.rules);
    expect([words.tone, words.phrase.key]).toEqual([tone, key]);
  });
});

describe("a text to speak", () => {
  test("loses what no voice can say", () => {
    expect(cleaned("  水边\n危险\u200b！ ")).toBe("水边 危险 ！");
    expect(cleaned("长".repeat(300))).toHaveLength(200);
  });
});

describe("a broadcast that was handed over", () => {
  const order = { id: "b1", speakers: ["pond", "square"] };
  const ordered = { ...event("broadcast.ordered", { broadcast: "b1" }), seq: 5 };
  const finished = (speaker: string, result: string) => ({
    ...event("broadcast.finished", { broadcast: "b1", speaker, result }),
    seq: 6,
  });
  const told = (events: readonly LedgerEvent[]) =>
    broadcastOutcomes(order, events, village, speech).map(({ phrase: { key }, well }) => [key, well]);

  test("is with the speakers until one of them tells more", () => {
    expect(told([ordered])).toEqual([["speak.handedOver", true]]);
  });

  test("asks for care only where it failed or was refused", () => {
    expect(told([finished("square", "failed"), finished("pond", "played"), ordered])).toEqual([
      ["speak.results.failed", false],
      ["speak.results.played", true],
    ]);
  });

  test("is not finished on the speakers that a restart cut off", () => {
    const restarted = { ...event("gateway.started", {}), seq: 7 };
    expect(told([restarted, finished("square", "played"), ordered])).toEqual([
      ["speak.results.played", true],
      ["speak.results.cutOff", false],
    ]);
    expect(told([ordered, { ...restarted, seq: 4 }])).toEqual([["speak.handedOver", true]]);
  });
});

describe("what can be paused", () => {
  const camera = {
    id: "pond-east",
    name: "东塘",
    zones: [{ id: "bank", name: "塘埂", polygon: [] }],
  } as never;
  const rule = (id: string, when: object, severity = "warning") =>
    ({ id, name: id, when, alarm: { severity } }) as never;
  const bank = { kind: "person", camera: "pond-east", zone: "bank" };
  const way = { kind: "passage", camera: "pond-east", from: "bank", to: "water" };
  const rows = (rules: readonly never[], paused: readonly string[] = []) =>
    pausableRows({ rules, cameras: [camera], pauses: [{ state: "paused", rules: paused } as never] });

  test("are the rules, and before them each place that several of them watch", () => {
    expect(rows([rule("near", bank), rule("water", way)]).map(({ name, target }) => [name, target])).toEqual([
      ["东塘 塘埂", { camera: "pond-east", zone: "bank" }],
      ["near", { rule: "near" }],
      ["water", { rule: "water" }],
    ]);
    expect(rows([rule("near", bank), rule("sos", { kind: "contact" })]).map(({ name }) => name)).toEqual([
      "near",
      "sos",
    ]);
  });

  test("are no emergencies along with their place", () => {
    const found = rows([rule("near", bank), rule("call", bank, "emergency")]);
    expect(found.map(({ name, isEmergency }) => [name, isEmergency])).toEqual([
      ["near", false],
      ["call", true],
    ]);
  });

  test("are paused as a place once all of its rules are", () => {
    const both = [rule("near", bank), rule("water", way)];
    expect(rows(both, ["near"]).map(({ isPaused }) => isPaused)).toEqual([false, true, false]);
    expect(rows(both, ["near", "water"]).map(({ isPaused }) => isPaused)).toEqual([true, true, true]);
  });
});

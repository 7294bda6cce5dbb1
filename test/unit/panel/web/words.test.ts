import { describe, expect, test } from "vitest";
import type { UpstreamState } from "../../../../src/core/delivery.ts";
import type { LedgerEvent } from "../../../../src/core/event.ts";
import type { AlarmView } from "../../../../src/core/village.ts";
import { cleaned } from "../../../../src/panel/web/api/speak-text.ts";
import {
  deliveryPhrases,
  detectorPhrase,
  openAlarms,
  spokenFor,
} from "../../../../src/panel/web/words/alarm-words.ts";
import { broadcastOutcomes } from "../../../../src/panel/web/words/broadcast-outcome.ts";
import { eventPhrase } from "../../../../src/panel/web/words/event-words.ts";
import { pausableRows } from "../../../../src/panel/web/words/pause-words.ts";
import { phrase } from "../../../../src/panel/web/words/phrase.ts";
import { sensorWords } from "../../../../src/panel/web/words/sensor-words.ts";
import { lasting } from "../../../../src/panel/web/words/times.ts";
import { alarm, event, speech, times, village } from "./word-samples.ts";

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
      phrase("time.dateTime", { month: "time.months.5", day: 30, time: "23:59" }),
    );
    expect(times.day("2026-06-30T15:59:00Z", now).key).toBe("time.yesterday");
    expect(times.day("2026-06-29T15:59:00Z", now)).toEqual(
      phrase("time.date", { month: "time.months.5", day: 29 }),
    );
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
    [
      "alarm.raised",
      { rule: "pond-high", because: { kind: "reading", value: 41.4, unit: "mm", overHours: 1 } },
      "event.alarmRaisedRain",
      { hours: 1, value: "41.4" },
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
    const words = sensorWords({ ...sensor, ...change }, village);
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

  test("from afar and urgent, is held back until it is with a speaker, or ends", () => {
    const held = { ...order, isHeldBack: true };
    const [pond] = village.speakers;
    if (!pond) throw new Error("The sample village has a horn");
    const sounding = { ...village, speakers: [{ ...pond, order: { id: "b1" } as never }] };
    const keys = (events: readonly LedgerEvent[], named = village) =>
      broadcastOutcomes(held, events, named, speech).map(({ phrase: { key }, well }) => [key, well]);
    expect(keys([ordered])).toEqual([["speak.heldBack", false]]);
    expect(keys([ordered], sounding)).toEqual([["speak.handedOver", true]]);
    expect(keys([finished("pond", "refused"), ordered])).toEqual([["speak.results.refused", false]]);
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

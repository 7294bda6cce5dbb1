import { describe, expect, test } from "vitest";
import { CAMERA_FAULTS } from "../../../../src/core/camera-health.ts";
import type { UpstreamState } from "../../../../src/core/delivery.ts";
import type { VillageState } from "../../../../src/core/village.ts";
import { i18n, reason } from "../../../../src/panel/web/i18n.ts";
import { eventPhrase } from "../../../../src/panel/web/words/event-words.ts";
import { faultPhrase, overallOf } from "../../../../src/panel/web/words/overall.ts";
import { phrase } from "../../../../src/panel/web/words/phrase.ts";
import { townshipPhrase } from "../../../../src/panel/web/words/township.ts";
import { alarm, event, speech, times, village } from "./word-samples.ts";

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
      reason,
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
    const { phrases } = overallOf(
      { ...village, cameras: blind },
      times,
      ({ params }) => `${params["time"]}`,
      reason,
    );
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
    const { tone, phrases } = overallOf({ ...village, now, upstreams }, times, say, reason);
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

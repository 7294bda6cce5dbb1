import type { EventDraft } from "../../src/core/event.ts";
import type { Box } from "../../src/core/geometry.ts";
import type { Line } from "../../src/core/site.ts";
import { type Clock, isoTime } from "../../src/core/time.ts";
import type { AlarmView, CameraView, VillageState } from "../../src/core/village.ts";
import type { makeDependencies } from "../unit/panel/panel-fixture.ts";

// A village with a past, to look at the page with.

export type Dependencies = ReturnType<typeof makeDependencies>;

const MINUTE_MS = 60_000;

export function ago(clock: Clock, minutes: number): string {
  return isoTime(clock.now().wallMs - minutes * MINUTE_MS);
}

function camera(id: string, name: string, since: string, change: Partial<CameraView> = {}): CameraView {
  const bank = {
    id: "bank",
    name: "塘埂",
    polygon: [
      [0.05, 0.55],
      [0.62, 0.42],
      [0.96, 0.6],
      [0.94, 0.96],
      [0.06, 0.96],
    ] as const,
  };
  return {
    id,
    name,
    state: "running",
    reason: "",
    since,
    zones: [bank],
    occupied: [],
    faults: [],
    ...change,
  };
}

const villageEdge: Line = {
  id: "village-edge",
  name: "村口大路",
  points: [
    [0.1, 0.8],
    [0.9, 0.6],
  ],
  inside: "left",
};

export function sampleState({ clock, village }: Dependencies): Partial<VillageState> {
  const since = ago(clock, 300);
  const now = clock.now();
  const speaker = (id: string, name: string) => ({
    speaker: id,
    name,
    phase: "idle" as const,
    waiting: 0,
    since: now,
  });
  return {
    cameras: [
      camera("pond-east", "东塘", since),
      camera("gate", "村口", since, { zones: [], lines: [villageEdge] }),
      camera("square", "晒谷场", since, { zones: [] }),
      camera("weir", "水坝", since),
    ],
    speakers: [speaker("pond", "东塘喇叭"), speaker("village", "村部喇叭"), speaker("weir-horn", "水坝喇叭")],
    sensors: [
      ...village.state().sensors,
      {
        ...{ id: "rain", name: "雨量", unit: "mm", value: 812.6, quality: "good" },
        accumulates: { since: "power-up", wrapsAt: 6553.6 },
        sums: { 1: 4.2, 3: 11.6, 6: 18.4, 12: 26, 24: 32.4 },
        at: isoTime(now.wallMs),
      },
    ],
    upstreams: [
      {
        id: "township",
        status: "connected",
        lastHeardAt: isoTime(now.wallMs),
        since,
        waitingEvents: 0,
        waitingAlarms: 0,
      },
    ],
  };
}

/** Six hours of a pond that rises and falls a little, and an evening's events. */
export async function fillPast({ clock, readings, ledger, outbox }: Dependencies): Promise<void> {
  let rainTenths = 7000;
  for (let minutes = 360; minutes >= 0; minutes -= 2) {
    const value = 2.18 + 0.16 * Math.sin(minutes / 70) + 0.02 * Math.sin(minutes / 7);
    readings.add({ sensor: "pond-level", at: ago(clock, minutes), value, quality: "good" });
    // A gauge's total: a shower each five hours.
    rainTenths += Math.round(Math.max(0, Math.sin(minutes / 50)) * 4);
    readings.add({ sensor: "rain", at: ago(clock, minutes), value: rainTenths / 10, quality: "good" });
  }
  const person = { kind: "person", name: "admin" };
  const state = (type: string, data: EventDraft["data"], subject?: string): EventDraft => ({
    type: `org.cunshao.${type}`,
    class: "state",
    data,
    subject,
  });
  const past: EventDraft[] = [
    state("gateway.started", { version: "0.1.0" }),
    state("camera.changed", { camera: "pond-east", state: "running", reason: "" }),
    state("camera.changed", { camera: "weir", state: "lost", reason: "rtsp.unreachable" }),
    state("camera.changed", { camera: "weir", state: "running", reason: "" }),
    {
      type: "org.cunshao.session.opened",
      class: "audit",
      data: { username: "admin", address: "192.168.1.9" },
    },
    {
      type: "org.cunshao.broadcast.ordered",
      class: "audit",
      subject: "b1",
      data: { broadcast: "b1", by: "admin", text: "请到村委会开会。", speakers: ["village"], repeat: 2 },
    },
    state("broadcast.finished", {
      broadcast: "b1",
      speaker: "village",
      result: "played",
      text: "请到村委会开会。",
      priority: "local",
      source: person,
      soundedAt: ago(clock, 40),
    }),
    state("sensor.changed", { sensor: "rain", quality: "lost" }),
    state("sensor.changed", { sensor: "rain", quality: "good" }),
    state("input.changed", { input: "sos", closed: true }),
    state("input.changed", { input: "sos", closed: false }),
  ];
  for (const draft of past) await ledger.append(draft);
  await outbox.acknowledge("township", ledger.head, isoTime(clock.now().wallMs));
}

/**
 * Somebody at the pond: the alarm, what was said, the picture, and what the township has of it.
 * @param boxes of what was found.
 */
export async function raiseAlarm(
  dependencies: Dependencies,
  picture: Buffer | undefined,
  delivered = true,
  change: Partial<AlarmView> = {},
  boxes: readonly Box[] = [],
) {
  const { clock, village, ledger, outbox, evidence } = dependencies;
  const rule = "pond-bank";
  const raised = await ledger.append({
    type: "org.cunshao.alarm.raised",
    class: "alarm",
    subject: "alarm-1",
    data: {
      rule,
      severity: "danger",
      because: {
        kind: "presence",
        camera: "pond-east",
        zone: "bank",
        present: true,
        boxes,
        detector: "movement",
      },
    },
  });
  await ledger.append({
    type: "org.cunshao.broadcast.finished",
    class: "state",
    subject: "b2",
    data: {
      broadcast: "b2",
      speaker: "pond",
      result: "played",
      text: "水边危险，请速离开",
      priority: "rule",
      source: { kind: "rule", name: rule },
      soundedAt: isoTime(clock.now().wallMs),
      alarm: "alarm-1",
    },
  });
  const snapshot = picture && (await evidence.put(picture, "image/jpeg"));
  if (delivered) await outbox.acknowledge("township", ledger.head, isoTime(clock.now().wallMs + 900));
  const alarm: AlarmView = {
    id: "alarm-1",
    rule,
    name: "东塘有人靠近",
    place: "东塘",
    camera: "pond-east",
    severity: "danger",
    status: "raised",
    raisedAt: raised.time,
    seq: raised.seq,
    detector: "movement",
    snapshot,
    ...change,
    delivered: delivered ? [{ upstream: "township", at: isoTime(clock.now().wallMs + 900) }] : [],
  };
  village.update({
    alarms: [alarm],
    cameras: village
      .state()
      .cameras.map((one) => (one.id === "pond-east" ? { ...one, occupied: ["bank"] } : one)),
    ledger: { id: ledger.id, head: ledger.head },
  });
  return alarm;
}

/** Some who went into the village and out of it; busy once. */
export async function fillCrossings(
  { clock, ledger, evidence }: Dependencies,
  picture: Buffer,
): Promise<void> {
  const snapshot = await evidence.put(picture, "image/jpeg");
  const edge = (type: string, data: EventDraft["data"]): EventDraft => ({
    type: `org.cunshao.line.${type}`,
    class: "state",
    subject: villageEdge.id,
    data: { camera: "gate", at: isoTime(clock.now().wallMs), ...data },
  });
  await ledger.append(edge("crossed", { direction: "in", snapshot }));
  await ledger.append(edge("counted", { in: 12, out: 9 }));
  await ledger.append(edge("crossed", { direction: "out" }));
  await ledger.append(edge("crossed", { direction: "out", snapshot }));
}

/** Who is in the picture of an alarm and which way they came, and that its clip begins with the alarm. */
export async function tellMarks({ ledger }: Dependencies, { id, raisedAt }: AlarmView): Promise<void> {
  const tell = (data: Readonly<Record<string, unknown>>) =>
    ledger.append({
      ...{ type: "org.cunshao.evidence.added", class: "alarm", subject: id },
      data: { camera: "pond-east", ...data },
    });
  const path = [0.2, 0.3, 0.48].map((x, index) => [x, 0.9 - 0.12 * index]);
  const box = { x: 0.45, y: 0.4, width: 0.06, height: 0.25 };
  await tell({ kind: "snapshot", boxes: [box], paths: [path] });
  await tell({ kind: "clip", from: raisedAt });
}

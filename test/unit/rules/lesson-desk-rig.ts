import type { Alarm } from "../../../src/core/alarm.ts";
import type { CameraFaultView } from "../../../src/core/camera-health.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { EventDraft, LedgerEvent } from "../../../src/core/event.ts";
import type { Lesson, LessonCount } from "../../../src/core/lesson.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createSignal } from "../../../src/core/signals.ts";
import type { Rule } from "../../../src/core/site.ts";
import { isoTime } from "../../../src/core/time.ts";
import type { ZoneView } from "../../../src/core/zones.ts";
import { createLessonDesk } from "../../../src/rules/lesson-desk.ts";
import { createRuleBook } from "../../../src/rules/rule-book.ts";
import { createLessonBookDouble } from "../../support/lessons-double.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { CAMERAS, presence, raised, trackAt } from "./lesson-samples.ts";
import { inWords, personRule, START_WALL_MS } from "./rule-samples.ts";

export const by = { kind: "person", name: "王干部" } as const;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const duck = trackAt(1, [0.3, 0.8]);
export const rule: Rule = { ...personRule, cooldownSeconds: 0 };

interface RigOptions {
  readonly lessons?: readonly Lesson[];
  readonly counts?: readonly LessonCount[];
  readonly isSynced?: boolean;
  readonly rules?: readonly Rule[];
}

/** The desk with the rules that ask it, and a ledger that keeps what they tell. */
export async function createRig({
  lessons = [],
  counts = [],
  isSynced = true,
  rules = [rule],
}: RigOptions = {}) {
  const clock = createManualClock(START_WALL_MS);
  const events: LedgerEvent[] = [];
  const alarms = new Map<string, Alarm>();
  const appended = createSignal<LedgerEvent>();
  const synced = { now: isSynced };
  const disk = { isFull: false };
  const faults: CameraFaultView[] = [];
  const zones: { now: readonly ZoneView[] } = { now: CAMERAS[0]?.zones ?? [] };
  const acknowledged: string[] = [];
  const told: string[] = [];
  let ids = 0;
  const { book, counted, pictures } = createLessonBookDouble();

  async function append(draft: EventDraft): Promise<LedgerEvent> {
    if (disk.isFull) throw new GatewayError("full", { code: "ledger.full", kind: "transient" });
    const event = { ...draft, seq: events.length + 1, time: isoTime(clock.now().wallMs) } as LedgerEvent;
    events.push(event);
    const alarm = alarms.get(draft.subject ?? "");
    const name = (draft.data["by"] as { readonly name: string } | undefined)?.name;
    if (alarm && draft.type === "org.cunshao.alarm.false") alarms.set(alarm.id, { ...alarm, falseBy: name });
    if (alarm && draft.type === "org.cunshao.alarm.false_withdrawn") {
      alarms.set(alarm.id, { ...alarm, falseBy: undefined });
    }
    appended.emit(event);
    return event;
  }

  const desk = createLessonDesk(
    {
      clock,
      isClockSynced: () => synced.now,
      ledger: {
        append,
        read: async ({ after, limit }) => events.slice(after, after + limit),
        onAppend: (listener) => appended.on(listener),
      },
      alarms: { get: async (id) => alarms.get(id) },
      lessonBook: book,
      record: (draft) => void append(draft).catch(() => events.push({ ...draft } as LedgerEvent)),
      newId: () => `lesson ${++ids}`,
      acknowledge: async (id) => {
        acknowledged.push(id);
        ruleBook.acknowledge(id);
      },
      snapshot: async () => Buffer.from("jpeg"),
      faults: () => faults,
      zones: { zonesOf: (camera) => (camera === "pond-east" ? zones.now : []) },
      log: silentLogger,
    },
    { rules, cameras: CAMERAS, site: { timezone: "Asia/Shanghai" } },
    { lessons, counts },
  );
  const ruleBook = createRuleBook(
    {
      clock,
      timezone: "Asia/Shanghai",
      isClockSynced: () => synced.now,
      newAlarmId: () => "anew",
      sift: desk.sift,
    },
    rules,
    [],
  );
  desk.armed.on((armed) => armed.forEach(ruleBook.rearm));
  ruleBook.effects.on((effect) => {
    if (effect.kind !== "say") told.push(inWords(effect));
  });
  await desk.start();

  /** An alarm that stands in the ledger. */
  async function raiseAlarm(id: string, data = raised([duck]), change: Partial<Alarm> = {}): Promise<void> {
    const event = await append({ type: "org.cunshao.alarm.raised", class: "alarm", subject: id, data });
    const raisedAt = isoTime(clock.now().wallMs);
    const { seq } = event;
    alarms.set(id, {
      ...{ id, rule: rule.id, severity: "warning", status: "raised", raisedAt, seq },
      ...change,
    } as Alarm);
  }
  const see = (...tracks: ReturnType<typeof trackAt>[]): void => {
    ruleBook.observe(presence(clock.now().monotonicMs / 1000, tracks));
  };
  const types = (): string[] => events.map(({ type }) => type.replace("org.cunshao.", ""));
  return {
    ...{ clock, desk, see, told, events, types, alarms, raiseAlarm, synced, disk, faults, zones },
    ...{ acknowledged, counted, pictures, append },
  };
}

import { type BroadcastOrder, type BroadcastSource, isSameOrder } from "../../src/core/broadcast.ts";
import { GatewayError } from "../../src/core/errors.ts";
import { fixedOf, type RuleView } from "../../src/core/rule-edit.ts";
import { createSignal } from "../../src/core/signals.ts";
import type { Rule } from "../../src/core/site.ts";
import { type Clock, isoTime } from "../../src/core/time.ts";
import type { AlarmView, Village, VillageState } from "../../src/core/village.ts";

/** A village in memory. Tests set its state and see what was asked of it. */
export interface VillageDouble extends Village {
  /** Replaces parts of the state and tells whoever listens. */
  update(change: Partial<VillageState>): void;
  readonly said: BroadcastOrder[];
  readonly silenced: string[];
  readonly handled: { readonly alarm: string; readonly what: string; readonly by: BroadcastSource }[];
  /** How often a picture was really made. */
  readonly pictures: { count: number };
  /** Alarms that the state no longer shows. */
  formerAlarms: readonly AlarmView[];
  refuseToSay: GatewayError | undefined;
  snapshotOf: (camera: string) => Promise<Buffer>;
}

/** Start and end of every JPEG; enough for what only carries it. */
const TINY_JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);

export function createVillageDouble(clock: Clock, initial: Partial<VillageState> = {}): VillageDouble {
  const changed = createSignal<void>();
  let state: VillageState = { ...emptyState(), ...initial };

  const known = (id: string): AlarmView | undefined =>
    [...state.alarms, ...double.formerAlarms].find((one) => one.id === id);

  function changeAlarm(id: string, change: (alarm: AlarmView) => AlarmView): void {
    if (!known(id)) throw new GatewayError("No such alarm", { code: "alarm.unknown", kind: "permanent" });
    const changeIn = (all: readonly AlarmView[]) => all.map((one) => (one.id === id ? change(one) : one));
    double.formerAlarms = changeIn(double.formerAlarms);
    double.update({ alarms: changeIn(state.alarms) });
  }

  function moveAlarm(id: string, what: "acknowledged" | "cleared", by: BroadcastSource): void {
    if (known(id)?.status === "cleared" && what === "acknowledged") {
      throw new GatewayError("Already cleared", { code: "alarm.cleared", kind: "permanent" });
    }
    changeAlarm(id, (alarm) => ({ ...alarm, status: what, acknowledgedBy: by.name }));
    double.handled.push({ alarm: id, what, by });
  }

  const double: VillageDouble = {
    said: [],
    silenced: [],
    handled: [],
    pictures: { count: 0 },
    formerAlarms: [],
    refuseToSay: undefined,
    snapshotOf: async () => TINY_JPEG,

    update(change) {
      state = { ...state, ...change };
      changed.emit();
    },
    state: () => ({ ...state, now: isoTime(clock.now().wallMs) }),
    onChange: (listener) => changed.on(listener),
    health: () => ({ status: "ok", parts: state.parts }),
    async snapshot(camera) {
      refuseUnknownCamera(camera);
      double.pictures.count++;
      return double.snapshotOf(camera);
    },
    alarm: async (id) => known(id),
    async pastAlarms({ beforeSeq = Infinity, from = "", until = "~", limit }) {
      return [...state.alarms, ...double.formerAlarms]
        .filter(({ seq, raisedAt }) => seq < beforeSeq && raisedAt >= from && raisedAt < until)
        .sort((a, b) => b.seq - a.seq)
        .slice(0, limit);
    },
    alarmsBefore: async (camera, from, until) =>
      [...state.alarms, ...double.formerAlarms]
        .filter((one) => one.camera === camera && one.raisedAt >= from && one.raisedAt < until)
        .map(({ id, seq, name, severity, raisedAt }) => ({ id, seq, name, severity, raisedAt }))
        .sort((a, b) => a.seq - b.seq),
    acknowledge: async (alarm, by) => moveAlarm(alarm, "acknowledged", by),
    clear: async (alarm, by) => moveAlarm(alarm, "cleared", by),
    async note(id, text, by) {
      const note = { at: isoTime(clock.now().wallMs), by: by.name, text };
      changeAlarm(id, (alarm) => ({ ...alarm, notes: [...(alarm.notes ?? []), note] }));
    },
    async say(order) {
      if (double.refuseToSay) throw double.refuseToSay;
      const known = double.said.find(({ id }) => id === order.id);
      if (known && isSameOrder(known, order)) return;
      if (known) throw new GatewayError("Reused", { code: "broadcast.id_reused", kind: "permanent" });
      double.said.push(order);
      const since = clock.now();
      const speakers = state.speakers.map((speaker) =>
        order.speakers.includes(speaker.speaker)
          ? { ...speaker, phase: "playing" as const, order, since }
          : speaker,
      );
      double.update({ speakers });
    },
    async silence(broadcast) {
      if (!state.speakers.some(({ order }) => order?.id === broadcast)) return false;
      double.silenced.push(broadcast);
      const speakers = state.speakers.map(({ order, ...speaker }) =>
        order?.id === broadcast ? { ...speaker, phase: "idle" as const } : { ...speaker, order },
      );
      double.update({ speakers });
      return true;
    },
  };

  function refuseUnknownCamera(id: string): void {
    if (!state.cameras.some((camera) => camera.id === id)) {
      throw new GatewayError("No such camera", { code: "camera.unknown", kind: "permanent", device: id });
    }
  }

  function emptyState(): VillageState {
    const now = clock.now();
    return {
      site: { id: "test", name: "龙湾村", timezone: "Asia/Shanghai" },
      version: "0.1.0",
      now: isoTime(now.wallMs),
      clock: "synced",
      cameras: [
        {
          id: "pond-east",
          name: "东塘",
          state: "running",
          reason: "",
          since: isoTime(now.wallMs),
          zones: [
            {
              id: "bank",
              name: "塘埂",
              polygon: [
                [0.06, 0.52],
                [0.94, 0.44],
                [0.97, 0.95],
                [0.04, 0.95],
              ],
            },
          ],
          occupied: [],
          faults: [],
        },
      ],
      speakers: [{ speaker: "pond", name: "东塘喇叭", phase: "idle", waiting: 0, since: now }],
      sensors: [
        {
          id: "pond-level",
          name: "东塘水位",
          unit: "m",
          value: 2.31,
          quality: "good",
          at: isoTime(now.wallMs),
        },
      ],
      inputs: [{ id: "sos", name: "塘边求助按钮", closed: false }],
      rules: [pondBankRule, pondHighRule, sosRule].map(ruleView),
      alarms: [],
      pauses: [],
      lessons: [],
      upstreams: [],
      parts: [{ name: "panel", status: "ok" }],
      ledger: { id: "ledger1", head: 0 },
    };
  }

  return double;
}

/** As nobody changed it. */
function ruleView(rule: Rule): RuleView {
  const loud = (of: readonly unknown[]): number[] => of.map(() => 100);
  const most = { say: loud(rule.say), escalate: loud(rule.escalate), repeat: 10 };
  return { ...rule, version: 0, fixed: fixedOf(rule), most };
}

const ALWAYS = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 };

const pondBankRule: Rule = {
  id: "pond-bank",
  name: "东塘有人靠近",
  when: { kind: "person", camera: "pond-east", zone: "bank", dwellSeconds: 0 },
  schedule: ALWAYS,
  cooldownSeconds: 60,
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
};

const pondHighRule: Rule = {
  id: "pond-high",
  name: "东塘水位过高",
  when: { kind: "level", sensor: "pond-level", above: 3.2, clearBelow: 3, holdSeconds: 60 },
  schedule: ALWAYS,
  cooldownSeconds: 600,
  say: [],
  alarm: { severity: "danger" },
  escalate: [],
};

const sosRule: Rule = {
  id: "sos",
  name: "有人求助",
  when: { kind: "contact", input: "sos", closed: true },
  schedule: ALWAYS,
  cooldownSeconds: 10,
  say: [],
  alarm: { severity: "emergency" },
  escalate: [],
};

import { expect, test } from "vitest";
import type { Alarm, AlarmBook, AlarmStatus } from "../../../src/core/alarm.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { Rule } from "../../../src/core/site.ts";
import { createAlarmViews } from "../../../src/panel/alarm-views.ts";
import { createOutboxDouble } from "../../support/stores-double.ts";

function alarmOf(seq: number, status: AlarmStatus): Alarm {
  return {
    id: `alarm-${seq}`,
    rule: "sos",
    severity: "danger",
    status,
    raisedAt: "2026-07-01T02:00:00.000Z",
    seq,
  };
}

/** A book of alarms given oldest first. */
function bookOf(alarms: readonly Alarm[]): AlarmBook {
  const newestFirst = [...alarms].reverse();
  return {
    get: async (id) => alarms.find((alarm) => alarm.id === id),
    open: async () => newestFirst.filter(({ status }) => status !== "cleared"),
    latest: async (limit) => newestFirst.slice(0, limit),
    past: async ({ beforeSeq = Infinity, rules, limit }) =>
      newestFirst
        .filter(({ seq, rule }) => seq < beforeSeq && rules?.includes(rule) !== false)
        .slice(0, limit),
  };
}

function viewsOf(alarms: readonly Alarm[], rules: readonly Rule[] = []) {
  return createAlarmViews(
    {
      alarms: bookOf(alarms),
      outbox: createOutboxDouble(),
      rules,
      cameras: [],
      sensors: [],
      inputs: [],
      log: silentLogger,
    },
    () => {},
  );
}

async function shown(alarms: readonly Alarm[]): Promise<readonly number[]> {
  const views = viewsOf(alarms);
  await views.refresh();
  return views.current().map(({ seq }) => seq);
}

const cleared = (count: number, from: number): Alarm[] =>
  Array.from({ length: count }, (_, index) => alarmOf(from + index, "cleared"));

test("an open alarm stays in sight, however many came and were cleared after it", async () => {
  const seqs = await shown([alarmOf(1, "acknowledged"), ...cleared(80, 2)]);
  expect(seqs).toHaveLength(50);
  expect(seqs.slice(0, 2)).toEqual([81, 80]);
  expect(seqs.at(-1)).toBe(1);
});

test("more than fifty open alarms are all shown, and nothing besides", async () => {
  const open = Array.from({ length: 60 }, (_, index) => alarmOf(index + 1, "raised"));
  const seqs = await shown([...open, ...cleared(3, 61)]);
  expect(seqs).toEqual(open.map(({ seq }) => seq).reverse());
});

test("one alarm is told however many came and were cleared after it", async () => {
  const views = viewsOf([alarmOf(1, "cleared"), ...cleared(80, 2)]);
  await views.refresh();
  expect(await views.one("alarm-1")).toMatchObject({ id: "alarm-1", name: "sos", delivered: [] });
  expect(await views.one("none")).toBeUndefined();
});

test("the alarms of a camera are those of the rules that watch it or show by it, oldest first", async () => {
  const rule = (id: string, name: string, when: Rule["when"], evidence?: string): Rule => ({
    ...{ id, name, when, cooldownSeconds: 0, say: [], escalate: [] },
    schedule: { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 },
    alarm: { severity: "danger", ...(evidence !== undefined && { evidence: { camera: evidence } }) },
  });
  const rules = [
    rule("bank", "有人靠近", { kind: "person", camera: "pond", zone: "bank", dwellSeconds: 0 }),
    rule("sos", "有人求助", { kind: "contact", input: "sos", closed: true }, "pond"),
    rule("gate", "有人进村", { kind: "person", camera: "gate", zone: "road", dwellSeconds: 0 }),
  ];
  const alarms = ["bank", "gate", "sos"].map((id, index) => ({
    ...{ ...alarmOf(index + 1, "cleared"), rule: id },
    raisedAt: `2026-07-01T02:00:0${index}.000Z`,
  }));
  const found = await viewsOf(alarms, rules).before("pond", "2026-07-01", "2026-07-02");
  expect(found.map(({ seq, name }) => [seq, name])).toEqual([
    [1, "有人靠近"],
    [3, "有人求助"],
  ]);
});

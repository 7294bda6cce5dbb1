import { expect, test } from "vitest";
import type { Alarm, AlarmBook, AlarmStatus } from "../../../src/core/alarm.ts";
import { silentLogger } from "../../../src/core/log.ts";
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
    past: async ({ beforeSeq = Infinity, limit }) =>
      newestFirst.filter(({ seq }) => seq < beforeSeq).slice(0, limit),
  };
}

async function shown(alarms: readonly Alarm[]): Promise<readonly number[]> {
  const views = createAlarmViews(
    {
      alarms: bookOf(alarms),
      outbox: createOutboxDouble(),
      rules: [],
      cameras: [],
      sensors: [],
      inputs: [],
      log: silentLogger,
    },
    () => {},
  );
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

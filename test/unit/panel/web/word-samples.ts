import type { LedgerEvent } from "../../../../src/core/event.ts";
import type { AlarmView, VillageState } from "../../../../src/core/village.ts";
import type { Speech } from "../../../../src/panel/web/words/event-data.ts";
import { createTimes } from "../../../../src/panel/web/words/times.ts";
import { createSteppedClock } from "../../../support/stepped-clock.ts";
import { createVillageDouble } from "../../../support/village-double.ts";

// What the tests of the page's words are about.

export const times = createTimes("Asia/Shanghai");
export const village: VillageState = createVillageDouble(createSteppedClock()).state();
export const speech: Speech = {
  reason: (code) => `<${code}>`,
  source: ({ kind, name }) => `${kind}:${name}`,
};

export const alarm: AlarmView = {
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

export function event(type: string, data: LedgerEvent["data"], subject?: string): LedgerEvent {
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

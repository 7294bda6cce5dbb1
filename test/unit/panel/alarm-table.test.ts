import { expect, test } from "vitest";
import type { AlarmView } from "../../../src/core/village.ts";
import { alarmTable } from "../../../src/panel/alarm-table.ts";

const ALARM: AlarmView = {
  id: "a1",
  seq: 7,
  rule: "bank",
  name: "东塘有人靠近",
  place: "东塘",
  severity: "warning",
  status: "raised",
  raisedAt: "2026-07-01T06:03:22.000Z",
  delivered: [],
};
const row = (alarm: Partial<AlarmView>) =>
  alarmTable([{ ...ALARM, ...alarm }], "Asia/Shanghai").split("\r\n")[1];

test("is read by a spreadsheet as UTF-8, a line an alarm, in the time of the village", () => {
  const table = alarmTable([ALARM, ALARM], "Asia/Shanghai");
  expect(table.startsWith("\uFEFF编号,时间,")).toBe(true);
  expect(table.split("\r\n")).toHaveLength(4);
  expect(row({})).toBe("7,2026-07-01 14:03:22,东塘有人靠近,东塘,警告,没人管,,,,");
});

test.each([
  [{ status: "acknowledged", acknowledgedBy: "李" }, "在管,李"],
  [{ status: "cleared", acknowledgedBy: "李" }, "管过,李"],
  [{ status: "cleared" }, "自动解除,"],
  [{ status: "cleared", falseBy: "王" }, "误报,,王"],
] as const)("%j is told as %s", (alarm, told) => {
  expect(row(alarm)).toContain(told);
});

test("no cell is a formula, and none breaks its line", () => {
  expect(row({ name: '=HYPERLINK("http://x","点")' })).toContain(`"'=HYPERLINK(""http://x"",""点"")"`);
  expect(row({ place: "@SUM(A1)" })).toContain(",'@SUM(A1),");
  expect(row({ notes: [{ at: "", by: "-1+1", text: "已劝返,\n回家" }] })).toContain(`"'-1+1：已劝返,\n回家"`);
});

import { describe, expect, test } from "vitest";
import { LONGEST_RING_MS, type RungAlarm, ringOn, SILENT } from "../../../../src/panel/web/words/ringing.ts";

const alarm = (status: RungAlarm["status"], id = "a"): RungAlarm => ({
  ...{ id, village: "龙湾村", name: "东塘有人靠近", place: "东塘", severity: "warning", status, seq: 1 },
});
const none = new Set<string>();
const keys = (ringing: typeof SILENT): string[] => ringing.alarms.map(({ key }) => key);

describe("the page rings", () => {
  const begun = ringOn(SILENT, [alarm("raised")], none, 0);

  test("for an alarm that nobody has seen to, a minute at most", () => {
    expect(keys(begun)).toEqual(["a raised"]);
    expect(keys(ringOn(begun, [alarm("raised")], none, LONGEST_RING_MS - 1))).toEqual(["a raised"]);
    const over = ringOn(begun, [alarm("raised")], none, LONGEST_RING_MS);
    expect(keys(over)).toEqual([]);
    expect(keys(ringOn(over, [alarm("raised")], none, LONGEST_RING_MS + 1))).toEqual([]);
  });

  test("with the words that are known by now, since when it began", () => {
    const placed = { ...alarm("raised"), place: "东塘" };
    const nameless = ringOn(SILENT, [{ ...placed, place: "" }], none, 0);
    expect(ringOn(nameless, [placed], none, 500).alarms).toEqual([
      { key: "a raised", alarm: placed, sinceMs: 0 },
    ]);
  });

  test.each(["acknowledged", "cleared"] as const)("no longer once it is %s", (status) => {
    expect(keys(ringOn(begun, [alarm(status)], none, 1))).toEqual([]);
  });

  test("no longer once it was put off here, nor when the box tells of it no more", () => {
    expect(keys(ringOn(begun, [alarm("raised")], new Set(["a raised"]), 1))).toEqual([]);
    expect(keys(ringOn(begun, [], none, 1))).toEqual([]);
  });

  test("anew where it becomes more urgent, and for another one", () => {
    const over = ringOn(begun, [alarm("raised")], none, LONGEST_RING_MS);
    expect(keys(ringOn(over, [alarm("escalated"), alarm("raised", "b")], none, LONGEST_RING_MS + 5))).toEqual(
      ["a escalated", "b raised"],
    );
  });

  test("not for what somebody saw to before this page was opened", () => {
    expect(ringOn(SILENT, [alarm("acknowledged"), alarm("cleared", "b")], none, 0).alarms).toEqual([]);
  });
});

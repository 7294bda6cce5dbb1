import { expect, test } from "vitest";
import type { AlarmView } from "../../../../src/core/village.ts";
import { type AlarmFilter, placesOf, queueOf } from "../../../../src/panel/web/words/alarm-filter.ts";

const alarm = (seq: number, change: Partial<AlarmView>): AlarmView => ({
  ...{ id: `a${seq}`, seq, rule: "bank", name: "东塘有人靠近", place: "东塘", severity: "warning" },
  ...{ status: "cleared", raisedAt: "2026-07-01T06:00:00.000Z", delivered: [] },
  ...change,
});
const SHOWN = [
  alarm(9, {}),
  alarm(8, { status: "acknowledged", acknowledgedBy: "李" }),
  alarm(7, { status: "raised", severity: "emergency", place: "求助" }),
  alarm(6, { falseBy: "李" }),
];
const OLDER = [alarm(6, { falseBy: "李" }), alarm(2, { place: "西塘" })];

test.each([
  [{ fate: "all", place: "" }, [7, 8, 9, 6, 2]],
  [{ fate: "waiting", place: "" }, [7]],
  [{ fate: "handling", place: "" }, [8]],
  [{ fate: "false", place: "" }, [6]],
  [{ fate: "all", place: "西塘" }, [2]],
  [{ fate: "waiting", place: "西塘" }, []],
] as const)("of %j are shown %j: open ones first, each once", (filter, seqs) => {
  expect(queueOf(SHOWN, OLDER, filter as AlarmFilter).map(({ seq }) => seq)).toEqual(seqs);
});

test("places are named once, and where nothing is known of it not at all", () => {
  expect(placesOf([...SHOWN, ...OLDER, alarm(1, { place: "" })])).toEqual(["东塘", "求助", "西塘"]);
});

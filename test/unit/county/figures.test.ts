import { describe, expect, test } from "vitest";
import type { BoxRecord, CountyLedger } from "../../../src/core/county.ts";
import { countyFigures } from "../../../src/county/figures.ts";
import { figuresText } from "../../../src/county/figures-text.ts";

const AT = "2026-07-02T08:00:00.000Z";
const villages = (...ids: readonly string[]) => ids.map((id) => ({ id, name: `${id}村` }));
const TOWNSHIPS = [
  { id: "north", name: "北乡", villages: villages("longwan", "shuikou") },
  { id: "south", name: "南乡", villages: villages("sunjia") },
];
const FILES = { stored: 0, missing: 0, changed: 0, denied: 0, tooLarge: 0, letGo: 0 };

function ledger(more: Partial<CountyLedger> = {}): CountyLedger {
  const account = {
    ledger: "l",
    seq: 10,
    hash: "",
    events: 10,
    bytes: 0,
    gaps: [],
    evicted: [],
    breaks: [],
    differed: 0,
    files: FILES,
  };
  return { box: "longwan", ledger: "l", have: [{ first: 1, last: 10 }], head: 10, account, ...more };
}

function record(box: string, more: Partial<BoxRecord> = {}): BoxRecord {
  return {
    ...{ box, status: "online", since: AT, heardAt: AT, version: "1", twinAt: undefined, aheadSeconds: 0 },
    ...{ ledgers: [ledger()], alarms: [], odd: 0, clashes: 0 },
    ...more,
  };
}

const figures = (...records: BoxRecord[]) => countyFigures(TOWNSHIPS, records, [], AT);

describe("the figures of a county", () => {
  test("count each village of its townships, also those that were never heard, and no other", () => {
    const { total, townships, boxes } = figures(
      record("longwan"),
      record("sunjia", { status: "offline", since: "2026-07-01T00:00:00.000Z" }),
      record("nowhere"),
    );
    expect(total).toMatchObject({ boxes: 3, there: 1, away: 1, never: 1 });
    expect(townships.map(({ id, boxes: all, away }) => [id, all, away])).toEqual([
      ["north", 2, 0],
      ["south", 1, 1],
    ]);
    expect(boxes.map(({ box, state }) => [box, state])).toEqual([
      ["longwan", "there"],
      ["shuikou", "never"],
      ["sunjia", "away"],
    ]);
  });

  test("call one away that said no goodbye and was not heard for five minutes, since it was heard last", () => {
    const heardAt = (minutes: number) => new Date(Date.parse(AT) - minutes * 60_000).toISOString();
    const { boxes } = figures(
      record("longwan", { heardAt: heardAt(4) }),
      record("shuikou", { heardAt: heardAt(6) }),
      record("sunjia", { heardAt: undefined, since: heardAt(6) }),
    );
    expect(boxes.map(({ state, since }) => [state, since])).toEqual([
      ["there", AT],
      ["away", heardAt(6)],
      ["away", heardAt(6)],
    ]);
  });

  test("tell what waits at the boxes, and what of it later events overtook", () => {
    const have = [
      { first: 1, last: 10 },
      { first: 14, last: 15 },
    ];
    expect(figures(record("longwan", { ledgers: [ledger({ have, head: 20 })] })).total).toMatchObject({
      waiting: 8,
      missing: 3,
    });
  });

  test("tell places that a ledger lacks without saying so from those that it declares", () => {
    const gaps = [{ firstSeq: 3, lastSeq: 5 }];
    const { account } = ledger();
    const undeclared = ledger({ account: { ...account, gaps } });
    const declared = ledger({ account: { ...account, gaps, evicted: gaps } });
    expect(figures(record("longwan", { ledgers: [undeclared] })).total).toMatchObject({
      broken: 3,
      absent: 0,
    });
    expect(figures(record("longwan", { ledgers: [declared] })).total).toMatchObject({ broken: 0, absent: 3 });
  });

  test("count an alarm of a severity that nobody knows as a warning", () => {
    const alarms = [
      { severity: "danger", count: 2, oldestAt: "2026-07-01T02:00:00.000Z" },
      { severity: "toString", count: 1, oldestAt: "2026-07-01T01:00:00.000Z" },
    ];
    const { total, boxes } = figures(record("longwan", { alarms }));
    expect(total.openAlarms).toEqual({ notice: 0, warning: 1, danger: 2, emergency: 0 });
    expect(boxes[0]?.oldestAlarmAt).toBe("2026-07-01T01:00:00.000Z");
  });

  test("tell of two boxes with one id for a day, and of clocks that are more than five minutes ahead", () => {
    const twin = (twinAt: string) => figures(record("longwan", { twinAt })).total.twins;
    expect([twin("2026-07-01T09:00:00.000Z"), twin("2026-07-01T07:00:00.000Z")]).toEqual([1, 0]);
    const ahead = (aheadSeconds: number) => figures(record("longwan", { aheadSeconds })).total.wrongClocks;
    expect([ahead(301), ahead(299), ahead(-86_400)]).toEqual([1, 0, 0]);
  });
});

test("the table has a line for each township, and names the villages that need a look, worst first", () => {
  const text = figuresText(
    countyFigures(
      TOWNSHIPS,
      [
        record("longwan", { status: "offline", since: "2026-07-01T00:00:00.000Z" }),
        record("shuikou", { clashes: 1 }),
        record("sunjia"),
      ],
      [{ site: "nowhere", heardAt: AT }],
      AT,
    ),
  );
  expect(text).toBe(
    [
      AT,
      "township  boxes  there  away  never  waiting  missing  broken  alarms",
      "north         2      1     1      0        0        0       1       0",
      "south         1      1     0      0        0        0       0       0",
      "county        3      2     1      0        0        0       1       0",
      "shuikou: 1 events with the number of another one",
      "longwan: away since 2026-07-01T00:00:00.000Z",
      `nowhere: publishes, stands in no township, ${AT}`,
      "",
    ].join("\n"),
  );
});

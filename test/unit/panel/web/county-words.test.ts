import { describe, expect, test } from "vitest";
import type { BoxFigures, ReaderFigures } from "../../../../src/core/county.ts";
import {
  alarmPhrases,
  countyTone,
  faultPhrases,
  inCountyOrder,
  readerPhrases,
  statePhrase,
} from "../../../../src/panel/web/words/county-words.ts";

const AT = "2026-07-02T08:00:00.000Z";
const NO_ALARMS = { notice: 0, warning: 0, danger: 0, emergency: 0 };
const box = (change: Partial<BoxFigures> = {}): BoxFigures => ({
  ...{ box: "longwan", name: "龙湾村", township: "zhuting", state: "there", since: AT, heardAt: AT },
  ...{ version: "1", oldestAlarmAt: undefined, openAlarms: NO_ALARMS },
  ...{ boxes: 1, there: 1, away: 0, never: 0, waiting: 0, missing: 0, absent: 0 },
  ...{ broken: 0, clashes: 0, odd: 0, twins: 0, wrongClocks: 0 },
  ...change,
});
const keys = (phrases: readonly { readonly key: string }[]): string[] => phrases.map(({ key }) => key);

describe("what a county says of a village", () => {
  test("is nothing where all is well", () => {
    expect([faultPhrases(box()), alarmPhrases(box()), countyTone(box())]).toEqual([[], [], "calm"]);
  });

  test("is red for an open alarm and nothing else", () => {
    expect(countyTone(box({ openAlarms: { ...NO_ALARMS, notice: 1 }, broken: 3 }))).toBe("alarm");
    expect(countyTone(box({ state: "away", away: 1, there: 0 }))).toBe("care");
    expect(countyTone(box({ broken: 1 }))).toBe("care");
    // One that was never there is not yet a fault, and what waits comes.
    expect(countyTone(box({ state: "never", never: 1, there: 0, waiting: 9 }))).toBe("calm");
  });

  test("counts alarms by how grave they are", () => {
    expect(alarmPhrases(box({ openAlarms: { ...NO_ALARMS, warning: 2, emergency: 1 } }))).toEqual([
      { key: "county.open.emergency", params: { count: 1 } },
      { key: "county.open.warning", params: { count: 2 } },
    ]);
  });

  test("names each fault, the gravest first, of one village otherwise than of several", () => {
    const faults = { broken: 1, clashes: 1, odd: 1, twins: 1, missing: 1, wrongClocks: 1 };
    expect(keys(faultPhrases(box(faults)))).toEqual([
      "county.broken",
      "county.clashes",
      "county.twin",
      "county.missing",
      "county.odd",
      "county.wrongClock",
    ]);
    expect(keys(faultPhrases(box({ ...faults, boxes: 4 })))).toContain("county.twins");
  });

  test("says since when it is away, where that is known", () => {
    const say = ({ key }: { readonly key: string }): string => key;
    const away = { state: "away", since: "2026-07-02T05:00:00.000Z" } as const;
    expect(statePhrase(away, AT, say)).toEqual({ key: "county.state.away", params: { time: "time.hours" } });
    expect(statePhrase({ ...away, since: undefined }, AT, say).key).toBe("county.state.awayLong");
    expect(statePhrase(box({ state: "never" }), AT, say).key).toBe("county.state.never");
  });

  test("puts villages first where something is to be done", () => {
    const all = [
      box({ box: "calm" }),
      box({ box: "away", away: 1 }),
      box({ box: "alarm", openAlarms: { ...NO_ALARMS, danger: 1 } }),
    ];
    expect(inCountyOrder(all).map((one) => one.box)).toEqual(["alarm", "away", "calm"]);
  });
});

test("what keeps events from being kept is said of the database and of the broker", () => {
  const county = { id: "lukou", name: "渌口区" };
  const { box: _, ...total } = box();
  const reader: ReaderFigures = {
    ...{ isConnected: true, brokerFault: undefined, isKeeping: true },
    ...{ kept: 0, dropped: 0, nonsense: 0, queued: 0 },
  };
  expect(readerPhrases({ county, reader, total })).toEqual([]);
  expect(keys(readerPhrases({ county, reader }))).toEqual(["county.database"]);
  expect(keys(readerPhrases({ county, total, reader: { ...reader, isKeeping: false } }))).toEqual([
    "county.database",
  ]);
  const isConnected = false;
  expect(keys(readerPhrases({ county, total, reader: { ...reader, isConnected } }))).toEqual([
    "county.broker.connecting",
  ]);
  const brokerFault = "refused" as const;
  expect(keys(readerPhrases({ county, total, reader: { ...reader, isConnected, brokerFault } }))).toEqual([
    "county.broker.refused",
  ]);
});

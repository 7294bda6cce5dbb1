import type {
  BoxFigures,
  BoxRecord,
  CountyFigures,
  CountyLedger,
  CountySum,
  CountyTownship,
  CountyVillage,
} from "../core/county.ts";
import { countOf, undeclaredGaps } from "../core/pulled-copy.ts";
import { gapsIn, type SeqRange } from "../core/seq-ranges.ts";
import type { Severity } from "../core/site.ts";

/** A clock that says that it is right and is off by more. */
const MOST_AHEAD_SECONDS = 300;
/** A box speaks twice a minute; of one that died with its broker nobody says that it went. */
const QUIET_MS = 300_000;
/** So long two boxes with one id are told of after they were last seen to take turns. */
const TWIN_MS = 24 * 3600_000;

const NONE: CountySum = {
  ...{ boxes: 0, there: 0, away: 0, never: 0, waiting: 0, missing: 0, absent: 0, broken: 0 },
  ...{ clashes: 0, odd: 0, twins: 0, wrongClocks: 0 },
  openAlarms: { notice: 0, warning: 0, danger: 0, emergency: 0 },
};

/** How a county stands, by township and by box; villages that were never heard are in it. */
export function countyFigures(
  townships: readonly CountyTownship[],
  records: readonly BoxRecord[],
  strangers: CountyFigures["strangers"],
  at: string,
): CountyFigures {
  const byBox = new Map(records.map((record) => [record.box, record]));
  const boxes: BoxFigures[] = [];
  const sums = townships.map(({ id, name, villages }) => {
    const own = villages.map((village) => boxFigures(village, id, byBox.get(village.id), at));
    boxes.push(...own);
    return { id, name, ...sumOf(own) };
  });
  return { at, total: sumOf(sums), townships: sums, boxes, strangers };
}

function boxFigures(
  { id: box, name }: CountyVillage,
  township: string,
  record: BoxRecord | undefined,
  at: string,
): BoxFigures {
  const quietSince = quietSinceOf(record, at);
  const state = stateOf(record, quietSince);
  const openAlarms = { ...NONE.openAlarms };
  for (const { severity, count } of record?.alarms ?? []) {
    // One that says no severity is not less than a warning.
    openAlarms[Object.hasOwn(openAlarms, severity) ? (severity as Severity) : "warning"] += count;
  }
  const ledgers = record?.ledgers ?? [];
  const sum = (of: (ledger: CountyLedger) => number): number =>
    ledgers.reduce((all, one) => all + of(one), 0);
  const twinMs = record?.twinAt === undefined ? Number.NaN : Date.parse(at) - Date.parse(record.twinAt);
  return {
    ...{ box, name, township, state, openAlarms, boxes: 1 },
    ...{ since: quietSince ?? record?.since, heardAt: record?.heardAt, version: record?.version },
    there: Number(state === "there"),
    away: Number(state === "away"),
    never: Number(state === "never"),
    waiting: sum(({ have, head }) => size(gapsIn(have, { first: 1, last: head }))),
    missing: sum(({ have }) => size(gapsIn(have, { first: 1, last: have.at(-1)?.last ?? 0 }))),
    absent: sum(({ account }) => countOf(account.evicted)),
    broken: sum(({ account }) => account.breaks.length + countOf(undeclaredGaps(account))),
    clashes: record?.clashes ?? 0,
    odd: record?.odd ?? 0,
    twins: Number(twinMs < TWIN_MS),
    wrongClocks: Number((record?.aheadSeconds ?? 0) > MOST_AHEAD_SECONDS),
    oldestAlarmAt: record?.alarms.map(({ oldestAt }) => oldestAt).sort()[0],
  };
}

/** One that was heard and said nothing of itself is there: its broker takes no retained messages. */
function stateOf(record: BoxRecord | undefined, quietSince: string | undefined): BoxFigures["state"] {
  if (!record || (record.status === undefined && record.heardAt === undefined)) return "never";
  return record.status === "offline" || quietSince !== undefined ? "away" : "there";
}

/** Of one that said no goodbye and is not heard any more: when it was heard last. */
function quietSinceOf(record: BoxRecord | undefined, at: string): string | undefined {
  const last = record?.heardAt ?? record?.since;
  if (record?.status === "offline" || last === undefined) return undefined;
  return Date.parse(at) - Date.parse(last) > QUIET_MS ? last : undefined;
}

function size(ranges: readonly SeqRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

function sumOf(all: readonly CountySum[]): CountySum {
  const sum = (key: keyof Omit<CountySum, "openAlarms">): number =>
    all.reduce((total, one) => total + one[key], 0);
  const alarms = (severity: Severity): number =>
    all.reduce((total, { openAlarms }) => total + openAlarms[severity], 0);
  return {
    ...{ boxes: sum("boxes"), there: sum("there"), away: sum("away"), never: sum("never") },
    ...{ waiting: sum("waiting"), missing: sum("missing"), absent: sum("absent"), broken: sum("broken") },
    ...{ clashes: sum("clashes"), odd: sum("odd"), twins: sum("twins"), wrongClocks: sum("wrongClocks") },
    openAlarms: {
      notice: alarms("notice"),
      warning: alarms("warning"),
      danger: alarms("danger"),
      emergency: alarms("emergency"),
    },
  };
}

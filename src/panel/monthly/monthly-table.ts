import type { MonthlySheet, OutageKind, Outcome, Voice } from "../../core/monthly-sheet.ts";
import { type Cell, csv, SEVERITY_NAMES, tableTime } from "../alarm-table.ts";

// What a village office opens in its spreadsheet: so in Chinese, whoever asks.

const OUTCOME_NAMES: Readonly<Record<Outcome, string>> = {
  false: "误报",
  handled: "有人处理",
  dissuaded: "劝返",
  passed: "自行解除",
  open: "未了结",
};
const VOICE_NAMES: Readonly<Record<Voice, string>> = {
  heard: "喊了，证实响了",
  unproven: "喊了，没有证实",
  silent: "喊了，没有响",
  none: "没有喊",
};
const OUTAGE_NAMES: Readonly<Record<OutageKind, string>> = {
  box: "村哨停机",
  supply: "供电不足",
  line: "上级线路断",
  camera: "摄像机看不清",
  sensor: "传感器无读数",
  speaker: "喇叭不响",
};

/** Figures, alarms and outages of a month, one under the other. Times are those of the village. */
export function monthlyTable(sheet: MonthlySheet, village: string, timezone: string): string {
  const time = tableTime(timezone);
  const { total, voice, outages, pauses, gaps } = sheet;
  const figures: Cell[][] = [
    ["村", village],
    ["月份", sheet.month],
    ["统计到", time(sheet.countedUntil)],
    ["报警", total.alarms],
    ...(["dissuaded", "handled", "passed", "false", "open"] as const).map((outcome): Cell[] => [
      OUTCOME_NAMES[outcome],
      total.outcomes[outcome],
    ]),
    ["自动喊话", voice.sounded],
    ["证实响了", voice.heard],
    ["没有响", voice.silent],
    ["没有喊成", voice.failed],
    ["撤防次数", pauses.count],
    ["撤防时没报的", pauses.withheld],
    ["已清掉的记录", gaps.evicted],
    ["账本损坏重建", gaps.anew],
    ["时间不准的报警", gaps.unsure],
  ];
  const alarms = sheet.alarms.map((alarm): Cell[] => [
    alarm.seq,
    time(alarm.at),
    alarm.isTimeSure ? "" : "时间不准",
    alarm.name,
    alarm.place,
    SEVERITY_NAMES[alarm.severity],
    VOICE_NAMES[alarm.voice],
    OUTCOME_NAMES[alarm.outcome],
    alarm.by ?? "",
  ]);
  const out = outages.list.map(({ kind, name, from, until, isOpen }): Cell[] => [
    OUTAGE_NAMES[kind],
    name,
    time(from),
    time(until),
    isOpen ? "未恢复" : "",
    Math.round((Date.parse(until) - Date.parse(from)) / 60_000),
  ]);
  return csv([
    ...figures,
    [],
    ["编号", "时间", "时间准否", "报警", "地点", "级别", "喊话", "结果", "谁处理"],
    ...alarms,
    ...(sheet.alarmsLeftOut > 0 ? [[`另有 ${sheet.alarmsLeftOut} 条未列`]] : []),
    [],
    ["中断", "哪里", "从", "到", "恢复否", "分钟"],
    ...out,
    ...(outages.leftOut > 0 ? [[`另有 ${outages.leftOut} 次未列`]] : []),
  ]);
}

import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-rain.ts";

/** Rain: how much fell, and since when. */
export const rain: WordsOf<typeof zh.rain> = {
  title: "{name}: how much rain",
  open: "Show rain",
  openOf: "Show rain: {name}",
  amount: "{value} mm",
  unit: "mm",
  hour: "Last hour",
  hourIs: "{value} mm in the last hour",
  sinceStart: "The time is not set: rain before the start is not counted",
  undated:
    "The time is not set: rain is counted and raises alarms all the same, and is drawn once it is set.",
  dry: "No rain in the last 24 h",
  days: {
    light: "{value} mm in the last 24 h: light rain",
    moderate: "{value} mm in the last 24 h: moderate rain",
    heavy: "{value} mm in the last 24 h: heavy rain",
    storm: "{value} mm in the last 24 h: rainstorm",
    severe: "{value} mm in the last 24 h: heavy rainstorm",
    extreme: "{value} mm in the last 24 h: severe rainstorm",
  },
  above: "More than {above} mm in the last {hours} h",
  grades: {
    light: "light rain",
    moderate: "moderate rain",
    heavy: "heavy rain",
    storm: "rainstorm",
    severe: "heavy rainstorm",
    extreme: "severe rainstorm",
  },
  today: "Today",
  lastDay: "Last 24 h",
  season: "Flood season (April to September)",
  mostHour: "Most in one hour",
  mostDay: "Most in one day",
  most: "{value} mm · {time}",
  none: "No rain",
  unknown: "No record",
  limit: "alarm above {above} mm in {hours} h",
  perHour: "Each hour (mm)",
  perDay: "Each day (mm)",
  trend: "{name}: rain of each of the last 24 hours",
  trendFoot: "Last 24 h",
  mostFoot: "Most in one hour {value} mm",
  total: "{value} mm counted, read {time}",
};

import type { AlarmView } from "../core/village.ts";

// What a village office opens in its spreadsheet: so in Chinese, whoever asks.

export const SEVERITY_NAMES = { notice: "提醒", warning: "警告", danger: "危险", emergency: "紧急" } as const;
const HEADS = ["编号", "时间", "报警", "地点", "级别", "处理", "谁知道了", "谁说是误报", "交接", "已送达"];

/** Times are those of the village. */
export function alarmTable(alarms: readonly AlarmView[], timezone: string): string {
  const time = tableTime(timezone);
  const rows = alarms.map((alarm) => [
    alarm.seq,
    time(alarm.raisedAt),
    alarm.name,
    alarm.place,
    SEVERITY_NAMES[alarm.severity],
    fateOf(alarm),
    alarm.acknowledgedBy ?? "",
    alarm.falseBy ?? "",
    (alarm.notes ?? []).map(({ by, text }) => `${by}：${text}`).join("；"),
    alarm.delivered.map(({ upstream }) => upstream).join("、"),
  ]);
  return csv([HEADS, ...rows]);
}

export type Cell = string | number;

/** CSV by RFC 4180, with the mark by which spreadsheets know UTF-8. */
export function csv(rows: readonly (readonly Cell[])[]): string {
  const lines = rows.map((row) => row.map(cell).join(","));
  return `\uFEFF${lines.join("\r\n")}\r\n`;
}

/** Times as spreadsheets read them, on the village's clock. */
export function tableTime(timezone: string): (iso: string) => string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: timezone,
    dateStyle: "short",
    timeStyle: "medium",
  });
  return (iso) => format.format(Date.parse(iso));
}

function fateOf({ falseBy, status, acknowledgedBy }: AlarmView): string {
  if (falseBy !== undefined) return "误报";
  if (status === "raised" || status === "escalated") return "没人管";
  if (status === "acknowledged") return "在管";
  return acknowledgedBy === undefined ? "自动解除" : "管过";
}

/** A cell that begins like a formula would be one in a spreadsheet, whoever wrote it. */
function cell(value: Cell): string {
  const text = typeof value === "number" ? String(value) : value.replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

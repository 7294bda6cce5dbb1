/** Readings and inputs, as everybody sees them. */
export const sensor = {
  region: "水位和读数",
  none: "还没有装传感器",
  normal: "正常",
  below: "低于警戒 {above} {unit}",
  above: "超过警戒 {above} {unit}",
  invalid: "读数不可信",
  lost: "读不到",
  waiting: "还没有读数",
  at: "{time} 读到",
  lastHours: "最近 {count} 小时",
  range: "{low} 到 {high} {unit}",
  noHistory: "还没有走势",
  trend: "{name}最近 {count} 小时的走势",
} as const;

export const input = {
  region: "开关量",
  calm: "正常",
  triggered: "已触发",
  closed: "接通",
  open: "断开",
  unknown: "读不到",
} as const;

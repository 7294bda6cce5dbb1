/** What a sensor measured, drawn and told. */
export const curve = {
  open: "看曲线",
  openOf: "看曲线：{name}",
  title: "{name}的曲线",
  when: "看多久的",
  spans: { day: "24小时", week: "7天", season: "汛期" },
  none: "这段时间没有读数。",
  highest: "最高",
  lowest: "最低",
  value: "{value} {unit}",
  above: "超过 {value} 报警",
  gaps: "没有读数的时候",
  gap: "{from} 到 {to}",
  kinds: { lost: "传感器没有回答", invalid: "读数不可信", silent: "没有去读（停电、重启或还没有装）" },
  more: "更早还有 {count} 次",
  failed: "取不到曲线：{reason}",
} as const;

/** What the box tells of its own keeping: a damaged database, a wrong clock, room made. */
export const ledgerEvents = {
  ledgerAnew: "存储里的记录本坏了，换了一本新的；没送走的 {events} 条里救回 {rescued} 条，旧的留着备查",
  ledgerEvicted: "记录放满了，清掉 {count} 条已经送走的旧记录的内容",
  ledgerEvictedUnsent: "记录放满了，清掉 {count} 条还没送走的普通记录的内容；报警都留着",
  readingsEvicted: "记录放满了，清掉 {count} 个旧的读数和动静",
  clockSynced: "知道准确时间了",
  clockSlow: {
    seconds: "时间校准了，原来慢 {amount} 秒：之前 {count} 条记录按新时间算",
    minutes: "时间校准了，原来慢 {amount} 分钟：之前 {count} 条记录按新时间算",
    hours: "时间校准了，原来慢 {amount} 小时：之前 {count} 条记录按新时间算",
    days: "时间校准了，原来慢 {amount} 天：之前 {count} 条记录按新时间算",
  },
  clockFast: {
    seconds: "时间校准了，原来快 {amount} 秒：之前 {count} 条记录按新时间算",
    minutes: "时间校准了，原来快 {amount} 分钟：之前 {count} 条记录按新时间算",
    hours: "时间校准了，原来快 {amount} 小时：之前 {count} 条记录按新时间算",
    days: "时间校准了，原来快 {amount} 天：之前 {count} 条记录按新时间算",
  },
} as const;

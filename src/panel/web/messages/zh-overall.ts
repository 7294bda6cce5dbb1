/** The village in a few words, and who looks after its horns. */
export const overall = {
  well: "一切正常",
  alarms: "有 {count} 个报警",
  handled: "{count} 个报警正在处理",
  cameraBlind: "{name}摄像机看不见 {time} 起",
  camerasBlind: "{count} 台摄像机看不见",
  cameraConnecting: "正在接通{name}摄像机",
  sensorLost: "{name}读不到",
  waterlineLost: "{name}读不到水位，先按较高的水位线看",
  speakerFault: "{name}有故障",
  storageFull: "存储已满，新记录存不下",
  storageFault: "存储写不进去，请找安装人员",
  storageDamaged: "存储出过故障，坏的记录本已换新、留着备查，请找安装人员检查存储卡",
  guardMissing: "喇叭的看护程序没有运行，请找安装人员",
  certificateFault: "网页的证书有问题，请找安装人员",
  voiceRecording: "{reason}，请找安装人员",
  recordingPaused: "录像停了：{reason}",
  recordingShort: "存储只够存约 {days} 天录像，要求 {wanted} 天",
  evidenceFills: "留证的录像占满了规定的空间",
  paused: "{count} 处已撤防",
  clockUnsynced: "时间还没有校准",
  more: "还有 {count} 处",
  title: "{village} · 村哨",
  titleAlarm: "【{alarm}】{village}",
} as const;

export const guardEvents = {
  guardEnded: "村哨程序中断，看护程序在 {seconds} 秒内关了喇叭和警报器",
  guardHung: "村哨程序卡住了，看护程序重新启动了它，并关了喇叭和警报器",
  guardOverrun: "{outputs}开得太久，看护程序把它关了，并重新启动了村哨程序",
  guardUnsafe: "村哨程序中断，{outputs}没能确认关上，请去看一看",
} as const;

/** What an upstream has. */
export const township = {
  name: "乡镇",
  received: "{name} {time} 收到",
  sending: "{name} {time} 收到，还有 {count} 条正在传",
  never: "{name}还没有收到过",
  connecting: "正在联系{name}…",
  unreachable: "{name}联系不上，没有等着传的",
  waiting: "{name}联系不上，已存 {count} 条等着传",
  waitingAlarms: "{name}联系不上，已存 {count} 条等着传（报警 {alarms} 条）",
  refused: "{name}不接收，已存 {count} 条，请告诉安装人员",
  none: "没有设置上级，记录只存在本机",
};

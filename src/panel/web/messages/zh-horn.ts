import { programmes } from "./zh-programme.ts";

/** Who may speak when: the queue, emergencies, the kill switch, programmes; and what the ledger tells of them. */
export const horn = {
  queue: "排队等着喊",
  waitsFor: {
    turn: "等前面的喊完",
    time: "{time} 开始",
    clock: "等时间校准",
    second_key: "等另一个传感器、摄像机或按钮也报警",
  },
  classes: {
    emergency: "应急",
    township: "乡镇",
    local: "本村",
    rule: "自动提醒",
    schedule: "节目",
    drill: "演练",
  },
  stop: "停止：{text}",
  now: {
    killed: "静音开关合上了，都不响",
    allIll: "都有故障",
    someIll: "{count} 个有故障",
    quiet: "静音到 {time}（应急可以）",
    someQuiet: "有的静音到 {time}（应急可以）",
    muted: "一直静音（应急可以）",
    someMuted: "有的一直静音（应急可以）",
    ready: "选了 {count} 个喇叭，现在能喊",
    noClock: "时间没校准，不知道是不是夜里，喊不了",
    someNoClock: "时间没校准，有的喊不了",
    chosen: "选了 {count} 个喇叭",
    emergency: "选了 {count} 个喇叭，应急广播现在也响",
    emergencyAfar: "选了 {count} 个喇叭，村里也报警才响",
  },
  afar: {
    quiet: "静音到 {time}（应急要村里也报警）",
    someQuiet: "有的静音到 {time}（应急要村里也报警）",
    muted: "一直静音（应急要村里也报警）",
    someMuted: "有的一直静音（应急要村里也报警）",
  },
  silenced: "静音开关已合上，所有喇叭都不响",
  emergency: {
    toggle: "应急广播",
    explain: "压过所有的喊话，夜里也响。您的名字和原因会记下来，乡镇也看得到。",
    explainAfar:
      "从乡镇下的应急广播，要村里的传感器、摄像机或按钮也报警才响，夜里也一样。您的名字和原因会记下来。",
    waitsMinutes: "最多等 {count} 分钟，等不到就不响。",
    atOnce: "要马上响，请打电话让村里人在村里的网页上下。",
    why: "什么紧急情况",
    whyExample: "例如：水库要垮坝",
    confirm: "我确认情况紧急",
    submit: "发出应急广播",
    writeWhy: "先写明什么紧急情况",
    tickConfirm: "先勾选“我确认情况紧急”",
  },
  programmes,
};

export const hornEvents = {
  broadcastOrdered: "{by}要喊话：{text}",
  broadcastEmergency: "{by}下了应急广播（{why}）：{text}",
  broadcastTurnedAway: "{by}的喊话没有放行（{reason}）：{text}",
  switchRefused: "{name}没有打开（{reason}）",
};

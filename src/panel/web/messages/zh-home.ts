/** The first page, the way to the others, and the alarm that takes the page. */
export const nav = {
  region: "去哪里",
  home: "首页",
  look: "看",
  speak: "喊话",
  alarms: "报警",
  playback: "回放",
  setup: "设置",
  unseen: "有 {count} 个没人管",
} as const;

export const home = {
  isAnythingWrong: "村里有没有事",
  water: "看水边",
  pictures: "看画面",
  allSee: "{count} 个摄像机都看得见",
  someBlind: "{count} 个摄像机，{blind} 个看不见",
  someConnecting: "{count} 个摄像机，{connecting} 个正在接通",
  someBlindConnecting: "{count} 个摄像机，{blind} 个看不见，{connecting} 个正在接通",
  horns: "{count} 个喇叭",
  speaking: "{count} 个喇叭正在响",
  unseen: "{count} 个没人管",
  noAlarms: "现在没有报警",
  playback: "看录像，找谁来过",
  latest: "最近的事",
  all: "看全部记录",
  value: "{value} {unit}",
} as const;

export const takeover = {
  title: "报警",
  over: "报警 · 已解除",
  later: "稍后再看",
  close: "关上",
  next: "另有 {count} 个，看下一个",
  waiting: "没人管的报警",
  open: "去看",
  openMore: "去看（另有 {count} 个）",
} as const;

export const queue = {
  region: "报警",
  none: "还没有过报警",
  noneHint: "有人靠近水边、水位过高、有人求助时，会出现在这里。",
  more: "再看 {count} 个",
  older: "看更早的",
  loading: "正在取更早的…",
  failed: "取不到更早的：{reason}",
  first: "没有更早的了",
  filter: "看哪些报警",
  fates: { all: "全部", waiting: "没人管", handling: "在管", false: "误报" },
  place: "哪里",
  everywhere: "所有地方",
  noMatch: "没有这样的报警",
  export: "导出报警表",
  exportHint: "电子表格能打开，交接、月报都用得上。",
  from: "从哪天",
  until: "到哪天",
  download: "下载",
  file: "{village}报警 {from} 到 {until}",
  notExported: "没有导出：{reason}",
  badDays: "结束的日子要不早于开始的日子",
  state: {
    waiting: "没人管",
    handling: "{name} 在管",
    handled: "{name} 管过",
    over: "自动解除",
    false: "误报（{name}）",
  },
} as const;

export const finding = {
  region: "回放",
  searchHint: "某天几点到几点，谁从画面里经过：一下子列出来。",
  days: "录像有 {count} 天",
  replay: "看录像",
  replayOf: "看录像：{name}",
  notYours: "录像只有值班员和管理员能看。",
} as const;

export const display = {
  region: "显示",
  language: "语言",
  languages: { zh: "中文", en: "English" },
  size: "字的大小",
  sizes: { usual: "平常", large: "大字，少些东西" },
  light: "白天和夜里",
  lights: { auto: "自动", day: "白天", night: "夜里" },
  toLarge: "大字",
  toUsual: "平常字",
} as const;

export const setup = {
  region: "设置",
  accounts: "账号和密码",
  upstreams: "上传给乡镇",
  look: "看情况",
  zonesOf: "{name}：区域、进出线、遮挡",
  draw: "去画",
  drawOf: "去画{name}的区域、进出线、遮挡",
  version: "村哨 {version}",
} as const;

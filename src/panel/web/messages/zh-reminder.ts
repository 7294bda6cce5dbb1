/** How this browser tells of an alarm. */
export const reminder = {
  region: "报警提醒",
  sound: "报警时响铃",
  notifications: "报警时弹出通知",
  on: "开着",
  off: "关着",
  try: "试一下",
  refused: "浏览器不让弹通知：请在浏览器的设置里允许，再到“报警提醒”里打开",
  needsTap: "点一下页面，报警时才会响铃",
  permission: {
    granted: "页面开着就会弹，最小化了也会。页面关了不会。",
    default: "打开时浏览器会问一次，请点“允许”。",
    denied: "浏览器不让弹。点网址左边的小锁，把“通知”改成允许。",
    unavailable: "要用 https 打开、装上村哨的证书才能弹。",
  },
  deaf: "这里收不到报警了",
  deafHint: "登录已过期，请登录",
  title: "报警：{name}",
  body: "{village}　{place}",
} as const;

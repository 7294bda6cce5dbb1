// Logging in, again and out.

export const login = {
  title: "登录",
  username: "用户名",
  password: "密码",
  show: "显示密码",
  hide: "隐藏密码",
  submit: "登录",
  submitting: "正在登录…",
  wrong: "用户名或密码不对，请再试一次。",
  wait: "密码错得太多，请等 {seconds} 秒再试。",
  unreachable: "连不上村哨，请检查网线或无线网。",
  failed: "登录没有成功，请再试一次。",
  expired: "登录已过期，请重新登录。没发出去的话还在。",
  deafSince: "登录已过期，从 {time} 起这里收不到报警了。请重新登录，没发出去的话还在。",
  again: "登录已经半天多了。改设置、管账号前，请再输一次密码，然后再点一次刚才的按钮。",
  notNow: "先不改",
  forgotten: "忘了密码，请找安装人员。",
  trust: "浏览器提示不安全？装上村哨的证书",
} as const;

export const session = {
  logOut: "退出登录",
  user: "当前用户：{name}",
  stillIn: "还没有退出：{reason}",
  stillInHint: "别人用这台手机或电脑还能看、能喊。等连上了，再点一次“退出登录”；要走就先锁屏或关机。",
  stillInSeen: "知道了",
} as const;

/** Devices, zones and rules of the configuration, changed on the page. */
export const setUp = {
  saving: "正在保存……",
  waiting: "已保存，等喇叭、警报器停了，没处理的报警不再加急了，就换上……",
  starting: "正在换上新的设置，几秒钟就好，这几秒钟不看、不喊……",
  late: "新的设置还没有换上，比平常久：村哨没有回应。可能断了网，也可能停了电。",
  done: "新的设置已经在用",
  takenBack: "村哨用这个设置起不来，已经自动退回原来的",
  seen: "知道了",
  unread: "设置读不出来，现在不能改：{reason}",
  failed: "没有存上：{reason}",
  changed: "{by}在{time}刚改过设置。请看一看，再点一次。",
  changedUnknown: "别人刚改过设置。请看一看，再点一次。",
  invalid: "有一项不对：{detail}",
} as const;

export const setUpEvents = {
  setUpChanged: "{by}在网页上改了@:{kind}“{name}”",
  setUpChangedMany: "{by}在网页上改了 {count} 项设置（@:{kind}“{name}”等）",
  setUpRemoved: "{by}在网页上去掉了@:{kind}“{name}”",
  setUpRestored: "{by}把@:{kind}“{name}”恢复成配置文件里的",
  setUpRestoredMany: "{by}把 {count} 项设置恢复成配置文件里的（@:{kind}“{name}”等）",
  setUpTakenBack: "村哨用@:{kind}“{name}”的新设置起不来，已自动退回原来的",
  setUpTakenBackMany: "村哨用新的设置起不来，已自动退回 {count} 项（@:{kind}“{name}”等）",
} as const;

export const setUpReasons = {
  set_up_changed: "别人刚改过设置，请看一看再保存",
  set_up_invalid: "有一项的内容不对",
  set_up_nothing: "没有这一项，请看一看再改",
  set_up_of_the_file: "这一项写在配置文件里，在这里不能这样改",
  set_up_secret_needed: "换了地址，口令或密码要再填一次",
  set_up_file_broken: "配置文件被改坏了，先请人改好，不然村哨起不来",
  set_up_emergency: "紧急的规则只能写在配置文件里",
  set_up_too_many: "网页上改过的已经有 200 项，请写进配置文件",
  set_up_unreadable: "网页上改过的设置读不出来，按配置文件的来",
  set_up_unwritable: "改动存不下来，请看一看存储空间",
  set_up_left_out: "网页上改过的设置有的没有用上",
} as const;

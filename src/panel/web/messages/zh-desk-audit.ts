/** Who at a township's desk looked at what, and did what. */
export const deskAudit = {
  button: "记录",
  open: "谁看过、谁做过",
  hint: "值班台这边谁看过、导出过录像，谁看过现场、喊过话，对报警做过什么。各村自己也各记一份。",
  filter: "看哪些",
  all: "全部",
  looked: "谁看过",
  done: "谁做过",
  none: "还没有",
  loading: "正在取…",
  more: "看更早的",
  failed: "取不到：{reason}",
  again: "再试一次",
};

export const deskEvent = {
  clip: "{by} 看了{village}的报警录像：{reason}",
  recording: "{by} 看了{village}的录像（摄像机 {camera}）：{reason}",
  exported: "{by} 导出了{village}的录像（摄像机 {camera}）：{reason}",
  fetched: "{by} 下载了从{village}导出的录像",
  camera: "{by} 看了{village}的现场（摄像机 {camera}）",
  talk: "{by} 对{village}喊了话",
  opened: "{by} 打开了{village}的 {path}",
  acknowledge: "{by} 处理{village}的报警 {alarm}",
  clear: "{by} 解除{village}的报警 {alarm}",
  note: "{by} 给{village}的报警写了交接 {alarm}",
  withdrawn: {
    acknowledge: "{by} 撤回了 {person} 的“我来处理”：{village} {alarm}",
    clear: "{by} 撤回了 {person} 的“解除”：{village} {alarm}",
    note: "{by} 撤回了 {person} 的交接：{village} {alarm}",
  },
  refused: {
    acknowledge: "{village}没有照办 {person} 的“我来处理”：{reason} {alarm}",
    clear: "{village}没有照办 {person} 的“解除”：{reason} {alarm}",
    note: "{village}没有写上 {person} 的交接：{reason} {alarm}",
  },
  read: "{by} 看过了{village}没有照办的事 {alarm}",
  otherSite: "有台主机拿{village}的口令来连，却说自己是 {site}，没有让它进来",
  cursorLeft: "另一个值班台用了同样的编号，这里改用 {to} 收记录",
};

/** Speaking through the horns with one's own voice. */
export const talk = {
  title: "用话筒喊",
  hold: "按住讲话",
  holding: "松开就停",
  start: "点一下开始讲",
  stop: "点一下停",
  mode: "不用一直按着，点一下开始、再点一下停",
  heardBy: "听得到的喇叭：{speakers}",
  level: "话筒音量",
  feedback: "离喇叭太近会啸叫，请离远些讲。",
  state: {
    asking: "浏览器在问能不能用话筒，请点“允许”",
    connecting: "正在接通…",
    waiting: "{by}正在喊，请等一等…",
    settling: "正在开机…",
    open: "现在可以讲",
    partly: "现在可以讲（{speakers}还没有好）",
    interrupted: "被更要紧的话打断（{by}）",
    interruptedPlain: "被更要紧的话打断",
    stopped: "被人停止了",
    done: "讲完了",
    failed: "没有讲成：{reason}",
  },
  microphone: {
    denied: "浏览器没有让用话筒。请点地址栏左边的图标，把“麦克风”改成“允许”，再按一次。",
    none: "这台设备上找不到话筒，请插上话筒再按一次。",
    busy: "话筒正被别的程序用着，请关掉它再按一次。",
    failed: "话筒打不开，请再按一次。",
    old: "这个浏览器太旧，不能用话筒，请换新的浏览器，或者写字喊话。",
    insecure: "用话筒要用 https 打开本页：浏览器只让加密的网页用话筒。",
    insecureLink: "用 https 打开",
  },
} as const;

export const talkEvents = {
  talkEnded: "{by}讲了 {seconds} 秒（{reason}）",
} as const;

export const talkReasons = {
  live_voice: "现场喊话",
  live_done: "讲完了",
  live_hung_up: "话断了：页面关了或网断了",
  live_preempted: "被更要紧的话打断",
  live_stopped: "被人停止了",
  live_stalled: "三秒没有声音传来，已停",
  live_too_long: "讲得太久，已停",
  live_too_fast: "声音来得太快",
  live_bad_frame: "传来的声音不对",
  live_unexpected_message: "传来了看不懂的内容",
  live_no_hello: "没有说用哪个喇叭",
  live_codec: "这种声音格式不支持",
  live_sample_rate: "这种采样率不支持",
  live_full: "讲话的人太多，请稍后再试",
  live_over: "已经讲完了",
  audio_stuck: "声卡没有反应",
  panel_stopping: "村哨正在重新启动",
  session_required: "登录已过期，请重新登录",
} as const;

/** What the township orders from afar, and who pulls. */
export const commandEvents = {
  commandAccepted: "收到{by}的远程指令",
  commandDone: "{by}的远程指令已执行",
  commandBroadcast: "{by}远程广播，已交给喇叭",
  commandSilence: "{by}远程停止了广播",
  commandHandled: "{by}远程处理了报警",
  commandTime: "{by}告诉了本机现在的时间",
  commandFailed: "{by}的远程指令没有做成：{reason}",
  commandRefused: "拒绝了一条远程指令：{reason}",
  configurationProposed: "{by}送来一份新配置，已检查，等安装人员在本机启用",
  cursorContested: "有两处在用同一个名字“{name}”取数据，后来的被拒绝",
  cursorTakenOver: "“{name}”的取数据位置由另一处接管",
  cursorRemoved: "“{name}”不再来取数据，不再为它保留",
  cursorWentBack: "“{name}”重新从第 {to} 条取数据（原来已取到第 {from} 条）",
};

export const commandReasons = {
  command_invalid: "指令的内容不对",
  command_unsigned: "没有签名",
  command_unknown_key: "签名的密钥不在配置里",
  command_bad_signature: "签名不对，可能被人改过",
  command_denied: "这个口令不能下这种指令",
  command_other_site: "是给别的村的",
  command_id_reused: "编号已经用过，内容却不同",
  command_bad_expiry: "有效期不对",
  command_expired: "已经过期",
  command_from_future: "时间比本机还晚",
  command_clock_unknown: "本机还不知道准确时间",
  command_configuration_wrong: "新配置里有错，没有保留",
  command_no_configuration: "本机不接收远程配置",
  command_no_clock: "本机不接受远程对时",
  command_interrupted: "执行时重启了，请重新发",
};

/** Notes of an alarm, for whoever comes next. */
export const note = {
  region: "交接",
  write: "写给接班的人",
  example: "写给接班的人：人已劝离…",
  submit: "记下",
  failed: "没有记下：{reason}",
} as const;

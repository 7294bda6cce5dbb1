import type { SpeakerGroup } from "../core/broadcast.ts";
import type { SiteFile } from "./schema.ts";

/** Every speaker of the site, without anybody having to list them. */
const ALL = "all";

/** The groups of the site, with `all` unless it has one of that id. */
export function groupsOf({ speakers, speakerGroups }: SiteFile): readonly SpeakerGroup[] {
  const own = speakerGroups.map((group) => ({ ...group, speakers: [...new Set(group.speakers)] }));
  if (speakers.length === 0 || own.some(({ id }) => id === ALL)) return own;
  return [...own, { id: ALL, name: "全村", speakers: speakers.map(({ id }) => id) }];
}

/** The file with speakers wherever it names groups. */
export function expandGroups(file: SiteFile): SiteFile {
  const groups = new Map(groupsOf(file).map(({ id, speakers }) => [id, speakers]));
  const expand = (named: readonly string[]): string[] => [
    ...new Set(named.flatMap((id) => groups.get(id) ?? [id])),
  ];
  const windows = <Window extends { readonly speakers?: readonly string[] | undefined }>(
    given: readonly Window[],
  ): Window[] =>
    given.map((window) => (window.speakers ? { ...window, speakers: expand(window.speakers) } : window));
  return {
    ...file,
    rules: file.rules.map((rule) => ({
      ...rule,
      // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
      then: rule.then.map((action) =>
        action.kind === "say" ? { ...action, speakers: expand(action.speakers) } : action,
      ),
      escalate: rule.escalate.map((step) =>
        step.speakers ? { ...step, speakers: expand(step.speakers) } : step,
      ),
    })),
    programmes: file.programmes.map((programme) => ({ ...programme, speakers: expand(programme.speakers) })),
    broadcasts: {
      ...file.broadcasts,
      quietHours: windows(file.broadcasts.quietHours),
      loudest: windows(file.broadcasts.loudest),
    },
  };
}

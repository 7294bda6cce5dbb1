import type {
  LeftOutChange,
  SetUpEntry,
  SetUpList,
  SetUpPlace,
  SetUpView,
  WrittenEntry,
} from "../../../core/set-up.ts";
import { textOf } from "./event-data.ts";

// What was changed of the configuration on the page.

export interface ChangedEntry extends SetUpPlace {
  /** As the village calls it, or its id. */
  readonly name: string;
  readonly by: string;
  readonly at: string;
  readonly how: "changed" | "added" | "removed";
}

export function entryName({
  id,
  entry,
}: {
  readonly id: string;
  readonly entry: WrittenEntry | null;
}): string {
  return textOf(entry?.["name"]) || id;
}

/** What acts, the newest first. */
export function changedEntries({ entries }: Pick<SetUpView, "entries">): readonly ChangedEntry[] {
  return entries
    .flatMap((one) => {
      const { list, id, camera, origin, by = "", at = "" } = one;
      if (origin === "file") return [];
      return [
        { list, id, ...(camera !== undefined && { camera }), name: entryName(one), by, at, how: origin },
      ];
    })
    .sort(newestFirst);
}

/** The last change that is known of, whoever made it; none where it was put back, or nobody made any. */
export function latestChange({
  entries,
  leftOut,
}: Pick<SetUpView, "entries" | "leftOut">): SetUpEntry | LeftOutChange | undefined {
  const made = [...entries.filter(({ at }) => at !== undefined), ...leftOut];
  return made.sort((one, other) => newestFirst({ at: one.at ?? "" }, { at: other.at ?? "" }))[0];
}

function newestFirst(one: { readonly at: string }, other: { readonly at: string }): number {
  return other.at.localeCompare(one.at);
}

/** Of what the gateway did not start with: where nothing acts that putting back would take with it. */
export function forgettable({
  entries,
  leftOut,
}: Pick<SetUpView, "entries" | "leftOut">): readonly SetUpPlace[] {
  return leftOut.filter(
    ({ why, list, id, camera }) =>
      why === "not-started" &&
      !entries.some(
        (one) => one.origin !== "file" && one.list === list && one.id === id && one.camera === camera,
      ),
  );
}

/** What the text for the file says beside the entries; each one line. */
export interface YamlWords {
  readonly head: string;
  readonly removed: (list: SetUpList, id: string) => string;
  readonly secrets: (names: string) => string;
}

const PLAIN_LISTS = ["sensors", "speakers", "upstreams", "rules"] as const;

/**
 * All that acts, as text for the configuration file: each entry on one line, as JSON, which is YAML too. Secrets stand there by
 * their names only.
 */
export function changedYaml({ entries }: Pick<SetUpView, "entries">, words: YamlWords): string {
  const kept = entries.filter(({ origin }) => origin === "changed" || origin === "added");
  const lists = PLAIN_LISTS.flatMap((list) => {
    const own = kept.filter((one) => one.list === list);
    return own.length === 0 ? [] : [`${list}:`, ...own.map(({ entry }) => `  - ${flow(entry)}`)];
  });
  const zones = kept.filter(({ list }) => list === "zones");
  const cameras = [...new Set(zones.map(({ camera = "" }) => camera))].flatMap((camera) => [
    `  - id: ${flow(camera)}`,
    "    zones:",
    ...zones.filter((one) => one.camera === camera).map(({ entry }) => `      - ${flow(entry)}`),
  ]);
  const names = [...new Set(kept.flatMap(({ entry }) => secretNames(entry)))];
  const removed = entries.filter(({ origin }) => origin === "removed");
  return [
    `# ${words.head}`,
    ...(names.length > 0 ? [`# ${words.secrets(names.join(" "))}`] : []),
    ...removed.map(({ list, id }) => `# ${words.removed(list, id)}`),
    ...lists,
    ...(cameras.length > 0 ? ["cameras:", ...cameras] : []),
    "",
  ].join("\n");
}

/** JSON with room between its parts, and without what YAML does not print as itself. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const parts = Object.entries(value).map(([key, one]) => `${flow(key)}: ${flow(one)}`);
    return `{${parts.join(", ")}}`;
  }
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function secretNames(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  const own = textOf((value as { readonly secret?: unknown }).secret);
  return [...(own ? [own] : []), ...Object.values(value).flatMap(secretNames)];
}

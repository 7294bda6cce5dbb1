import { readFile, stat } from "node:fs/promises";
import { dirname, resolve as resolvePath } from "node:path";
import { z } from "zod";
import { CLIP_CAMERA, CLIP_ZONE, type LabelledClip, type Span } from "../core/clip.ts";
import { errorCode } from "../core/errors.ts";
import type { Polygon } from "../core/geometry.ts";
import type { Rule } from "../core/site.ts";
import { resolveRule } from "./configuration.ts";
import { words } from "./fields.ts";
import type { Problem } from "./problems.ts";
import { rule } from "./rules.ts";
import { issueProblems } from "./schema-problems.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";
import { polygon } from "./zones.ts";

/** A thousand clips with a hundred spans each are a tenth of it. */
const MAX_FILE_BYTES = 16_000_000;
const WHOLE_PICTURE: Polygon = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

const spanExpected = "[from, to] in seconds from the clip's start, from before to";
const span = z
  .tuple([z.number(spanExpected).min(0, spanExpected), z.number(spanExpected)], spanExpected)
  .refine(([from, to]) => from < to, spanExpected);

const spans = z.array(span, "a list of [from, to] in seconds").refine(areApart, {
  error: "spans in order that do not overlap",
});

// What else people note beside a clip (its source, its licence) is theirs.
const clip = z.object({
  file: words(1000, "the name of a video file"),
  zone: polygon.default([...WHOLE_PICTURE.map(([x, y]): [number, number] => [x, y])]),
  people: spans,
  ignore: spans.default([]),
  hard: z.boolean("true or false").default(false),
  rule: z
    .preprocess(ofThisClip, rule.refine(watchesPeople, "a rule that watches people in one zone"))
    .optional(),
});

const labels = z.object({ clips: z.array(clip, "a list of clips").min(1, "at least one clip") });

export type LabelsResult =
  | { readonly ok: true; readonly clips: readonly LabelledClip[] }
  | { readonly ok: false; readonly isMissing: boolean; readonly problems: readonly Problem[] };

/** Reads the labels of clips, whose names count from the file's own folder, and reports everything that is wrong at once. */
export async function readLabels(file: string): Promise<LabelsResult> {
  const fail = (expected: string, line?: number, isMissing = false): LabelsResult => {
    return { ok: false, isMissing, problems: [{ file, line, path: "", expected }] };
  };
  let text: string;
  try {
    const found = await stat(file);
    if (!found.isFile()) return fail("a file, not a folder or device");
    if (found.size > MAX_FILE_BYTES) return fail(`a file of at most ${MAX_FILE_BYTES} bytes`);
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return fail("a file that exists", undefined, true);
    return fail(`a file that can be read (${code})`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Its own parser tells no line of a short text.
    const yaml = await readYaml(file);
    return fail("JSON that can be read", yaml.ok ? undefined : yaml.problems[0]?.line);
  }
  const parsed = labels.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    const places = await placesIn(file, value);
    return {
      ok: false,
      isMissing: false,
      problems: parsed.error.issues.flatMap((issue) => issueProblems(places, issue)),
    };
  }
  const folder = dirname(file);
  const clips = parsed.data.clips.map(({ rule: ruleOfClip, ...rest }): LabelledClip => {
    const resolved: Rule | undefined = ruleOfClip && resolveRule(ruleOfClip);
    return { ...rest, path: resolvePath(folder, rest.file), rule: resolved };
  });
  return { ok: true, clips };
}

/** JSON is YAML, whose parser knows lines; where it is not to be had so, places go without. */
async function placesIn(file: string, value: unknown): Promise<YamlFile> {
  const yaml = await readYaml(file);
  return yaml.ok ? yaml : { ok: true, file, value, lineOf: () => undefined };
}

function areApart(list: readonly Span[]): boolean {
  return list.every(([from], index) => index === 0 || from >= (list[index - 1]?.[1] ?? 0));
}

function watchesPeople({ when }: z.output<typeof rule>): boolean {
  return when.kind === "person" || when.kind === "group" || when.kind === "vanished";
}

/**
 * A rule as the configuration has it, but of this clip: its camera and zone are the clip's, whatever the rule calls
 * them, and it raises an alarm, whatever else it does. `{dwellSeconds: 10}` stands for a person who stays so long.
 */
function ofThisClip(value: unknown): unknown {
  if (!isMapping(value)) return value;
  const { dwellSeconds, person, ...rest } = value;
  const stays = { ...(isMapping(person) ? person : {}), ...(dwellSeconds !== undefined && { dwellSeconds }) };
  const when = rest["when"] ?? { person: stays };
  const actions = Array.isArray(rest["then"]) ? rest["then"] : [];
  const raises = actions.some((action) => isMapping(action) && "alarm" in action);
  return {
    id: "clip",
    ...rest,
    when: isMapping(when) ? Object.fromEntries(Object.entries(when).map(ofThisCamera)) : when,
    // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
    then: raises ? actions : [...actions, { alarm: { severity: "warning" } }],
  };
}

function ofThisCamera([kind, about]: [string, unknown]): [string, unknown] {
  if (!isMapping(about)) return [kind, about];
  return [
    kind,
    {
      ...about,
      ...((kind === "person" || "camera" in about) && { camera: CLIP_CAMERA }),
      ...((kind === "person" || "zone" in about) && { zone: CLIP_ZONE }),
    },
  ];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

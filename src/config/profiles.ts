import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { errorCode } from "../core/errors.ts";
import type {
  AmplifierProfile,
  BoardProfile,
  CameraProfile,
  ProfileCatalogue,
  RelayProfile,
  SensorProfile,
  VoiceModuleProfile,
} from "../core/profiles.ts";
import { amplifier, base, baudRate, hex, relay, voiceModule } from "./output-profiles.ts";
import { formatPath, type Problem, showValue } from "./problems.ts";

const registerAddress = z.int().min(0).max(65_535);

const board = z.strictObject({
  ...base,
  gpio: z.strictObject({ chip: z.string().min(1), lines: z.array(z.int().min(0).max(1023)).min(1) }),
});

const sensor = z
  .strictObject({
    ...base,
    baudRate,
    functionCode: z.union([z.literal(3), z.literal(4)]),
    register: registerAddress,
    type: z.enum(["int16", "uint16", "int32", "uint32", "float32"]),
    wordOrder: z.enum(["high-first", "low-first"]).default("high-first"),
    decimals: z.int().min(0).max(6).default(0),
    decimalsRegister: registerAddress.optional(),
    unitRegister: z
      .strictObject({
        register: registerAddress,
        factors: z.record(z.string().regex(/^\d+$/, "a unit code"), z.number().positive()),
      })
      .optional(),
    statusRegister: z
      .strictObject({ register: registerAddress, min: registerAddress, max: registerAddress })
      .optional(),
    scale: z
      .number()
      .refine((scale) => scale !== 0, "any number but 0")
      .default(1),
    offset: z.number().default(0),
    unit: z.string().min(1).max(12),
    invalid: z.array(z.int().min(0).max(0xffff_ffff)).default([]),
    min: z.number(),
    max: z.number(),
    accumulates: z
      .strictObject({
        since: z.enum(["power-up", "midnight", "ever"]),
        wrapsAt: z.number().positive().optional(),
      })
      .optional(),
    contiguousReads: z.boolean().default(true),
    examples: z
      .array(
        z.strictObject({
          exchanges: z.array(z.strictObject({ request: hex, reply: hex })).min(1),
          value: z.number().nullable(),
        }),
      )
      .min(1, "an example that a test can replay"),
  })
  .refine((profile) => profile.min < profile.max, { path: ["max"], error: "a number above min" })
  .refine(({ accumulates, unit }) => !accumulates || unit === "mm", {
    path: ["unit"],
    error: "mm: of what accumulates only rain has words on the page",
  })
  .refine(({ accumulates, min }) => !accumulates || min === 0, {
    path: ["min"],
    error: "0, where a counter that accumulates begins again",
  })
  .refine(({ accumulates, max }) => (accumulates?.wrapsAt ?? max) >= max, {
    path: ["accumulates", "wrapsAt"],
    error: "what would follow max, or more",
  });

const rtspPath = z.string().regex(/^\/\S*$/, "an RTSP path that begins with /");

const camera = z.strictObject({
  ...base,
  rtspPort: z.int().min(1).max(65_535).default(554),
  paths: z.array(z.strictObject({ pathMain: rtspPath, pathSub: rtspPath })).default([]),
});

export type ProfilesResult =
  | { readonly ok: true; readonly profiles: ProfileCatalogue }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads every profile below `folder` and reports everything that is wrong at once.
 * Never throws for what stands in the files, nor for a missing folder: that is a problem, too.
 */
export async function loadProfiles(folder: string = profilesFolder()): Promise<ProfilesResult> {
  const problems: Problem[] = [];

  async function load<T extends { readonly id: string }>(
    kind: string,
    schema: z.ZodType<T>,
  ): Promise<ReadonlyMap<string, T>> {
    const found = new Map<string, T>();
    for (const file of await yamlFiles(join(folder, kind))) {
      const profile = await readProfile(file, schema);
      if (Array.isArray(profile)) problems.push(...profile);
      else found.set(profile.id, profile);
    }
    if (found.size === 0 && problems.length === 0) {
      problems.push({
        file: join(folder, kind),
        path: "",
        expected: "a folder with at least one .yaml profile",
      });
    }
    return found;
  }

  const profiles: ProfileCatalogue = {
    boards: await load<BoardProfile>("boards", board),
    relays: await load<RelayProfile>("relays", relay),
    amplifiers: await load<AmplifierProfile>("amplifiers", amplifier),
    voiceModules: await load<VoiceModuleProfile>("voice-modules", voiceModule),
    sensors: await load<SensorProfile>("sensors", sensor),
    cameras: await load<CameraProfile>("cameras", camera),
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, profiles };
}

/** `hw/profiles` of this installation; the built code lies one folder deeper than the source. */
export function profilesFolder(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, "hw", "profiles");
    if (existsSync(candidate)) return candidate;
  }
  return join(start, "hw", "profiles");
}

async function yamlFiles(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith(".yaml"))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** The profile of a file, or what is wrong with it. */
async function readProfile<T extends { readonly id: string }>(
  file: string,
  schema: z.ZodType<T>,
): Promise<T | Problem[]> {
  const lines = new LineCounter();
  const document = parseDocument(await readFile(file, "utf8"), { lineCounter: lines });
  if (document.errors.length > 0) {
    return document.errors.map(({ pos: [at], message }) => ({
      file,
      line: lines.linePos(at).line,
      path: "",
      expected: `YAML (${message.split("\n", 1)[0]})`,
    }));
  }
  const problemAt = (path: readonly PropertyKey[], expected: string): Problem => {
    const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
    const at = (node as { range?: [number] } | undefined)?.range?.[0];
    return {
      file,
      ...(at === undefined ? {} : { line: lines.linePos(at).line }),
      path: formatPath(path),
      value: path.length === 0 ? undefined : showValue(path, document.getIn(path)),
      expected,
    };
  };

  const parsed = schema.safeParse(document.toJS());
  if (!parsed.success) return parsed.error.issues.flatMap((issue) => describe(issue, problemAt));
  const name = basename(file, ".yaml");
  return parsed.data.id === name ? parsed.data : [problemAt(["id"], `${name}, as the file is called`)];
}

function describe(
  issue: z.core.$ZodIssue,
  problemAt: (path: readonly PropertyKey[], expected: string) => Problem,
): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => problemAt([...issue.path, key], "no such key here"));
  }
  return [problemAt(issue.path, issue.message)];
}

// npm run scenes -- --minutes 60: renders the places with everything that must raise no alarm and with real people who
// must, puts `cunshao evaluate` to it and prints a table: false alarms by the hour for each condition, people found and
// how late for each size. --json prints one JSON object on stdout instead; --keep FOLDER leaves clips and labels there.
import { parseArgs } from "node:util";
import { CONDITIONS } from "../../hw/virtual/scene/trials/conditions.ts";
import { peopleObstacle, realPeople } from "./people.ts";
import { figuresOf, TABLE_HEAD, tableLine } from "./trial-table.ts";
import { type TriedClip, tryCondition } from "./try-condition.ts";

const EXIT_USAGE = 64;
const USAGE =
  "usage: npm run scenes -- [--minutes N] [--walks N] [--seed N] [--condition NAME] [--detector people|movement|FILE.onnx] [--keep FOLDER] [--json]";

function optionsOf(words: readonly string[]) {
  const { values } = parseArgs({
    args: [...words],
    options: {
      minutes: { type: "string", default: "60" },
      walks: { type: "string", default: "1" },
      seed: { type: "string", default: "1" },
      condition: { type: "string" },
      detector: { type: "string", default: "people" },
      keep: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [minutes, walks, seed] = [values.minutes, values.walks, values.seed].map(Number);
  const conditions = CONDITIONS.filter(
    ({ name }) => values.condition === undefined || name === values.condition,
  );
  if (conditions.length === 0)
    throw new Error(`conditions are ${CONDITIONS.map(({ name }) => name).join(", ")}`);
  if (minutes === undefined || !(minutes >= 0 && minutes <= 10_000))
    throw new Error("minutes: from 0 to 10000");
  if (walks === undefined || !(Number.isInteger(walks) && walks >= 0))
    throw new Error("walks: a whole number");
  if (seed === undefined || !Number.isInteger(seed)) throw new Error("seed: a whole number");
  const { keep, json, detector } = values;
  return { minutes, walks, seed, conditions, keep, json, detector };
}

async function run({
  minutes,
  walks,
  seed,
  conditions,
  keep,
  json,
  detector: wanted,
}: ReturnType<typeof optionsOf>) {
  const print = json ? () => {} : (line: string) => void process.stdout.write(`${line}\n`);
  const obstacle = peopleObstacle();
  if (obstacle) process.stderr.write(`no people in these scenes: ${obstacle}\n`);
  const people = obstacle || walks === 0 ? [] : await realPeople();
  const all: TriedClip[] = [];
  const byCondition: Record<string, object> = {};
  let detector = "";
  print(TABLE_HEAD);
  for (const condition of conditions) {
    const emptySeconds = (minutes * 60) / conditions.length;
    const trial = await tryCondition({
      seed,
      condition,
      emptySeconds,
      walks,
      people,
      keep,
      detector: wanted,
    });
    detector = trial.detector;
    all.push(...trial.clips);
    byCondition[condition.name] = figuresOf(trial.clips);
    print(tableLine(condition.name, trial.clips));
  }
  print(`${tableLine("all", all)}\ndetector: ${detector}`);
  const bySize = Object.fromEntries(
    ["near", "mid", "far"].map((size) => [size, figuresOf(all.filter((clip) => clip.size === size))]),
  );
  if (json) process.stdout.write(`${JSON.stringify({ detector, ...figuresOf(all), bySize, byCondition })}\n`);
}

let options: ReturnType<typeof optionsOf> | undefined;
try {
  options = optionsOf(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = EXIT_USAGE;
}
if (options) await run(options);

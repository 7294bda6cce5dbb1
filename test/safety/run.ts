// npm run safety -- --rounds 50: a whole gateway and its guard on virtual horns, broken in the middle of a broadcast in each
// way so many times. Its last line is a JSON object; the exit code is 0 only if outputs were safe within 5 s each time and
// the next broadcast was heard. `--lanes 3` runs three such villages side by side.
import { parseArgs } from "node:util";
import { percentiles } from "../bench/percentiles.ts";
import { startHornRig } from "../support/horn-rig.ts";
import { breakOnce, FAULTS, type Fault, SAFE_WITHIN_MS } from "./trials.ts";

const EXIT_USAGE = 64;
const NAMES = Object.keys(FAULTS) as Fault[];

interface Course {
  readonly tookMs: Map<Fault, number[]>;
  readonly failures: string[];
}

/** One village, broken again and again until `takeRound` gives no more. */
async function runLane({ tookMs, failures }: Course, takeRound: () => number | undefined): Promise<void> {
  const rig = await startHornRig();
  try {
    rig.startGuard();
    rig.startGateway();
    for (let round = takeRound(); round !== undefined; round = takeRound()) {
      for (const fault of NAMES) {
        try {
          tookMs.get(fault)?.push(await breakOnce(rig, fault));
        } catch (error) {
          failures.push(`${fault}, round ${round}: ${String(error)}`);
          process.stderr.write(`${failures.at(-1)}\n`);
        }
      }
      process.stderr.write(`round ${round}\n`);
    }
  } finally {
    await rig.stop();
  }
}

async function run(rounds: number, lanes: number): Promise<void> {
  const course: Course = { tookMs: new Map(NAMES.map((fault) => [fault, []])), failures: [] };
  let given = 0;
  const takeRound = (): number | undefined => (given < rounds ? ++given : undefined);
  await Promise.all(Array.from({ length: lanes }, () => runLane(course, takeRound)));
  const safeMs: Record<string, object> = {};
  for (const [fault, times] of course.tookMs) {
    const max = Math.round(Math.max(0, ...times));
    safeMs[fault] = { rounds: times.length, ...percentiles(times), max };
    if (max > SAFE_WITHIN_MS) course.failures.push(`${fault}: safe only after ${max} ms`);
  }
  process.stdout.write(`${JSON.stringify({ rounds, lanes, safeMs, failures: course.failures })}\n`);
  process.exitCode = course.failures.length > 0 ? 1 : 0;
}

function wanted(): { readonly rounds: number; readonly lanes: number } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: "string", default: "50" },
        lanes: { type: "string", default: "1" },
        json: { type: "boolean" },
      },
    });
    const [rounds, lanes] = [Number(values.rounds), Number(values.lanes)];
    const isWhole = [rounds, lanes].every((count) => Number.isInteger(count) && count >= 1);
    return isWhole && rounds <= 10_000 && lanes <= 8 ? { rounds, lanes } : undefined;
  } catch {
    return undefined;
  }
}

const words = wanted();
if (words) await run(words.rounds, words.lanes);
else {
  process.stderr.write("usage: npm run safety -- [--rounds N] [--lanes N], up to 10000 and 8\n");
  process.exitCode = EXIT_USAGE;
}

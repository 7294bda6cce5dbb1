// npm run broadcasts -- --count 2000 [--lanes N] [--seed N [--path P]]: random broadcasts from every source on a running village with five
// kinds of speakers, judged by the journals of its virtual devices. Its last line is a JSON object; the exit code is 0 only if
// every law held. A failure names the seed and the path that give the same story again.
import { parseArgs } from "node:util";
import { type BroadcastsWanted, runBroadcasts } from "./broadcasts.ts";

const EXIT_USAGE = 64;
const MOST = 100_000;
const MOST_LANES = 8;

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

function wanted(): BroadcastsWanted | undefined {
  try {
    const { values } = parseArgs({
      options: {
        count: { type: "string", default: "2000" },
        seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
        path: { type: "string" },
        lanes: { type: "string", default: "1" },
        json: { type: "boolean" },
      },
    });
    const [count, lanes, seed] = [Number(values.count), Number(values.lanes), Number(values.seed)];
    const isRight = isCount(count, MOST) && isCount(lanes, MOST_LANES) && Number.isInteger(seed);
    // One story again is one village.
    return isRight ? { count, seed, path: values.path, lanes: values.path ? 1 : lanes } : undefined;
  } catch {
    return undefined;
  }
}

const words = wanted();
if (words) {
  const result = await runBroadcasts(words, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = result.failures.length > 0 ? 1 : 0;
} else {
  process.stderr.write("usage: npm run broadcasts -- [--count N] [--lanes N] [--seed N [--path P]]\n");
  process.exitCode = EXIT_USAGE;
}

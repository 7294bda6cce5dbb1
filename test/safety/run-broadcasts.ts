// npm run broadcasts -- --count 2000 [--seed N [--path P]]: random broadcasts from every source on a running village with five
// kinds of speakers, judged by the journals of its virtual devices. Its last line is a JSON object; the exit code is 0 only if
// every law held. A failure names the seed and the path that give the same story again.
import { parseArgs } from "node:util";
import { type BroadcastsWanted, runBroadcasts } from "./broadcasts.ts";

const EXIT_USAGE = 64;
const MOST = 100_000;

function wanted(): BroadcastsWanted | undefined {
  try {
    const { values } = parseArgs({
      options: {
        count: { type: "string", default: "2000" },
        seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
        path: { type: "string" },
        json: { type: "boolean" },
      },
    });
    const [count, seed] = [Number(values.count), Number(values.seed)];
    const isRight = Number.isInteger(count) && count >= 1 && count <= MOST && Number.isInteger(seed);
    return isRight ? { count, seed, path: values.path } : undefined;
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
  process.stderr.write("usage: npm run broadcasts -- [--count N] [--seed N [--path P]]\n");
  process.exitCode = EXIT_USAGE;
}

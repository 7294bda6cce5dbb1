// npm run soak -- --minutes 30: a whole gateway beside cameras that reboot, say nothing, send garbage or are not there.
// Its last line is a JSON object; the exit code is 0 only if everything held.
import { soak } from "./soak.ts";

const DEFAULT_MINUTES = 30;
const EXIT_USAGE = 64;

const words = process.argv.slice(2).filter((word) => word !== "--json");
const minutes =
  words.length === 0 ? DEFAULT_MINUTES : Number(words[0] === "--minutes" ? words[1] : Number.NaN);
if (minutes >= 1 && minutes <= 10_000) {
  const result = await soak(minutes, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = result.failures.length > 0 ? 1 : 0;
} else {
  process.stderr.write("usage: npm run soak -- [--minutes N], N from 1 to 10000\n");
  process.exitCode = EXIT_USAGE;
}

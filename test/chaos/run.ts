// npm run chaos -- --rounds 300: a whole gateway with people who call for help, water that rises before a camera, and three
// receivers, while one thing after the other is broken. Its last line is a JSON object; the exit code is 0 only if no alarm, and
// no picture or clip of one, that the box told of was lost or came twice, and every chain was whole after each round.
// `--break fibreDrops` (again and again) breaks only that.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BREAK_NAMES, type BreakName } from "./breaks.ts";
import { type ChaosWanted, runChaos } from "./chaos.ts";
import { AMONG_ITSELF, chaosMissing, isAmongItself } from "./namespaces.ts";

const EXIT_USAGE = 64;
const EXIT_UNAVAILABLE = 69;

function wanted(): ChaosWanted | undefined {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: "string", default: "300" },
        seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
        break: { type: "string", multiple: true },
        json: { type: "boolean" },
      },
    });
    const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
    const breaks = values.break as BreakName[] | undefined;
    const isKnown = breaks?.every((name) => BREAK_NAMES.includes(name)) ?? true;
    const isWhole = [rounds, seed].every((count) => Number.isSafeInteger(count) && count >= 0);
    return isKnown && isWhole && rounds >= 1 && rounds <= 100_000 ? { rounds, seed, breaks } : undefined;
  } catch {
    return undefined;
  }
}

async function main(): Promise<number> {
  const words = wanted();
  if (!words) {
    process.stderr.write(
      `usage: npm run chaos -- [--rounds N] [--seed S] [--break ${BREAK_NAMES.join("|")}]...\n`,
    );
    return EXIT_USAGE;
  }
  if (!isAmongItself()) {
    const missing = chaosMissing();
    if (missing) {
      process.stderr.write(`chaos: ${missing}\n`);
      return EXIT_UNAVAILABLE;
    }
    const [command = "", ...rest] = AMONG_ITSELF;
    const again = [...rest, process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    return spawnSync(command, again, { stdio: "inherit" }).status ?? 1;
  }
  const result = await runChaos(words, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return result.failures.length > 0 ? 1 : 0;
}

process.exitCode = await main();

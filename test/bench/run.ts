// npm run bench -- NAME --json: measures one thing and prints one JSON object on stdout, everything else on stderr.
// Benches start what they compare with and install nothing: what is missing is named, and the exit code is 69.
import { constants } from "node:os";
import { setup as takeOwnTemporaryFolder } from "../support/own-temporary-folder.ts";
import { measureCameras } from "./cameras.ts";
import { measureCounty } from "./county.ts";
import { measureDesk } from "./desk.ts";
import { measureDrain } from "./drain.ts";
import { measureFinding } from "./finding.ts";
import { measureFleet } from "./fleet.ts";
import { measureLedger } from "./ledger.ts";
import { measureLive } from "./live.ts";
import { measureLooks } from "./looks.ts";
import { MissingPart } from "./missing-part.ts";
import { measureMonth } from "./month.ts";
import { measureOutage } from "./outage.ts";
import { measurePages } from "./pages.ts";
import { measureSound } from "./sound.ts";
import { measureStart } from "./start.ts";
import { measureTimeline } from "./timeline.ts";
import { measureTrial } from "./trial.ts";

const BENCHES: Readonly<Record<string, () => Promise<object>>> = {
  cameras: measureCameras,
  desk: measureDesk,
  county: measureCounty,
  drain: measureDrain,
  ledger: measureLedger,
  live: measureLive,
  finding: measureFinding,
  fleet: measureFleet,
  looks: measureLooks,
  month: measureMonth,
  outage: measureOutage,
  pages: measurePages,
  sound: measureSound,
  start: measureStart,
  timeline: measureTimeline,
  trial: measureTrial,
};
const EXIT_USAGE = 64;
const EXIT_UNAVAILABLE = 69;
/** As a shell tells of what a signal has ended. */
const EXIT_SIGNALLED = 128;

takeOwnTemporaryFolder();
// In order, as at the end: what stands in the folder, and cameras in groups of their own, go with this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(EXIT_SIGNALLED + constants.signals[signal]));
}

const [name = ""] = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const bench = BENCHES[name];
if (bench) {
  try {
    process.stdout.write(`${JSON.stringify(await bench())}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof MissingPart ? EXIT_UNAVAILABLE : 1;
  }
} else {
  process.stderr.write(`usage: npm run bench -- ${Object.keys(BENCHES).join("|")} --json\n`);
  process.exitCode = EXIT_USAGE;
}

#!/usr/bin/env node
// The `cunshao` command. It parses words and hands over; errors go to stderr, exit codes are those of sysexits(3).
import { Command } from "commander";
import { pino } from "pino";
import { certificateFault } from "./config/certificate-files.ts";
import { modelFault } from "./config/detector.ts";
import {
  DEFAULT_CONFIG_FILE,
  DEFAULT_DATA_FOLDER,
  type Environment,
  readEnvironment,
  runtimeFolderOf,
} from "./config/environment.ts";
import { readMapTiles } from "./config/map-tiles.ts";
import { formatProblem } from "./config/problems.ts";
import { siteFileJsonSchema } from "./config/schema.ts";
import { voiceProgramFault } from "./config/speech.ts";
import { storageFault } from "./config/storage-fit.ts";
import type { DetectorSetting, ModelTrial } from "./core/detector.ts";
import type { VoiceProgram } from "./core/devices.ts";
import { silentLogger } from "./core/log.ts";
import { systemClock } from "./core/time.ts";
import type { CountyOptions } from "./county.ts";
import { createSysfsGpio } from "./drivers/gpio/sysfs-gpio.ts";
import { createOwnPrograms } from "./drivers/node/own-program.ts";
import { createCameraDiscovery } from "./drivers/onvif/camera-control.ts";
import { createProcesses } from "./drivers/process/processes.ts";
import { LABELS_HELP, runEvaluation } from "./evaluation.ts";
import { isGuardActing, whoRuns } from "./guard/heart.ts";
import { readPlan, signsIn } from "./guard/signs.ts";
import {
  complain,
  EXIT,
  exitCodeOf,
  loadAll,
  modelsFolder,
  packageVersion,
  printProblems,
  runGateway,
  soundsFolder,
} from "./main.ts";
import { examine } from "./provision/doctor.ts";
import { foundCamerasText } from "./provision/found-cameras.ts";
import { type PullOptions, pullBoxes } from "./pull-boxes.ts";
import { resetPassword } from "./reset-password.ts";
import { carryOut, safePlan } from "./safe-plan.ts";
import { verificationText, verifyEvents } from "./verify-events.ts";
import { tryModel } from "./vision/people/model-trial.ts";
import { defaultModel, openPersonModel } from "./vision/people/people.ts";
import {
  examineRecordings,
  tryVoiceProgram,
  type VoiceExamination,
  type VoiceTrial,
} from "./voice-examination.ts";

/** Longer than the guard takes where devices answer. */
const GUARD_WAIT_MS = 3000;
const GUARD_POLL_MS = 50;

const configFile = ({ configFile: file = DEFAULT_CONFIG_FILE }: Environment): string => file;

function loadConfigured(environment: Environment) {
  return loadAll(configFile(environment), environment.dataFolder ?? DEFAULT_DATA_FOLDER);
}

async function check(
  { dataFolder = DEFAULT_DATA_FOLDER }: Environment,
  file: string,
  options: { schema?: boolean },
): Promise<number> {
  if (options.schema) {
    process.stdout.write(`${JSON.stringify(siteFileJsonSchema(), null, 2)}\n`);
    return EXIT.ok;
  }
  const loaded = await loadAll(file, dataFolder);
  if (!loaded) return EXIT.config;
  const { detector, map, panel, speech } = loaded.configuration;
  const recordings = await examineRecordings(voiceExamination(), loaded.configuration);
  const faults = [
    await certificateFault(panel.tls, systemClock.now().wallMs),
    detector.kind === "people" && detector.model ? await modelFault(detector.model.file) : undefined,
    speech.program && (await voiceProgramFault(speech.program)),
    ...recordings.faults,
    (await readMapTiles(map.tiles)).fault,
    await storageFault(loaded.configuration, dataFolder),
  ].filter((fault) => fault !== undefined);
  if (faults.length > 0) {
    process.stderr.write(`${faults.join("\n")}\n${faults.length} problem(s)\n`);
    return EXIT.config;
  }
  const { file: ownModel } = defaultModel(modelsFolder());
  if (detector.kind === "people" && !detector.model && (await modelFault(ownModel)) !== undefined) {
    // Nothing is wrong with the configuration: the set-up had no network.
    process.stderr.write(`note: ${ownModel} is not there, so movement is found, not people; see README.md\n`);
  }
  for (const { change, problem } of loaded.leftOut) {
    const { list, id } = change;
    process.stderr.write(
      `note: ${list} ${id}, changed on the page, is left out: ${formatProblem(problem)}\n`,
    );
  }
  for (const note of recordings.notes) process.stderr.write(`note: ${note}\n`);
  process.stdout.write(`${file}: in order\n`);
  return EXIT.ok;
}

async function doctor(environment: Environment, options: { json?: boolean }): Promise<number> {
  const loaded = await loadConfigured(environment);
  if (!loaded) return EXIT.config;
  const findings = await examine({
    programPath: process.env["PATH"] ?? "",
    dataFolder: environment.dataFolder ?? DEFAULT_DATA_FOLDER,
    configuration: loaded.configuration,
    nowMs: systemClock.now().wallMs,
    runs: whoRuns(
      runtimeFolderOf(environment),
      createProcesses({ log: pino({ base: null }, pino.destination(2)) }),
    ),
    tryDetector: detectorTrial(loaded.configuration.detector),
    tryVoice: voiceTrial(loaded.configuration.speech.program),
    examineRecordings: () => examineRecordings(voiceExamination(), loaded.configuration),
  });
  const lines = findings.map(({ ok, what, detail }) => `${ok ? "ok   " : "FAULT"}  ${what}: ${detail}`);
  process.stdout.write(options.json ? `${JSON.stringify(findings)}\n` : `${lines.join("\n")}\n`);
  return findings.every(({ ok }) => ok) ? EXIT.ok : EXIT.unavailable;
}

/** Speaks with the site's own voice; undefined where it has none. */
function voiceTrial(program: VoiceProgram | undefined): (() => Promise<VoiceTrial>) | undefined {
  return program && (() => tryVoiceProgram(voiceExamination(), program));
}

function voiceExamination(): VoiceExamination {
  return { clock: systemClock, log: silentLogger, soundsFolder: soundsFolder() };
}

/** Looks with the configured model; undefined where there is none to look with. */
function detectorTrial(setting: DetectorSetting): (() => Promise<ModelTrial>) | undefined {
  const startProgram = createOwnPrograms({ log: pino({ base: null }, pino.destination(2)) });
  const model = openPersonModel({ clock: systemClock, startProgram }, setting, modelsFolder());
  return model && (() => tryModel(model, systemClock).finally(() => model.close()));
}

/** Switches every amplifier off; systemd calls it after the gateway has ended in whatever way. */
async function safe(environment: Environment): Promise<number> {
  const log = pino({ base: null });
  const clock = systemClock;
  const processes = createProcesses({ log });
  const deadlineMs = clock.now().monotonicMs + GUARD_WAIT_MS;
  // A guard that is at it has the ports.
  while (isGuardActing(runtimeFolderOf(environment), processes) && clock.now().monotonicMs < deadlineMs) {
    await clock.sleep(GUARD_POLL_MS);
  }
  const loaded = await loadConfigured(environment);
  const configured = loaded && safePlan(loaded.configuration, loaded.profiles);
  // What the last gateway drove may be wired otherwise by now, or the file not to be read.
  const left = readPlan(signsIn(runtimeFolderOf(environment)).plan);
  const means = { gpio: createSysfsGpio({ clock }), clock, random: Math.random, log };
  const unsafe = configured ? await carryOut(configured, means) : [];
  if (left) unsafe.push(...(await carryOut(left, means)));
  if (!loaded) return EXIT.config;
  return unsafe.length === 0 ? EXIT.ok : EXIT.unavailable;
}

/** Prints the cameras of the local network, ready to be copied into a configuration. */
async function discover(options: { seconds: string; json?: boolean }): Promise<number> {
  const waitMs = Math.min(15, Math.max(1, Number(options.seconds) || 4)) * 1000;
  const cameras = await createCameraDiscovery({ clock: systemClock }).search(waitMs);
  if (options.json) process.stdout.write(`${JSON.stringify(cameras)}\n`);
  else process.stdout.write(foundCamerasText(cameras));
  return cameras.length > 0 ? EXIT.ok : EXIT.unavailable;
}

async function reset(environment: Environment, username: string): Promise<number> {
  const loaded = await loadConfigured(environment);
  if (!loaded) return EXIT.config;
  const password = await resetPassword({
    dataFolder: environment.dataFolder ?? DEFAULT_DATA_FOLDER,
    siteId: loaded.configuration.site.id,
    username,
    random: Math.random,
    log: pino({ base: null }, pino.destination(2)),
  });
  process.stdout.write(`${username}  ${password}\n`);
  return EXIT.ok;
}

/** Puts the detection to labelled clips; a line a clip as each is done, because it may take minutes. */
async function evaluateClips(
  file: string,
  { json, detector }: { json?: boolean; detector: string },
): Promise<number> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const evaluation = await runEvaluation(file, {
    detector,
    modelsFolder: modelsFolder(),
    print: json ? undefined : print,
  });
  if (!evaluation.ok) {
    printProblems(evaluation.problems.map(formatProblem));
    return evaluation.isMissing ? EXIT.noInput : EXIT.data;
  }
  if (json) print(JSON.stringify(evaluation.result));
  return EXIT.ok;
}

interface VerifyWords {
  readonly json?: boolean;
  readonly evidence?: string;
  readonly box?: string;
}

/** Progress goes to stderr, what was found to stdout; 65 where something is not as it was written. */
async function verify(path: string, options: VerifyWords): Promise<number> {
  const found = await verifyEvents({
    path,
    box: options.box,
    evidenceFolder: options.evidence,
    clock: systemClock,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(options.json ? `${JSON.stringify(found)}\n` : verificationText(found));
  return found.intact ? EXIT.ok : EXIT.data;
}

async function virtualKit(environment: Environment): Promise<number> {
  // Only this command needs the kit, and a box in the field does not have it.
  const { runVirtualKit } = await import("../hw/virtual/kit/kit.ts");
  return runVirtualKit(environment);
}

const program = new Command("cunshao")
  .description("村哨 Cunshao: the edge gateway of a village monitoring kit")
  .version(packageVersion())
  .showHelpAfterError()
  // Commands inherit it. Help and version end well; whatever else ends here was called wrongly.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage));

/** Runs a command's work and leaves its exit code to the process. */
function exitWith(work: Promise<number>): Promise<void> {
  return work.then((code) => {
    process.exitCode = code;
  });
}
const environment = (): Environment => readEnvironment(process.env);

program
  .command("run")
  .description("run the gateway with the configuration in $CUNSHAO_CONFIG")
  // At once: what did not stop in time, or a port that is tried for ever, must not keep the process alive.
  .action(async () => process.exit(await runGateway({ environment: environment(), systemd: process.env })));
program
  .command("check")
  .argument("[file]", "configuration file; $CUNSHAO_CONFIG unless given")
  .option("--schema", "print the JSON schema of the file instead, for editors")
  .description("check a configuration and print every problem in it")
  .action((file: string | undefined, options: { schema?: boolean }) =>
    exitWith(check(environment(), file ?? configFile(environment()), options)),
  );
program
  .command("doctor")
  .option("--json", "for machines to read")
  .description("examine whether this machine has what the configuration needs")
  .action((options: { json?: boolean }) => exitWith(doctor(environment(), options)));
program
  .command("discover")
  .option("--seconds <n>", "how long to wait for answers, 1 to 15", "4")
  .option("--json", "for machines to read")
  .description("find the cameras of the local network by ONVIF")
  .action((options: { seconds: string; json?: boolean }) => exitWith(discover(options)));
program
  .command("evaluate")
  .argument("<labels>", "JSON file: clips, and when people are in each")
  .option("--json", "for machines to read")
  .option("--detector <which>", "people, movement, or an ONNX file that finds people", "people")
  .description("run detection and rules over labelled clips: recall, false alarms, latency")
  .addHelpText("after", LABELS_HELP)
  .action((file: string, options: { json?: boolean; detector: string }) =>
    exitWith(evaluateClips(file, options)),
  );
program
  .command("safe")
  .description("switch every amplifier off, while no gateway runs")
  .action(() => exitWith(safe(environment())));
program
  .command("guard")
  .description(
    "watch the gateway from outside and switch outputs off when it is lost; as dist/src/guard.js it is smaller",
  )
  .action(async () => {
    const { runGuard } = await import("./guard-run.ts");
    process.exit(await runGuard({ environment: environment(), systemd: process.env }));
  });
program
  .command("accounts")
  .description("accounts of the page, at the box itself")
  .command("reset-password")
  .argument("<name>", "the account, e.g. admin")
  .description("give an account a new password and print it, while no gateway runs")
  .action((name: string) => exitWith(reset(environment(), name)));
program
  .command("pull")
  .argument("[boxes]", "YAML or JSON file: {boxes: [{id, url, token: {secret}, ca, fingerprint}]}")
  .option("--url <address>", "one box instead of a file")
  .option("--token-file <file>", "of that one box; else $CUNSHAO_TOKEN")
  .option("--ca <file>", "PEM of the authority that vouches for that one box")
  .option("--fingerprint <sha256>", "of that one box's own certificate")
  .option("--out <folder>", "where to keep what is pulled", "pulled")
  .option(
    "--format <kind>",
    "ndjson: an event a line; sqlite: pulled.sqlite for all boxes; postgres: --database",
    "ndjson",
  )
  .option(
    "--database <address>",
    "of PostgreSQL, postgres://user@host/database; the password: $PGPASSWORD, ~/.pgpass",
  )
  .option("--name <cursor>", "this puller's name at the boxes", "township")
  .option("--take-over", "take the name from another copy that uses it")
  .option("--no-evidence", "leave pictures and clips at the boxes")
  .option("--follow", "go on for ever as events come")
  .option("--status", "only say which box is behind, and by how much")
  .option("--at-once <n>", "from how many boxes to transfer at the same time", "16")
  .option("--tries <n>", "how often to try a box that does not answer", "5")
  .option("--json", "for machines to read, at the end")
  .description("fetch the events and files of many boxes; run again, it goes on where it was")
  .action(async (file: string | undefined, options: PullOptions) => {
    const ending = new AbortController();
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => ending.abort());
    const token = process.env["CUNSHAO_TOKEN"];
    const endings = { codes: EXIT, codeOf: exitCodeOf, printProblems };
    await exitWith(
      pullBoxes(file, options, {
        clock: systemClock,
        signal: ending.signal,
        token,
        endings,
        random: Math.random,
      }),
    );
  });
program
  .command("township")
  .argument("<file>", "YAML file: {desk, panel, data, boxes: [{id, name, reach, token: {secret}}]}")
  .option("--check", "only say whether the file is in order")
  .description("run the desk of a township over many boxes: their alarms, pictures and horns on one page")
  .action(async (file: string, options: { check?: boolean }) => {
    const { runTownship } = await import("./township.ts");
    const code = await runTownship(file, {
      isCheck: options.check ?? false,
      programPath: process.env["PATH"] ?? "",
      environment: environment(),
    });
    // What did not stop in time must not keep the process alive.
    process.exit(code);
  });
program
  .command("county")
  .argument("<file>", "YAML file: {county, brokers, database, listen, townships: [{id, name, villages}]}")
  .option("--check", "only say whether the file is in order")
  .option("--figures", "only say how the boxes are: who is away, what waits, which alarms are open")
  .option("--json", "figures for machines to read")
  .option("--reader <name>", "of this reader where several share the work; the machine's name unless given")
  .description("keep what the boxes of a county publish at its brokers in PostgreSQL, and tell how they are")
  .action(async (file: string, options: CountyOptions) => {
    const { runCounty } = await import("./county.ts");
    const work = runCounty(file, { ...options, environment: environment() });
    // Figures of a whole county are longer than a pipe takes at once; what runs must not be kept alive by what did not stop in time.
    if (options.figures) await exitWith(work);
    else process.exit(await work);
  });
program
  .command("events")
  .description("the ledger of this box, and copies of it")
  .command("verify")
  .argument(
    "[path]",
    "a data folder, pulled.sqlite, a file with an event a line, or postgres://user@host/database (the password: $PGPASSWORD, ~/.pgpass); $CUNSHAO_DATA unless given",
  )
  .option("--box <id>", "of PostgreSQL: one box")
  .option("--evidence <folder>", "of a copy: where its files stand, each named by its SHA-256")
  .option("--json", "for machines to read")
  .description(
    "check that no event and no file of evidence is missing or changed, also while the gateway runs",
  )
  .action((path: string | undefined, options: VerifyWords) =>
    exitWith(verify(path ?? environment().dataFolder ?? DEFAULT_DATA_FOLDER, options)),
  );
program
  .command("virtual-kit")
  .description("run a whole village on this machine, for trying things out")
  .action(() => exitWith(virtualKit(environment())));

program.parseAsync().catch((error: unknown) => {
  complain(error);
  process.exitCode = exitCodeOf(error);
});

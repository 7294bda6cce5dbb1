// provision/: what technicians need to set a box up and to trust it. It may import core/ and config/.
import { constants } from "node:fs";
import { access, mkdir, readdir, readFile, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { certificateFault } from "../config/certificate-files.ts";
import type { Configuration } from "../config/configuration.ts";
import { findProgram } from "../config/installed-program.ts";
import { readMapTiles } from "../config/map-tiles.ts";
import { voiceProgramFault } from "../config/speech.ts";
import type { ModelTrial } from "../core/detector.ts";
import type { VoiceProgram } from "../core/devices.ts";
import { errorCode, errorMessage } from "../core/errors.ts";
import { daysHeld, estimatedDemands, reserveBytes, roundDays } from "../core/storage-outlook.ts";

/** One thing looked at on this machine. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What was found, and when not ok what to do. */
  readonly detail: string;
}

export interface DoctorOptions {
  /** Folders of programs, as in PATH. */
  readonly programPath: string;
  readonly dataFolder: string;
  readonly configuration: Configuration;
  /** By the machine's clock: whether a certificate is still good. */
  readonly nowMs: number;
  readonly sysfsRoot?: string;
  /** Whether a gateway and its guard run on this machine now. */
  readonly runs?: { readonly gateway: boolean; readonly guard: boolean };
  /** Looks with the configured model on this machine; undefined where the site wants movement only. */
  readonly tryDetector?: (() => Promise<ModelTrial>) | undefined;
  /** Has the site's own voice speak; undefined where it has none. */
  readonly tryVoice?: (() => Promise<VoiceTrial>) | undefined;
  /** Tries the recordings that the configuration puts in place of words; a line for each fault. */
  readonly examineRecordings?: (() => Promise<RecordingFindings>) | undefined;
}

interface VoiceTrial {
  readonly spokenMs: number;
  readonly tookMs: number;
}

interface RecordingFindings {
  readonly faults: readonly string[];
  readonly notes: readonly string[];
}

const PROGRAMS: readonly (readonly [command: string, debianPackage: string])[] = [
  ["ffmpeg", "ffmpeg"],
  ["espeak-ng", "espeak-ng"],
];
/** Below this the ledger itself is in danger. */
const LEAST_FREE_BYTES = 500_000_000;

/** So often people are looked for where something moves: a person in the zone is found within a second. */
const LOOKS_PER_CAMERA = 2;
const DETECTOR_ADVICE: Readonly<Record<string, string>> = {
  "detector.missing": "run the set-up once with a network, or copy the file there from another box",
  "detector.wrong_sum": "copy the file again; if it is another model on purpose, change detector.sha256",
  "detector.unreadable": "copy the file again, or name another in detector.model",
  "detector.wrong_shape": "name a model in detector.model that can be read",
  "detector.no_runtime": "set detector to movement",
};

/** Looks at everything the gateway will need; changes nothing but making the data folder. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { configuration, dataFolder, programPath, nowMs, sysfsRoot = "/sys" } = options;
  const lines = [
    ...configuration.speakers.flatMap(({ power }) => (power && "gpio" in power ? [power.gpio] : [])),
    ...configuration.inputs.map(({ gpio }) => gpio),
  ];
  const detector = options.tryDetector;
  const chips = new Set(lines.map(({ chip }) => chip));
  const ports = configuration.buses.map(({ port }) => port).filter((port) => port.startsWith("/"));
  return Promise.all([
    ...PROGRAMS.map(([command, debianPackage]) => lookForProgram(programPath, command, debianPackage)),
    findSpace(dataFolder),
    ...(options.runs ? [findGuard(options.runs)] : []),
    ...(configuration.panel.tls.kind === "files" ? [findCertificate(configuration, nowMs)] : []),
    ...(detector ? [findDetector(detector, configuration.cameras.length)] : []),
    ...(options.tryVoice && configuration.speech.program
      ? [findVoice(options.tryVoice, configuration.speech.program)]
      : []),
    ...(options.examineRecordings && Object.keys(configuration.recordings).length > 0
      ? [findRecordings(options.examineRecordings, Object.keys(configuration.recordings).length)]
      : []),
    ...(configuration.map.tiles === undefined ? [] : [findTiles(configuration.map.tiles)]),
    ...findDays(join(dataFolder, "recordings"), configuration),
    ...[...chips].map((chip) => findChip(sysfsRoot, chip)),
    ...ports.map(findPort),
  ]);
}

async function lookForProgram(programPath: string, command: string, debianPackage: string): Promise<Finding> {
  const path = await findProgram(programPath, command);
  if (path !== undefined) return { what: command, ok: true, detail: path };
  return { what: command, ok: false, detail: `not found; run: sudo apt-get install ${debianPackage}` };
}

async function findSpace(folder: string): Promise<Finding> {
  const what = `space in ${folder}`;
  try {
    await mkdir(folder, { recursive: true });
    const { bavail, bsize } = await statfs(folder);
    const freeBytes = bavail * bsize;
    const detail = `${(freeBytes / 1e9).toFixed(1)} GB free`;
    if (freeBytes >= LEAST_FREE_BYTES) return { what, ok: true, detail };
    return { what, ok: false, detail: `${detail}; at least ${LEAST_FREE_BYTES / 1e9} GB are needed` };
  } catch (error) {
    return { what, ok: false, detail: `cannot be written (${errorCode(error)}); run as the user cunshao` };
  }
}

/** Before the first start there is nothing to guard yet. */
function findGuard({ gateway, guard }: NonNullable<DoctorOptions["runs"]>): Finding {
  const what = "guard outside the gateway";
  if (guard) return { what, ok: true, detail: gateway ? "watches the gateway" : "runs; no gateway does yet" };
  if (!gateway) return { what, ok: true, detail: "not needed yet: no gateway runs" };
  const detail =
    "does not run: a horn may stay on when the gateway dies; run: sudo systemctl enable --now cunshao-guard";
  return { what, ok: false, detail };
}

async function findCertificate({ panel }: Configuration, nowMs: number): Promise<Finding> {
  const fault = await certificateFault(panel.tls, nowMs);
  const what = "certificate of the page";
  if (fault === undefined) return { what, ok: true, detail: "valid, with its key" };
  return { what, ok: false, detail: `${fault}; give other files, or set panel.tls to auto` };
}

/** Whether the model is what the configuration says, and fast enough for so many cameras. */
async function findDetector(tryDetector: () => Promise<ModelTrial>, cameras: number): Promise<Finding> {
  const what = "model that finds people";
  try {
    const { id, width, height, lookMs } = await tryDetector();
    const perSecond = 1000 / lookMs;
    const enoughFor = Math.floor(perSecond / LOOKS_PER_CAMERA);
    const detail =
      `${id}, ${lookMs.toFixed(1)} ms for a look of ${width}x${height}: ` +
      `enough for ${enoughFor} camera(s) at which something moves, at ${LOOKS_PER_CAMERA} looks a second`;
    if (enoughFor >= cameras) return { what, ok: true, detail };
    const advice = "with more, people are found later; take a smaller model, more threads, or a faster board";
    return { what, ok: false, detail: `${detail}; there are ${cameras}; ${advice}` };
  } catch (error) {
    const code = errorCode(error);
    const advice = DETECTOR_ADVICE[code] ?? "until then movement is found, not people";
    return { what, ok: false, detail: `${errorMessage(error)} [${code}]; ${advice}` };
  }
}

async function findVoice(tryVoice: () => Promise<VoiceTrial>, program: VoiceProgram): Promise<Finding> {
  const what = "voice program";
  const fault = await voiceProgramFault(program);
  const meanwhile = "until then espeak-ng speaks";
  if (fault !== undefined) return { what, ok: false, detail: `${fault}; ${meanwhile}` };
  try {
    const { spokenMs, tookMs } = await tryVoice();
    const seconds = (ms: number): string => (ms / 1000).toFixed(1);
    const detail = `made ${seconds(spokenMs)} s of speech in ${seconds(tookMs)} s`;
    if (tookMs <= program.patienceMs) return { what, ok: true, detail };
    const advice =
      `longer than speech.engine.patienceSeconds (${seconds(program.patienceMs)}): words never said before are said by ` +
      "espeak-ng the first time; take a smaller model or more patience";
    return { what, ok: false, detail: `${detail}, ${advice}` };
  } catch (error) {
    return { what, ok: false, detail: `${errorMessage(error)} [${errorCode(error)}]; ${meanwhile}` };
  }
}

async function findRecordings(tryThem: () => Promise<RecordingFindings>, count: number): Promise<Finding> {
  const what = "recordings in place of words";
  const { faults, notes } = await tryThem();
  const rest = notes.map((note) => `; note: ${note}`).join("");
  if (faults.length === 0) return { what, ok: true, detail: `${count}, all can be played${rest}` };
  return { what, ok: false, detail: `${faults.join("; ")}${rest}; until then the words are said without` };
}

async function findTiles(folder: string): Promise<Finding> {
  const what = "tiles of the map";
  const { tiles, fault } = await readMapTiles(folder);
  if (tiles) return { what, ok: true, detail: `${folder}, zoom ${tiles.fromZoom} to ${tiles.toZoom}` };
  return { what, ok: false, detail: `${fault}; until then the map is a picture` };
}

/** How far back the recordings will reach. Nothing was measured yet: by the bit rates that the configuration expects. */
function findDays(folder: string, { cameras, storage }: Configuration): Promise<Finding>[] {
  const demands = estimatedDemands(cameras);
  const what = "days of recordings";
  if (demands.length === 0) return [];
  const examineDisk = async (): Promise<Finding> => {
    try {
      await mkdir(folder, { recursive: true });
      const { bavail, bsize, blocks } = await statfs(folder);
      const held = await sizeOfRecordings(folder);
      const days = daysHeld(
        demands,
        Math.max(0, bavail * bsize + held - reserveBytes(storage, blocks * bsize)),
      );
      const wanted = Math.max(...demands.map((demand) => demand.days));
      const perDay = demands.reduce((sum, { bytesPerDay }) => sum + bytesPerDay, 0);
      const rate = `at ${(perDay / 1e9).toFixed(1)} GB a day, as expectedKbps says`;
      if (days === undefined || days >= wanted) return { what, ok: true, detail: `${wanted}, ${rate}` };
      const advice = "a larger disk, lower bit rates in the cameras, or fewer days in record.keep";
      return {
        what,
        ok: false,
        detail: `about ${roundDays(days)} instead of ${wanted}, ${rate}; needs ${advice}`,
      };
    } catch (error) {
      return { what, ok: false, detail: `${folder} cannot be written (${errorCode(error)})` };
    }
  };
  return [examineDisk()];
}

/** Recordings make room for newer ones: what they take counts as free. */
async function sizeOfRecordings(folder: string): Promise<number> {
  let sizeBytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) sizeBytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return sizeBytes;
}

async function findChip(sysfsRoot: string, label: string): Promise<Finding> {
  const what = `GPIO chip ${label}`;
  const folder = join(sysfsRoot, "class/gpio");
  const labels = await readLabels(folder);
  if (labels.includes(label)) return { what, ok: true, detail: "present" };
  const present = labels.length > 0 ? `present are ${labels.join(", ")}` : `${folder} has no chip`;
  return { what, ok: false, detail: `not found; ${present}; check the board profile` };
}

async function readLabels(folder: string): Promise<string[]> {
  try {
    const chips = (await readdir(folder)).filter((name) => name.startsWith("gpiochip"));
    return await Promise.all(
      chips.map(async (chip) => (await readFile(join(folder, chip, "label"), "utf8")).trim()),
    );
  } catch {
    // A kernel without GPIO has no such folder: no chip, which the finding says.
    return [];
  }
}

async function findPort(port: string): Promise<Finding> {
  const what = `serial port ${port}`;
  if (await isAllowed(port, constants.R_OK | constants.W_OK))
    return { what, ok: true, detail: "can be opened" };
  const exists = await isAllowed(port, constants.F_OK);
  const detail = exists
    ? "may not be opened; add the user to the group dialout"
    : "not there; is the adapter plugged in? See ls /dev/serial/by-id";
  return { what, ok: false, detail };
}

async function isAllowed(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

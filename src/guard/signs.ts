// guard/: keeps outputs from staying on when the gateway cannot switch them off: what the gateway shows of itself
// (heart.ts) and the guard outside its process that watches it (guard.ts). May use core/ and node builtins, and little
// of either: the guard is to stay small.
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { PowerWiring, RelayWiring } from "../core/output-wiring.ts";
import type { ProcessRun } from "../core/process-run.ts";
import type { AmplifierProfile, RelayProfile, VoiceModuleProfile } from "../core/profiles.ts";
import type { Bus, VoiceModuleWiring } from "../core/site.ts";

// The files both sides meet in. They lie in memory (/run, /dev/shm): a full disk, a worn card or one that hangs keeps
// neither side from writing, and what is there ends with the boot, as the outputs' state does.

/** What the gateway says of itself several times a second, from its own loop. */
export interface Beat {
  readonly run: ProcessRun;
  readonly state: "starting" | "running" | "stopping" | "stopped";
  /** Which start of a gateway within that process: each lays a plan of its own ready. */
  readonly start: number;
  /** Another number each time. */
  readonly beat: number;
  /** Outputs that are ordered on, each with the number of that order. */
  readonly on: Readonly<Record<string, number>>;
  /** Outputs that were ordered off and whose relay has not taken it. */
  readonly unsure: readonly string[];
}

/** What the guard says of itself. */
export interface GuardSign {
  readonly run: ProcessRun;
  readonly beat: number;
  /** It has outputs in its hands now; a gateway that starts waits for the end of it. */
  readonly acting: boolean;
  readonly stopped: boolean;
}

/**
 * What is to be switched off when the gateway is lost, as the gateway that drove it knew it: the configuration on disk
 * may be another by then, or not to be read.
 */
export interface SafePlan {
  readonly speakers: readonly {
    readonly id: string;
    readonly power?: PowerWiring | undefined;
    /** Of a horn that is always powered: what plays there is to be stopped by itself. */
    readonly module?: VoiceModuleWiring | undefined;
  }[];
  readonly switches: readonly { readonly id: string; readonly relay: RelayWiring }[];
  readonly buses: readonly Bus[];
  readonly relayProfiles: readonly RelayProfile[];
  readonly amplifierProfiles: readonly AmplifierProfile[];
  readonly voiceModuleProfiles: readonly VoiceModuleProfile[];
  /** Longest time on by output, in ms. */
  readonly maxOnMs: Readonly<Record<string, number>>;
}

/** Room for the names of all outputs of a large site. One write of one length never needs new space. */
const SIGN_BYTES = 8192;

export interface SignFolder {
  readonly beat: string;
  readonly guard: string;
  readonly plan: string;
  readonly acts: string;
  readonly children: string;
}

/** The places in the runtime folder. */
export function signsIn(folder: string): SignFolder {
  const at = (name: string): string => join(folder, name);
  return {
    beat: at("gateway.json"),
    guard: at("guard.json"),
    plan: at("plan.json"),
    acts: at("acts"),
    children: at("children"),
  };
}

/**
 * Makes the runtime folder for this user alone: who writes there can have outputs switched off and a process ended.
 * @throws GatewayError `guard.no_folder` (permanent).
 */
export function makeSignFolder(folder: string): void {
  try {
    makeFolder(folder);
    // Not what a link of somebody else's leads to.
    const found = lstatSync(folder);
    if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) {
      makeFolder(signsIn(folder).acts);
      return;
    }
  } catch (cause) {
    throw noFolder(folder, errorCode(cause), cause);
  }
  throw noFolder(folder, "others may write there");
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
}

function noFolder(folder: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError(
    `${folder} cannot be used (${why}): set CUNSHAO_RUNTIME to a folder of this user alone`,
    {
      code: "guard.no_folder",
      kind: "permanent",
      cause,
    },
  );
}

export interface Sign {
  /** Replaces what it says, at once and without waiting. */
  write(sign: Beat | GuardSign): void;
  close(): void;
}

/** Opens a sign for writing. */
export function openSign(path: string): Sign {
  const file = openSync(path, "w", 0o600);
  return {
    write: (sign) => void writeSync(file, Buffer.from(fitted(sign).padEnd(SIGN_BYTES)), 0, SIGN_BYTES, 0),
    close: () => closeSync(file),
  };
}

function fitted(sign: Beat | GuardSign): string {
  const text = asciiJson(sign);
  if (text.length <= SIGN_BYTES || !("on" in sign)) return text;
  // That something is on counts for more than its name.
  const [first] = Object.entries(sign.on);
  return asciiJson({
    ...sign,
    on: first ? Object.fromEntries([first]) : {},
    unsure: sign.unsure.slice(0, 1),
  });
}

/** One byte a character, so that lengths can be counted. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export function writePlan(path: string, plan: SafePlan): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, JSON.stringify(plan), { mode: 0o600 });
  renameSync(fresh, path);
}

/** Undefined when there is none, or when it is being written in this very moment. */
export function readBeat(path: string): Beat | undefined {
  const beat = readJson(path) as Beat | undefined;
  return isRun(beat?.run) && typeof beat?.on === "object" && Array.isArray(beat.unsure) ? beat : undefined;
}

export function readGuardSign(path: string): GuardSign | undefined {
  const sign = readJson(path) as GuardSign | undefined;
  return isRun(sign?.run) ? sign : undefined;
}

export function readPlan(path: string): SafePlan | undefined {
  const plan = readJson(path) as SafePlan | undefined;
  return Array.isArray(plan?.speakers) && Array.isArray(plan.switches) ? plan : undefined;
}

function isRun(run: ProcessRun | undefined): boolean {
  return typeof run?.pid === "number" && typeof run.startTicks === "string";
}

function readJson(path: string): unknown {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    // Not there yet, or caught between two writes: the next look sees it.
    return undefined;
  }
}

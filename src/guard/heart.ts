import { errorCode, errorMessage } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { PartHealth } from "../core/part.ts";
import type { Processes } from "../core/process-run.ts";
import type { Clock, Timer } from "../core/time.ts";
import { type Act, leftActs } from "./acts.ts";
import { createOutputsOn, type OutputsOn } from "./outputs-on.ts";
import {
  type Beat,
  makeSignFolder,
  openSign,
  readBeat,
  readGuardSign,
  type SafePlan,
  type Sign,
  signsIn,
  writePlan,
} from "./signs.ts";
import { createStaleness } from "./staleness.ts";

const BEAT_MS = 250;
/** A guard that is started beside the gateway is up by then, on a slow card too. */
const GUARD_EXPECTED_MS = 15_000;
const GUARD_HUNG_MS = 10_000;
/** The longest that a guard keeps a device: a port that does not open. */
const WAIT_FOR_GUARD_MS = 5_000;
const WAIT_POLL_MS = 25;

/** The gateway's side: it shows that its loop turns and which outputs are on, and it knows whether a guard looks. */
export interface Heart {
  /**
   * Begins to beat, from the loop that everything else runs on, and waits for a guard that has outputs of an earlier run
   * in its hands. Never throws: a village without a guard still needs its horns.
   */
  begin(): Promise<void>;
  running(): void;
  /** From here on it is meant to end. */
  stopping(): void;
  /** Outputs are safe: nothing is to be done when the process is gone. Not to be called otherwise. */
  stopped(): void;
  /** The devices through which it sees what is on. */
  readonly watching: OutputsOn["watching"];
  /** What guards did since the last gateway told of it. */
  acts(): readonly { readonly act: Act; forget(): void }[];
  health(): PartHealth;
  /** Where children are noted, so that the guard can end them. */
  readonly childFolder: string;
}

export function createHeart(
  dependencies: { readonly clock: Clock; readonly processes: Processes; readonly log: Logger },
  { folder, plan, start }: { readonly folder: string; readonly plan: SafePlan; readonly start: number },
): Heart {
  const { clock, processes } = dependencies;
  const log = dependencies.log.child({ part: "guard" });
  const places = signsIn(folder);
  const outputs = createOutputsOn(plan, beat);
  const guardStaleness = createStaleness(4 * BEAT_MS);
  let state: Beat["state"] = "starting";
  let sign: Sign | undefined;
  let fault: string | undefined;
  let beats = 0;
  let timer: Timer | undefined;
  let beganMs = 0;
  let guard: "none" | "watching" | "hung" = "none";
  const run = processes.self();

  function beat(): void {
    if (!sign) return;
    try {
      sign.write({ run, start, state, beat: ++beats, on: outputs.on(), unsure: outputs.unsure() });
    } catch (error) {
      fail(error);
      sign = undefined;
    }
  }

  function fail(error: unknown): void {
    fault = errorCode(error);
    log.error({ code: fault, reason: errorMessage(error) }, "no guard can watch this gateway");
  }

  function lookAtGuard(): void {
    const sign = readGuardSign(places.guard);
    if (!sign || sign.stopped || !processes.isAlive(sign.run)) guard = "none";
    else {
      const staleMs = guardStaleness(`${sign.run.pid} ${sign.beat}`, clock.now().monotonicMs);
      guard = staleMs > GUARD_HUNG_MS ? "hung" : "watching";
    }
  }

  function turn(): void {
    beat();
    if (beats % 4 === 1) lookAtGuard();
    timer = clock.after(BEAT_MS, turn);
  }

  async function waitForGuard(): Promise<void> {
    const deadlineMs = clock.now().monotonicMs + WAIT_FOR_GUARD_MS;
    while (isGuardActing(folder, processes)) {
      if (clock.now().monotonicMs >= deadlineMs) {
        log.warn({}, "the guard still has outputs in its hands; starting all the same");
        return;
      }
      await clock.sleep(WAIT_POLL_MS);
    }
  }

  return {
    childFolder: places.children,
    watching: outputs.watching,
    acts: () => leftActs(places.acts),
    async begin() {
      beganMs = clock.now().monotonicMs;
      try {
        makeSignFolder(folder);
        writePlan(places.plan, plan);
        sign = openSign(places.beat);
      } catch (error) {
        fail(error);
      }
      turn();
      await waitForGuard();
    },
    running() {
      state = "running";
      beat();
    },
    stopping() {
      state = "stopping";
      beat();
    },
    stopped() {
      state = "stopped";
      timer?.cancel();
      beat();
      sign?.close();
      sign = undefined;
    },
    health() {
      const name = "guard";
      if (fault) return { name, status: "degraded", reason: "guard.no_folder", detail: fault };
      if (guard === "watching") return { name, status: "ok" };
      if (guard === "hung") {
        const detail = "run: sudo systemctl restart cunshao-guard";
        return { name, status: "degraded", reason: "guard.hung", detail };
      }
      if (clock.now().monotonicMs - beganMs < GUARD_EXPECTED_MS) return { name, status: "starting" };
      const detail =
        "run: sudo systemctl enable --now cunshao-guard; with pm2: pm2 start ecosystem.config.js";
      return { name, status: "degraded", reason: "guard.missing", detail };
    },
  };
}

/** Whether a guard of this folder has outputs in its hands right now. */
export function isGuardActing(folder: string, processes: Pick<Processes, "isAlive">): boolean {
  const sign = readGuardSign(signsIn(folder).guard);
  return sign?.acting === true && !sign.stopped && processes.isAlive(sign.run);
}

/** Which of the two runs now. */
export function whoRuns(
  folder: string,
  processes: Pick<Processes, "isAlive">,
): { readonly gateway: boolean; readonly guard: boolean } {
  const places = signsIn(folder);
  const [beat, sign] = [readBeat(places.beat), readGuardSign(places.guard)];
  return {
    gateway: beat !== undefined && beat.state !== "stopped" && processes.isAlive(beat.run),
    guard: sign !== undefined && !sign.stopped && processes.isAlive(sign.run),
  };
}

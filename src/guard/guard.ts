import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import { isSameRun, type Processes, type ProcessRun } from "../core/process-run.ts";
import { type Clock, isoTime, type Timer } from "../core/time.ts";
import { hasActedFor, writeAct } from "./acts.ts";
import { createJudge, LOOK_MS, type Loss } from "./judge.ts";
import {
  type Beat,
  type GuardSign,
  makeSignFolder,
  openSign,
  readBeat,
  readPlan,
  type SafePlan,
  signsIn,
} from "./signs.ts";

const SIGN_MS = 1000;
/** A killed process is gone at once unless the kernel waits for a device; it runs nothing more either way. */
const GONE_WITHIN_MS = 800;
const GONE_POLL_MS = 10;
/** A relay that does not answer is tried again this often, and later less often: plugged in again it is off within 5 s. */
const RETRY_MS = 400;
const RETRY_LATER_MS = 2_000;
const EAGER_MS = 30_000;
const STOP_WITHIN_MS = 4_000;

/** Switches off what a plan names. */
export interface SafeMaker {
  /** Called when a plan is seen first: what acting needs from the disk is read then, not in the emergency. */
  prepare(plan: SafePlan): Promise<void>;
  /** Resolves with the outputs that did not take the order. */
  makeSafe(plan: SafePlan): Promise<readonly string[]>;
  /** Ends players and other children that the lost gateway noted. Returns how many. */
  endChildren(): number;
}

export interface Guard extends Part {
  /** False when its own loop has not turned for too long. */
  isWell(): boolean;
}

export function createGuard(
  dependencies: {
    readonly clock: Clock;
    readonly processes: Processes;
    readonly maker: SafeMaker;
    readonly log: Logger;
  },
  folder: string,
): Guard {
  const { clock, processes, maker, log } = dependencies;
  const places = signsIn(folder);
  const judge = createJudge();
  const self = processes.self();
  const stopping = new AbortController();
  let write: (sign: GuardSign) => void = () => {};
  let beats = 0;
  let acting = false;
  let signTimer: Timer | undefined;
  let loop: Promise<void> | undefined;
  let lastLookMs = 0;
  let plan: SafePlan | undefined;
  let planOf: Pick<Beat, "run" | "start"> | undefined;
  /** The run whose loss was dealt with. */
  let settled: ProcessRun | undefined;
  /** A run was lost and its outputs are not known to be off. */
  let isOwed = false;

  const nowMs = (): number => clock.now().monotonicMs;

  function show(stopped = false): void {
    write({ run: self, beat: ++beats, acting, stopped });
  }

  function keepShowing(): void {
    show();
    signTimer = clock.after(SIGN_MS, keepShowing);
  }

  async function look(): Promise<void> {
    lastLookMs = nowMs();
    const beat = readBeat(places.beat);
    if (!beat) return;
    if (!planOf || !isSameRun(planOf.run, beat.run) || planOf.start !== beat.start) {
      plan = readPlan(places.plan);
      planOf = beat;
      if (plan) await maker.prepare(plan);
    }
    if (beat.state === "running") isOwed = false;
    if (settled && isSameRun(settled, beat.run)) return;
    const maxOnMs = plan?.maxOnMs ?? {};
    const loss = judge({ beat, isAlive: processes.isAlive(beat.run), maxOnMs, isOwed }, nowMs());
    if (!loss) return;
    if (!plan || hasActedFor(places.acts, beat.run)) settled = beat.run;
    else await act(loss, beat, plan);
  }

  async function act(why: Loss, lost: Beat, from: SafePlan): Promise<void> {
    const seenMs = nowMs();
    acting = true;
    // Shown before the look at who runs: a gateway that starts shows itself before its look at us. One of us sees the other.
    show();
    try {
      isOwed = true;
      if (!isStill(lost.run)) return;
      const children = (await endGateway(lost.run)) + maker.endChildren();
      const unsafe = await switchOff(lost.run, from);
      isOwed = unsafe.length > 0;
      settled = lost.run;
      const outputs = [...new Set([...Object.keys(lost.on), ...lost.unsure])];
      const tookMs = Math.round(nowMs() - seenMs);
      writeAct(places.acts, lost.run, {
        why,
        at: isoTime(clock.now().wallMs),
        outputs,
        unsafe,
        tookMs,
        children,
      });
      // Said when it is done: a journal that hangs must not come before the relays.
      log.warn(
        { why, pid: lost.run.pid, outputs, unsafe, tookMs, children },
        "the gateway was lost: outputs made safe",
      );
    } finally {
      acting = false;
      show();
    }
  }

  /** No other run has begun to beat. */
  function isStill(lost: ProcessRun): boolean {
    const now = readBeat(places.beat);
    return now === undefined || isSameRun(now.run, lost);
  }

  /** Ends a gateway that hangs, with all its children; the kernel frees its ports. Returns how many children. */
  async function endGateway(run: ProcessRun): Promise<number> {
    const children = processes.isAlive(run) ? processes.childrenOf(run) : [];
    processes.end(run, "process");
    const deadlineMs = nowMs() + GONE_WITHIN_MS;
    while (processes.isAlive(run) && nowMs() < deadlineMs) await clock.sleep(GONE_POLL_MS);
    return children.filter((child) => processes.end(child, "group")).length;
  }

  /** Tries until every relay has taken the order, another gateway has begun (which does it itself), or we are to stop. */
  async function switchOff(lost: ProcessRun, from: SafePlan): Promise<readonly string[]> {
    const beganMs = nowMs();
    let told = "";
    for (;;) {
      const unsafe = await maker.makeSafe(from);
      if (unsafe.length === 0) return unsafe;
      if (told !== unsafe.join())
        log.error({ unsafe }, "outputs do not take the order to switch off; trying on");
      told = unsafe.join();
      if (stopping.signal.aborted) return unsafe;
      await clock
        .sleep(nowMs() - beganMs < EAGER_MS ? RETRY_MS : RETRY_LATER_MS, stopping.signal)
        .catch(() => {});
      if (!isStill(lost)) return unsafe;
    }
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      await lookOnce();
      await clock.sleep(LOOK_MS, stopping.signal).catch(() => {});
    }
    // Who ends us may have ended the gateway with us.
    await lookOnce();
  }

  async function lookOnce(): Promise<void> {
    try {
      await look();
    } catch (error) {
      log.error(
        { code: errorCode(error), error: String(error) },
        "the guard could not do its work; trying on",
      );
    }
  }

  return {
    name: "guard",
    isWell: () => acting || nowMs() - lastLookMs < GONE_WITHIN_MS + 10 * LOOK_MS,
    /** @throws GatewayError `guard.no_folder` (permanent). */
    async start() {
      makeSignFolder(folder);
      ({ write } = openSign(places.guard));
      keepShowing();
      loop = watch();
    },
    async stop() {
      stopping.abort();
      const patience = new AbortController();
      await Promise.race([loop, clock.sleep(STOP_WITHIN_MS, patience.signal).catch(() => {})]);
      patience.abort();
      signTimer?.cancel();
      show(true);
    },
  };
}

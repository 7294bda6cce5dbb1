import type { LookFigures } from "../core/analysis.ts";
import { errorCode, errorMessage, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { PartHealth } from "../core/part.ts";
import { retryDelays } from "../core/retry.ts";
import type { Clock, Timer } from "../core/time.ts";
import { LookBudget } from "./people/look-budget.ts";
import type { LookPicture, PersonBox, PersonModel, PersonModelFacts } from "./people/person-model.ts";

/** How long movement alone is watched after the model failed; longer each time in a row. */
const RETRY = { firstMs: 2_000, capMs: 120_000, jitter: 0 };
/** Failures of a model, without so long of good looks between them, after which it is not started again. */
const MOST_FAILURES = 6;
const GOOD_MS = 600_000;
/** A budget that was short is told once in so long. */
const REPORT_MS = 60_000;
/** Short for less than this share of the time is no news. */
const SHORT_SHARE = 0.05;

export interface LookDeskDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  readonly model: PersonModel;
  /** Share of one core that looks may take together, above 0. */
  readonly coreShare: number;
  /** Tells the vision worker which model looks; undefined: none does at present. */
  onModel(facts: PersonModelFacts | undefined): void;
  /** It is the camera's turn; `look` is called with its pictures. */
  onTurn(camera: string): void;
  onLooked(camera: string, people: readonly (readonly PersonBox[])[]): void;
}

export interface LookShortage {
  /** For how long a camera waited for longer than until its next picture, since the start. */
  readonly shortMs: number;
  readonly ofMs: number;
}

/** Hands the model's time out to the cameras, one turn after the other, and keeps the model running. */
export interface LookDesk {
  /** The camera has a picture that is worth looks. */
  ask(camera: string): void;
  /** The pictures of the turn that a camera was given. */
  look(camera: string, pictures: readonly LookPicture[]): void;
  /** The worker that cuts the pictures has begun anew: no turn is under way, and nobody has asked. */
  reset(): void;
  /** The model that looks now; undefined while none does. */
  facts(): PersonModelFacts | undefined;
  figures(camera: string): LookFigures;
  shortage(): LookShortage;
  health(): PartHealth;
  start(): void;
  stop(): Promise<void>;
}

export function createLookDesk(dependencies: LookDeskDependencies, cameras: readonly string[]): LookDesk {
  const { clock, log, model, coreShare } = dependencies;
  const nowMs = (): number => clock.now().monotonicMs;
  const budget = new LookBudget(coreShare, cameras, nowMs());
  let facts: PersonModelFacts | undefined;
  let fault: { readonly reason: string; readonly detail: string } | undefined;
  let delays = retryDelays(RETRY, () => 0);
  let failures = 0;
  let goodSinceMs = 0;
  let retry: Timer | undefined;
  let wake: Timer | undefined;
  let report: Timer | undefined;
  let reported: LookShortage = { shortMs: 0, ofMs: 0 };
  let isShort = false;
  let isStopped = true;
  /** The camera whose turn it is, and of which life of the worker. */
  let turn: string | undefined;
  let life = 0;

  async function load(): Promise<void> {
    retry = undefined;
    try {
      const loaded = await model.load();
      if (isStopped) return;
      facts = loaded;
      fault = undefined;
      goodSinceMs = nowMs();
      log.info({ model: loaded.id }, "people are looked for");
      dependencies.onModel(loaded);
    } catch (error) {
      onFailure(error);
    }
  }

  function onFailure(error: unknown): void {
    if (isStopped) return;
    const isGood = facts !== undefined && nowMs() - goodSinceMs >= GOOD_MS;
    if (isGood) {
      failures = 0;
      delays = retryDelays(RETRY, () => 0);
    }
    failures++;
    const wasLooking = facts !== undefined;
    facts = undefined;
    const isPermanent = error instanceof GatewayError && error.kind === "permanent";
    const isGivenUp = !isPermanent && failures >= MOST_FAILURES;
    const code = errorCode(error);
    fault = { reason: isGivenUp ? "detector.given_up" : code, detail: errorMessage(error) };
    const next = { code, error: errorMessage(error), failures };
    if (isPermanent || isGivenUp) {
      log.error(
        next,
        "people are not looked for any more until the gateway starts again; movement is watched",
      );
    } else {
      const delayMs = delays.next().value;
      log.error({ ...next, retryInMs: delayMs }, "people cannot be looked for now; movement is watched");
      retry = clock.after(delayMs, () => void load());
    }
    if (wasLooking) dependencies.onModel(undefined);
  }

  function giveTurn(): void {
    if (!facts || turn !== undefined || isStopped) return;
    wake?.cancel();
    wake = undefined;
    turn = budget.next(nowMs());
    if (turn !== undefined) {
      dependencies.onTurn(turn);
      return;
    }
    const waitMs = budget.waitMs(nowMs());
    if (waitMs > 0) wake = clock.after(waitMs, giveTurn);
  }

  async function lookAt(camera: string, pictures: readonly LookPicture[]): Promise<void> {
    const born = life;
    const beganMs = nowMs();
    try {
      const people: (readonly PersonBox[])[] = [];
      for (const picture of pictures) people.push(await model.detect(picture));
      if (born === life && pictures.length > 0) dependencies.onLooked(camera, people);
    } catch (error) {
      onFailure(error);
    }
    budget.spend(camera, pictures.length, nowMs() - beganMs, nowMs());
    if (born !== life) return;
    turn = undefined;
    giveTurn();
  }

  function tell(): void {
    report = clock.after(REPORT_MS, tell);
    const now = budget.shortage(nowMs());
    const share = (now.shortMs - reported.shortMs) / Math.max(1, now.ofMs - reported.ofMs);
    reported = now;
    isShort = share >= SHORT_SHARE;
    if (isShort) {
      log.warn(
        { shortShare: Number(share.toFixed(2)), coreShare },
        "the time for looks was short in the last minute: each camera was looked at less often",
      );
    }
  }

  return {
    ask(camera) {
      if (!facts) return;
      budget.ask(camera, nowMs());
      giveTurn();
    },
    look(camera, pictures) {
      if (camera === turn) void lookAt(camera, pictures);
    },
    reset() {
      life++;
      turn = undefined;
      for (const camera of cameras) budget.withdraw(camera, nowMs());
    },
    facts: () => facts,
    figures: (camera) => budget.figures(camera),
    shortage: () => budget.shortage(nowMs()),
    health() {
      const name = "people";
      if (fault) return { name, status: "degraded", ...fault };
      if (!facts) return { name, status: "starting" };
      return isShort ? { name, status: "degraded", reason: "detector.short" } : { name, status: "ok" };
    },
    start() {
      isStopped = false;
      report = clock.after(REPORT_MS, tell);
      void load();
    },
    async stop() {
      isStopped = true;
      for (const timer of [retry, wake, report]) timer?.cancel();
      await model.close();
    },
  };
}

import { GatewayError } from "../../core/errors.ts";
import type { OwnProgram, ProgramEnd, StartOwnProgram } from "../../core/own-program.ts";
import { retryDelays } from "../../core/retry.ts";
import type { Clock } from "../../core/time.ts";
import type { LoadQuestion, LookAnswer, LookQuestion } from "./look-messages.ts";
import type { LookPicture, PersonModel, PersonModelFacts } from "./person-model.ts";

/** Reading from a slow SD card, widening the weights, a first look. */
const LOAD_MS = 60_000;
/** A look on the slowest board that we know takes half a second; who has not answered by then hangs. */
const LOOK_MS = 10_000;
/** After a failure nothing is started for so long; longer each time in a row. */
const RETRY = { firstMs: 1_000, capMs: 60_000, jitter: 0 };

export interface PersonProcessDependencies {
  readonly clock: Clock;
  readonly startProgram: StartOwnProgram;
  /** The built program beside this file unless given. */
  readonly program?: URL;
}

interface Running {
  readonly program: OwnProgram;
  facts?: PersonModelFacts;
  /** Takes the answer to the question that is being asked. */
  settle?: (answer: LookAnswer) => void;
}

/**
 * A model in a process of its own. A model that failed is not started again before a while has passed: until then each
 * call is rejected at once with what it failed of.
 */
export function createPersonProcess(
  { clock, startProgram, program = new URL("./look-program.js", import.meta.url) }: PersonProcessDependencies,
  model: Omit<LoadQuestion, "kind">,
): PersonModel {
  let running: Running | undefined;
  let last: Promise<unknown> = Promise.resolve();
  /** Goes up with each `close`: what waited then is not for the next process. */
  let life = 0;
  let failed: { readonly error: GatewayError; readonly untilMs: number } | undefined;
  let delays = retryDelays(RETRY, () => 0);

  function begin(): Running {
    const begun: Running = { program: startProgram(program) };
    begun.program.onMessage((answer) => begun.settle?.(answer as LookAnswer));
    void begun.program.ended.then((end) => {
      if (running === begun) running = undefined;
      begun.settle?.({ kind: "refused", code: "detector.crashed", message: deathOf(end) });
    });
    running = begun;
    return begun;
  }

  /** Asks the running program. @throws GatewayError; after any but a refused picture the program has been ended. */
  async function ask(
    asked: Running,
    question: LoadQuestion | LookQuestion,
    withinMs: number,
  ): Promise<LookAnswer> {
    const answer = await new Promise<LookAnswer>((resolve) => {
      const timer = clock.after(withinMs, () =>
        resolve({
          kind: "refused",
          code: "detector.hung",
          message: `the model did not answer within ${withinMs / 1000} s`,
        }),
      );
      asked.settle = (given) => {
        timer.cancel();
        resolve(given);
      };
      asked.program.send(question);
    });
    delete asked.settle;
    if (answer.kind !== "refused") return answer;
    end(asked);
    const error = errorFrom(answer);
    if (error.code !== "detector.closed") {
      failed = { error, untilMs: clock.now().monotonicMs + delays.next().value };
    }
    throw error;
  }

  function end(ending: Running): void {
    if (running === ending) running = undefined;
    ending.program.kill();
  }

  async function loaded(): Promise<{ readonly asked: Running; readonly facts: PersonModelFacts }> {
    if (running?.facts) return { asked: running, facts: running.facts };
    if (failed && clock.now().monotonicMs < failed.untilMs) throw failed.error;
    const asked = begin();
    const answer = await ask(asked, { kind: "load", ...model }, LOAD_MS);
    if (answer.kind !== "loaded") throw unexpected(answer.kind);
    asked.facts = answer.facts;
    return { asked, facts: answer.facts };
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const born = life;
    const turn = last.then(() => {
      if (born !== life) throw closed();
      return work();
    });
    last = turn.catch(() => {});
    return turn;
  }

  return {
    load: () => inTurn(async () => (await loaded()).facts),
    detect: (picture) =>
      inTurn(async () => {
        const { asked, facts } = await loaded();
        checkPicture(picture, facts);
        const answer = await ask(asked, { kind: "look", picture }, LOOK_MS);
        if (answer.kind !== "people") throw unexpected(answer.kind);
        failed = undefined;
        delays = retryDelays(RETRY, () => 0);
        return answer.people;
      }),
    async close() {
      life++;
      failed = undefined;
      const ending = running;
      if (!ending) return;
      ending.settle?.({ kind: "refused", code: "detector.closed", message: closed().message });
      end(ending);
      await ending.program.ended;
    },
  };
}

const TRANSIENT = new Set(["detector.crashed", "detector.hung", "detector.closed"]);
const PERMANENT = new Set([
  "detector.missing",
  "detector.wrong_sum",
  "detector.unreadable",
  "detector.wrong_shape",
  "detector.no_runtime",
]);

function errorFrom({ code, message }: Extract<LookAnswer, { kind: "refused" }>): GatewayError {
  if (TRANSIENT.has(code)) return new GatewayError(message, { code, kind: "transient" });
  if (PERMANENT.has(code)) return new GatewayError(message, { code, kind: "permanent" });
  // What the runtime throws while it looks has no code of ours.
  return new GatewayError(`the model failed: ${message}`, { code: "detector.crashed", kind: "transient" });
}

function closed(): GatewayError {
  return new GatewayError("the detector was closed", { code: "detector.closed", kind: "transient" });
}

function unexpected(kind: string): GatewayError {
  return new GatewayError(`an answer of the kind ${kind}`, { code: "detector.wrong_answer", kind: "bug" });
}

function deathOf({ code, signal, lastWords }: ProgramEnd): string {
  const how = signal ?? (code === null ? "it could not be started" : `exit code ${code}`);
  const words = lastWords.split("\n").at(-1);
  return `the program that looks for people ended (${how})${words ? `: ${words}` : ""}`;
}

/** @throws GatewayError `detector.wrong_picture` (bug): native code trusts what it is told of sizes. */
function checkPicture({ width, height, pixels }: LookPicture, { sides }: PersonModelFacts): void {
  const fits = (side: number, most: number): boolean =>
    Number.isInteger(side) && side > 0 && side <= most && side % sides.multiple === 0;
  if (fits(width, sides.width) && fits(height, sides.height) && pixels.length === width * height * 3) return;
  throw new GatewayError(
    `a picture of ${width}x${height} in ${pixels.length} bytes; sides are multiples of ${sides.multiple} up to ` +
      `${sides.width}x${sides.height}`,
    { code: "detector.wrong_picture", kind: "bug" },
  );
}

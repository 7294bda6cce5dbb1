import { expect, test } from "vitest";
import { createLoginGate, type LogIn } from "../../../src/video/login-gate.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { until } from "../../support/until.ts";

function openGate() {
  const clock = createSteppedClock();
  const gate = createLoginGate(clock);
  /** Asks for a turn; `logIn` is there once it was given. */
  const ask = () => {
    const abort = new AbortController();
    const asked: { logIn?: LogIn; refusals: number; error?: unknown; abort: () => void } = {
      refusals: 0,
      abort: () => abort.abort(),
    };
    gate
      .enter(abort.signal, () => asked.refusals++)
      .then(
        (logIn) => {
          asked.logIn = logIn;
        },
        (error: unknown) => {
          asked.error = error;
        },
      );
    return asked;
  };
  const turn = async (asked: ReturnType<typeof ask>): Promise<LogIn> => until(() => asked.logIn);
  const settle = async (): Promise<void> => {
    for (let count = 0; count < 20; count++) await Promise.resolve();
  };
  return { clock, ask, turn, settle };
}

test("a second stream waits for the answer to the first one's password", async () => {
  const { ask, turn, settle } = openGate();
  const [sub, main] = [ask(), ask()];
  const first = await turn(sub);
  await settle();
  expect(main.logIn).toBeUndefined();
  first.accepted();
  await turn(main);
});

test("a refusal holds for both streams, and only one of them tries again", async () => {
  const { clock, ask, turn, settle } = openGate();
  (await turn(ask())).refused(60_000);
  const [sub, main] = [ask(), ask()];
  await settle();
  expect([sub.refusals, main.refusals]).toEqual([1, 1]);
  clock.step(59_999);
  await settle();
  expect([sub.logIn, main.logIn]).toEqual([undefined, undefined]);
  clock.step(1);
  const second = await turn(sub);
  clock.step(60_000);
  await settle();
  expect(main.logIn).toBeUndefined();
  second.refused(120_000);
  await until(() => main.refusals === 2);
  clock.step(120_000);
  (await turn(main)).accepted();
  await turn(ask());
});

test("a stream that stands shows the password to be right: another's refusal holds for that one alone", async () => {
  const { ask, turn } = openGate();
  const standing = await turn(ask());
  standing.accepted();
  (await turn(ask())).refused(60_000);
  await turn(ask());
  standing.over();
  await turn(ask());
});

test("a camera that does not answer the first stream does not keep the second waiting for ever", async () => {
  const { clock, ask, turn, settle } = openGate();
  await turn(ask());
  const main = ask();
  await settle();
  clock.step(2999);
  await settle();
  expect(main.logIn).toBeUndefined();
  clock.step(1);
  await turn(main);
});

test("a first stream that ended without an answer lets the second go on", async () => {
  const { ask, turn } = openGate();
  const first = await turn(ask());
  const main = ask();
  first.over();
  await turn(main);
});

test("who waits can be told to stop at any time", async () => {
  const { ask, turn, settle } = openGate();
  const first = await turn(ask());
  const waiting = ask();
  await settle();
  waiting.abort();
  await until(() => waiting.error instanceof DOMException);
  first.refused(60_000);
  const refused = ask();
  await settle();
  refused.abort();
  await until(() => refused.error instanceof DOMException);
});

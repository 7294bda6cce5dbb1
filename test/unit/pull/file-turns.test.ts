import { describe, expect, test } from "vitest";
import { createTurns } from "../../../src/core/turns.ts";
import { inFileTurns } from "../../../src/pull/file-turns.ts";
import { createManualClock } from "../../support/manual-clock.ts";

/** A box whose file never comes to an end, at a puller that takes the files of one box at a time. */
function startDrip() {
  const clock = createManualClock();
  const turns = createTurns(1);
  const stop = new AbortController();
  const rounds: AbortSignal[] = [];
  const drip = (over: AbortSignal): Promise<boolean> => {
    rounds.push(over);
    return new Promise((resolve) => {
      over.addEventListener("abort", () => resolve(false), { once: true });
    });
  };
  const done = inFileTurns({ clock, turns }, drip, stop.signal);
  return { clock, turns, rounds, done, stop: () => stop.abort() };
}

describe("a turn at files", () => {
  test("lasts for as long as nobody waits for it", async () => {
    const { clock, rounds, done, stop } = startDrip();
    await clock.advance(600_000);
    expect(rounds.map(({ aborted }) => aborted)).toEqual([false]);
    stop();
    await done;
  });

  test("is the next one's within half a minute, and comes round again after that", async () => {
    const { clock, turns, rounds, done, stop } = startDrip();
    await clock.advance(600_000);
    const next = turns.take(async () => rounds.length);
    await clock.advance(30_000);
    expect(await next).toBe(1);
    await clock.settle();
    expect(rounds.map(({ aborted }) => aborted)).toEqual([true, false]);
    stop();
    await done;
    expect(clock.pending()).toBe(0);
  });

  test("is taken from no more of them than there are who wait", async () => {
    const clock = createManualClock();
    const turns = createTurns(3);
    const stop = new AbortController();
    let cut = 0;
    const drip = (over: AbortSignal): Promise<boolean> =>
      new Promise((resolve) => {
        over.addEventListener("abort", () => resolve(false), { once: true });
      });
    const counted = async (over: AbortSignal): Promise<boolean> => {
      const isDone = await drip(over);
      if (!stop.signal.aborted) cut++;
      return isDone;
    };
    const done = [1, 2, 3].map(() => inFileTurns({ clock, turns }, counted, stop.signal));
    const next = turns.take(async () => "a picture");
    await clock.advance(30_000);
    expect([await next, cut]).toEqual(["a picture", 1]);
    stop.abort();
    await Promise.all(done);
  });

  test("is not waited for by whoever is told to end, and is then nobody's who has gone", async () => {
    const { clock, turns, rounds, done, stop } = startDrip();
    const [gone, stays] = [new AbortController(), new AbortController()];
    const left = inFileTurns({ clock, turns }, async () => true, gone.signal);
    const begun: string[] = [];
    const work = async (): Promise<boolean> => begun.push("the other") > 0;
    const other = inFileTurns({ clock, turns }, work, stays.signal);
    await clock.settle();
    gone.abort();
    await left;
    expect([rounds.length, begun]).toEqual([1, []]);
    // The turn of the first was to be the one's who has gone: it is the other's.
    await clock.advance(30_000);
    await other;
    expect(begun).toEqual(["the other"]);
    stop();
    await done;
    expect([turns.promise(), clock.pending()]).toEqual([false, 0]);
  });

  test("that was promised to whoever has gone is promised to nobody else", async () => {
    const turns = createTurns(1);
    const gone = new AbortController();
    let end: () => void = () => undefined;
    const first = turns.take(() => new Promise<void>((resolve) => (end = resolve)));
    const left = turns.take(async () => undefined, gone.signal);
    expect(turns.promise()).toBe(true);
    gone.abort();
    await expect(left).rejects.toMatchObject({ name: "AbortError" });
    await expect(turns.take(async () => undefined, gone.signal)).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(turns.promise()).toBe(false);
    const next = turns.take(async () => "next");
    expect([turns.promise(), turns.promise()]).toEqual([true, false]);
    end();
    await first;
    expect(await next).toBe("next");
  });

  test("ends with what has come to an end by itself", async () => {
    const clock = createManualClock();
    const ends = [false, false, true];
    const work = async (): Promise<boolean> => ends.shift() ?? true;
    await inFileTurns({ clock, turns: createTurns(1) }, work, new AbortController().signal);
    expect([ends.length, clock.pending()]).toEqual([0, 0]);
  });
});

import { describe, expect, test, vi } from "vitest";
import type { EventClass } from "../../../src/core/event.ts";
import { createRightOfWay } from "../../../src/core/right-of-way.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { until } from "../../support/until.ts";
import { draft } from "../buffer/scratch.ts";
import { answerJson } from "./receiver.ts";
import { setUp } from "./set-up.ts";

async function createRig(receives = {}) {
  // Its time stands still: it ends when the test says so.
  const way = createRightOfWay(createManualClock());
  const all = await setUp({}, { rightOfWay: way }, receives);
  const append = (eventClass: EventClass, count = 1) =>
    Promise.all(Array.from({ length: count }, () => all.ledger.append(draft({ class: eventClass }))));
  return { ...all, way, append, seqs: () => all.receiver.events.map(({ seq }) => seq) };
}

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe("while somebody is about to be heard", () => {
  test("the backlog waits, and alarms of now do not", async () => {
    const { append, way, upstream, seqs, acknowledged } = await createRig({ holds: true });
    await append("alarm", 2);
    await append("state", 300);
    const heard = way.take();
    await upstream.start();
    await append("alarm");
    await until(() => seqs().length > 0);
    await append("state");
    await append("alarm");
    await until(() => seqs().length > 1);
    expect(seqs()).toEqual([303, 305]);
    heard();
    await until(async () => (await acknowledged()) === 305);
    expect(seqs()).toEqual([303, 305, ...upTo(302), 304]);
  });

  test("an alarm that comes while the gateway looks for what to send does not wait", async () => {
    const { append, way, upstream, ledger, seqs } = await createRig({ holds: true });
    await append("state", 2);
    way.take();
    await upstream.start();
    await append("alarm");
    await until(() => seqs().length > 0);
    const read = ledger.read.bind(ledger);
    vi.spyOn(ledger, "read").mockImplementationOnce(async (query) => {
      const found = await read(query);
      await append("alarm");
      return found;
    });
    await append("state");
    await until(() => seqs().length > 1);
    expect(seqs()).toEqual([3, 5]);
  });

  test("a backlog on its way goes on from where it was", async () => {
    const { append, way, upstream, receiver, seqs, acknowledged } = await createRig({ holds: true });
    await append("state", 700);
    let heard = (): void => undefined;
    receiver.misbehave(() => {
      if (receiver.calls.length === 2) heard = way.take();
      return false;
    });
    await upstream.start();
    await until(async () => (await acknowledged()) === 400);
    await append("alarm");
    await until(() => seqs().includes(701));
    expect(seqs()).toEqual([...upTo(400), 701]);
    heard();
    await until(async () => (await acknowledged()) === 701);
    expect(upstream.state().reason).toBeUndefined();
  });

  test("one that only counts without gaps gets an alarm of now, and what stands before it", async () => {
    const { append, way, upstream, seqs, acknowledged } = await createRig();
    await append("state", 5);
    await append("alarm");
    await upstream.start();
    await until(async () => (await acknowledged()) === 6);
    way.take();
    await append("state");
    await append("alarm");
    await until(() => seqs().length === 8);
    expect(seqs()).toEqual(upTo(8));
  });

  test("a line that broke is not tried", async () => {
    const { append, way, upstream, receiver, acknowledged } = await createRig({ holds: true });
    let heard = (): void => undefined;
    const tried: boolean[] = [];
    receiver.misbehave((_call, response) => {
      tried.push(way.isTaken());
      if (tried.length > 1) return false;
      heard = way.take();
      return answerJson(response, 503, {});
    });
    await upstream.start();
    await until(() => tried.length > 0);
    for (let count = 0; count < 30; count++) await append("alarm");
    heard();
    await until(async () => (await acknowledged()) === 30);
    expect(tried).not.toContain(true);
  });

  test("a stop waits for nobody", async () => {
    const { append, way, upstream, seqs } = await createRig({ holds: true });
    await append("state", 3);
    way.take();
    await upstream.start();
    await append("alarm");
    await until(() => seqs().length > 0);
    await upstream.stop();
    expect(seqs()).toEqual([4]);
  });
});

import { describe, expect, test } from "vitest";
import type { EventClass, LedgerEvent } from "../../../src/core/event.ts";
import { until } from "../../support/until.ts";
import { draft } from "../buffer/scratch.ts";
import { answerJson } from "./receiver.ts";
import { setUp } from "./set-up.ts";

const keeping = (timing = {}) => setUp(timing, {}, { holds: true });

type SetUp = Awaited<ReturnType<typeof keeping>>;

async function append({ ledger }: SetUp, eventClass: EventClass, count = 1): Promise<number> {
  await Promise.all(Array.from({ length: count }, () => ledger.append(draft({ class: eventClass }))));
  return ledger.head;
}

const classes = ({ receiver }: SetUp) => receiver.calls.map(({ headers }) => headers["cunshao-class"]);
const seqs = ({ receiver }: SetUp) => receiver.events.map(({ seq }) => seq);
const whole = ({ outbox }: SetUp) => outbox.acknowledged("township");

describe("on the way to an upstream", () => {
  test("alarms overtake states, and states what was said and done", async () => {
    const all = await keeping();
    await append(all, "audit", 300);
    await append(all, "state", 300);
    await append(all, "alarm", 3);
    await all.upstream.start();
    await until(async () => (await whole(all)) === 603);
    expect(classes(all)).toEqual(["alarm", "state", "state", "audit", "audit"]);
    expect(all.receiver.events).toHaveLength(603);
    expect(all.receiver.calls[0]?.headers["cunshao-span"]).toBe("1-603");
  });

  test("an alarm of now overtakes the alarms of the time without a line", async () => {
    const all = await keeping();
    await append(all, "alarm", 1000);
    let live = 0;
    let isLive = false;
    all.receiver.misbehave(({ method }, response) => {
      if (method !== "POST" || all.receiver.calls.length !== 2) return false;
      // While the second batch is on its way.
      void all.ledger.append(draft({ class: "alarm" })).then((event) => {
        live = event.seq;
        isLive = true;
        answerJson(response, 503, {}, { "retry-after": "0" });
      });
      return true;
    });
    await all.upstream.start();
    await until(() => isLive);
    await until(async () => (await whole(all)) === 1001);
    const order = seqs(all);
    expect(order.indexOf(live)).toBe(200);
    expect(order).toHaveLength(1001);
  });

  test("everything arrives once, and the cursors of all classes hold over a restart", async () => {
    const all = await keeping();
    for (const each of ["alarm", "state", "audit", "state", "alarm"] as const) await append(all, each, 40);
    await all.upstream.start();
    await until(async () => (await whole(all)) === 200);
    await all.upstream.stop();
    await append(all, "audit", 2);
    await append(all, "alarm", 1);
    await all.make().start();
    await until(async () => (await whole(all)) === 203);
    const sent = all.receiver.calls.flatMap(({ body }) => JSON.parse(body.toString()));
    expect(sent).toHaveLength(203);
    expect([...seqs(all)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 203 }, (_, index) => index + 1),
    );
  });

  test("a receiver that only counts without gaps gets everything in the order of the ledger", async () => {
    const all = await setUp();
    await append(all, "state", 250);
    await append(all, "alarm", 2);
    await append(all, "audit", 10);
    await all.upstream.start();
    await until(async () => (await whole(all)) === 262);
    expect(seqs(all)).toEqual(Array.from({ length: 262 }, (_, index) => index + 1));
  });

  test("a receiver that counts the highest number it saw gets the rest all the same", async () => {
    const all = await keeping();
    await append(all, "state", 300);
    await append(all, "alarm", 2);
    let highest = 0;
    all.receiver.misbehave(({ headers, body }, response) => {
      const batch: LedgerEvent[] = JSON.parse(body.toString());
      all.receiver.events.push(...batch);
      highest = Math.max(highest, ...batch.map(({ seq }) => seq));
      return answerJson(response, 200, { ledger: headers["cunshao-ledger"], stored: highest, held: [] });
    });
    await all.upstream.start();
    await until(async () => (await whole(all)) === 302);
    expect([...seqs(all)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 302 }, (_, index) => index + 1),
    );
  });

  test("what was sent but could not be noted, as on a full disk, holds up nothing after a restart", async () => {
    const all = await keeping();
    await append(all, "alarm", 2);
    await append(all, "state", 5);
    const { accept } = all.outbox;
    let noted = 0;
    all.outbox.accept = (...words) =>
      ++noted === 1 ? accept(...words) : Promise.reject(new Error("the disk is full"));
    await all.upstream.start();
    await until(() => all.receiver.events.length === 7);
    await all.upstream.stop();
    expect(await whole(all)).toBe(2);

    all.outbox.accept = accept;
    await append(all, "alarm", 1);
    await all.make().start();
    await until(async () => (await whole(all)) === 8);
    expect(seqs(all)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("what was evicted before it was sent is declared, and the count goes on", async () => {
    const all = await keeping();
    await append(all, "state", 10);
    await all.evict([3, 4, 7]);
    await all.upstream.start();
    await until(async () => (await whole(all)) === 10);
    expect(all.receiver.calls[0]?.headers["cunshao-absent"]).toBe("3-4,7");
    expect(seqs(all)).toEqual([1, 2, 5, 6, 8, 9, 10]);
    await until(() => all.upstream.state().status === "connected");
  });
});

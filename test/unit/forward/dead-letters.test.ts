import { describe, expect, test } from "vitest";
import type { LedgerEvent } from "../../../src/core/event.ts";
import { until } from "../../support/until.ts";
import { draft } from "../buffer/scratch.ts";
import type { Misbehaviour } from "./receiver.ts";
import { answerJson } from "./receiver.ts";
import { setUp } from "./set-up.ts";

const REFUSED = { type: "about:blank", title: "Unprocessable", detail: "subject is no number" };

/** Refuses each batch with one of these in it. */
function refusing(status: number, bad: (event: LedgerEvent) => boolean): Misbehaviour {
  return ({ method, body }, response) => {
    if (method !== "POST" || !JSON.parse(body.toString()).some(bad)) return false;
    return answerJson(response, status, REFUSED, { "content-type": "application/problem+json" });
  };
}

const isBad = ({ type }: LedgerEvent): boolean => type === "org.cunshao.bad";

async function append({ ledger }: Awaited<ReturnType<typeof setUp>>, count: number, bad: readonly number[]) {
  for (let index = 1; index <= count; index += 1) {
    await ledger.append(draft(bad.includes(index) ? { type: "org.cunshao.bad" } : {}));
  }
}

describe.each([{ holds: true }, { holds: "unsaid" as const }])(
  "an event that a receiver refuses (holds: $holds)",
  (receives) => {
    test.each([400, 409, 422])(
      "with %i is found, set aside with the reason, and holds nothing up",
      async (status) => {
        const all = await setUp({}, {}, receives);
        await append(all, 60, [17, 40]);
        all.receiver.misbehave(refusing(status, isBad));
        await all.upstream.start();
        await until(async () => (await all.acknowledged()) === 60);
        const letters = await all.buffer.deadLetters.list(10);
        expect(letters.map(({ seq }) => seq).sort()).toEqual([17, 40]);
        expect(letters[0]).toMatchObject({
          upstream: "township",
          class: "state",
          type: "org.cunshao.bad",
          code: "upstream.rejected",
          said: `${status} Unprocessable: subject is no number`,
        });
        expect(all.receiver.events).toHaveLength(58);
        await until(() => all.upstream.state().deadLetters === 2 && all.upstream.state().waitingEvents === 0);
        expect(all.upstream.state().status).toBe("connected");
      },
    );

    test("is declared as one that never comes also after a restart, so that the count goes on", async () => {
      const all = await setUp({}, {}, receives);
      await append(all, 5, [4]);
      all.receiver.misbehave(refusing(422, isBad));
      await all.upstream.start();
      await until(async () => (await all.acknowledged()) === 5);
      await all.upstream.stop();
      await append(all, 2, []);
      await all.make().start();
      await until(async () => (await all.acknowledged()) === 7);
      await until(async () => (await all.outbox.word("township"))?.stored === 7);
      expect(all.receiver.events.map(({ seq }) => seq).sort()).toEqual([1, 2, 3, 5, 6, 7]);
    });

    test("is sent again when a person says so, once, also after a restart", async () => {
      const all = await setUp({}, {}, receives);
      await append(all, 10, [4]);
      all.receiver.misbehave(refusing(422, isBad));
      await all.upstream.start();
      await until(async () => (await all.acknowledged()) === 10);
      await all.upstream.stop();
      all.receiver.misbehave(undefined);
      const calls = all.receiver.calls.length;
      expect(await all.buffer.deadLetters.takeBack("township", 4)).toBe("state");
      expect(await all.buffer.deadLetters.takeBack("township", 4)).toBeUndefined();
      expect(await all.outbox.waiting("township")).toEqual({ events: 1, alarms: 0 });
      await all.make().start();
      await until(async () => (await all.outbox.waiting("township")).events === 0);
      const sent = all.receiver.calls.slice(calls).flatMap(({ body }) => JSON.parse(body.toString()));
      expect(sent.map(({ seq }) => seq)).toEqual([4]);
    });
  },
);

describe("a receiver that refuses", () => {
  test("an event above its limit gets everything else", async () => {
    const all = await setUp({}, {}, { holds: true });
    await append(all, 5, []);
    await all.ledger.append(draft({ data: { text: "x".repeat(60_000) } }));
    await append(all, 100, []);
    all.receiver.misbehave(({ body }, response) =>
      body.length > 50_000 ? answerJson(response, 413, {}) : false,
    );
    await all.upstream.start();
    await until(async () => (await all.acknowledged()) === 106);
    expect(await all.buffer.deadLetters.list(9)).toMatchObject([{ seq: 6, code: "upstream.too_large" }]);
    expect(all.receiver.events).toHaveLength(105);
  });

  test("everything loses nothing by it: no event is set aside", async () => {
    const all = await setUp({}, {}, { holds: true });
    await append(all, 30, []);
    all.receiver.misbehave(refusing(422, () => true));
    await all.upstream.start();
    await until(() => all.upstream.state().status === "refused");
    const calls = all.receiver.calls.length;
    await until(() => all.receiver.calls.length > calls + 20);
    expect(await all.buffer.deadLetters.list(9)).toEqual([]);
    all.receiver.misbehave(undefined);
    await until(async () => (await all.acknowledged()) === 30);
    expect(all.receiver.events).toHaveLength(30);
    expect(await all.buffer.deadLetters.list(9)).toEqual([]);
  });

  test("an alarm by its answer gets the rest, and its words are kept", async () => {
    const all = await setUp({}, {}, { holds: true });
    for (let index = 0; index < 3; index += 1) await all.ledger.append(draft({ class: "alarm" }));
    all.receiver.misbehave(({ headers, body }, response) => {
      if (body.toString() === "[]") return false;
      const ledger = headers["cunshao-ledger"];
      return answerJson(response, 200, {
        ledger,
        stored: 1,
        held: [[3, 3]],
        refused: [{ seq: 2, reason: "no zone" }],
      });
    });
    await all.upstream.start();
    await until(async () => (await all.acknowledged()) === 3);
    expect(await all.buffer.deadLetters.list(9)).toMatchObject([
      { seq: 2, class: "alarm", code: "upstream.rejected", said: "no zone" },
    ]);
    expect((await all.outbox.deliveries(2, 2)).filter((one) => one.class === "alarm")).toEqual([]);
  });

  test("one event and can neither pass over a number nor say so gets no further, and nothing is lost", async () => {
    const all = await setUp();
    await append(all, 20, [7]);
    all.receiver.misbehave(refusing(422, isBad));
    await all.upstream.start();
    await until(() => all.receiver.calls.length > 40);
    expect(await all.acknowledged()).toBe(6);
    all.receiver.misbehave(undefined);
    await until(async () => (await all.acknowledged()) === 20);
    expect(all.receiver.events).toHaveLength(20);
    expect(await all.buffer.deadLetters.list(9)).toEqual([]);
  });
});

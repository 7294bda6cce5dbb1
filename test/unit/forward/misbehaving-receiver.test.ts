import { describe, expect, test } from "vitest";
import { createManualClock } from "../../support/manual-clock.ts";
import { until } from "../../support/until.ts";
import type { Misbehaviour } from "./receiver.ts";
import { answerJson, startReceiver } from "./receiver.ts";
import { setUp } from "./set-up.ts";

describe("an upstream that misbehaves", () => {
  const json =
    (status: number, value: (ledger: unknown) => unknown, headers = {}): Misbehaviour =>
    ({ headers: { "cunshao-ledger": ledger } }, response) =>
      answerJson(response, status, value(ledger), headers);
  const status =
    (code: number): Misbehaviour =>
    (_, response) => {
      response.writeHead(code).end();
      return true;
    };
  const text =
    (type: string, body: string): Misbehaviour =>
    (_, response) => {
      response.writeHead(200, { "content-type": type }).end(body);
      return true;
    };
  const broken: Misbehaviour = (_, response) => {
    response.socket?.resetAndDestroy();
    return true;
  };
  const brokenInAnswer: Misbehaviour = (_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write('{"ledger":', () => response.socket?.resetAndDestroy());
    return true;
  };

  test.each<[string, Misbehaviour, string, string]>([
    ["answers nonsense", text("application/json", "stored: 1"), "unreachable", "upstream.bad_answer"],
    [
      "answers with a web page",
      text("text/html", "<html>Log in</html>"),
      "unreachable",
      "upstream.bad_answer",
    ],
    ["answers with nothing", text("application/json", ""), "unreachable", "upstream.bad_answer"],
    [
      "stores a fraction",
      json(200, (ledger) => ({ ledger, stored: 0.5 })),
      "unreachable",
      "upstream.bad_answer",
    ],
    [
      "stores more than was sent",
      json(200, (ledger) => ({ ledger, stored: 6 })),
      "unreachable",
      "upstream.ahead",
    ],
    ["stores nothing", json(200, (ledger) => ({ ledger, stored: 0 })), "unreachable", "upstream.no_progress"],
    [
      "speaks of another ledger",
      json(200, () => ({ ledger: "x", stored: 5 })),
      "refused",
      "upstream.other_ledger",
    ],
    ["knows no such token (401)", status(401), "refused", "upstream.unauthorized"],
    ["forbids it (403)", status(403), "refused", "upstream.unauthorized"],
    ["knows no such path (404)", status(404), "refused", "upstream.rejected"],
    ["finds even one event too large (413)", status(413), "refused", "upstream.too_large"],
    ["is overloaded (429)", status(429), "unreachable", "upstream.throttled"],
    ["fails (500)", status(500), "unreachable", "upstream.server_error"],
    ["breaks the connection", broken, "unreachable", "upstream.network"],
    [
      "answers much too much",
      text("application/json", " ".repeat(1_000_000)),
      "unreachable",
      "upstream.bad_answer",
    ],
  ])("and %s is not believed, tried again, and recovers", async (_, misbehaviour, expected, reason) => {
    const { receiver, upstream, append, acknowledged } = await setUp();
    await append(5);
    receiver.misbehave(misbehaviour);
    await upstream.start();
    await until(() => upstream.state().status === expected);
    const calls = receiver.calls.length;
    await until(() => receiver.calls.length >= calls + 2);
    expect(upstream.state()).toMatchObject({ status: expected, reason });
    expect(upstream.state().lastHeardAt).toBeUndefined();
    expect(await acknowledged()).toBe(0);

    receiver.misbehave(undefined);
    await until(async () => (await acknowledged()) === 5);
    await until(() => upstream.state().status === "connected");
    expect(upstream.state().reason).toBeUndefined();
    expect(receiver.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });

  test("and breaks off in its answer is not believed", async () => {
    const { receiver, upstream, append, acknowledged } = await setUp();
    await append(1);
    receiver.misbehave(brokenInAnswer);
    await upstream.start();
    await until(() => upstream.state().status === "unreachable");
    receiver.misbehave(undefined);
    await until(async () => (await acknowledged()) === 1);
  });

  test.each<[string, Misbehaviour]>([
    ["accepts and never answers", () => true],
    [
      "never ends its answer",
      (_, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const drip = setInterval(() => response.write(" "), 10);
        response.on("close", () => clearInterval(drip));
        return true;
      },
    ],
  ])("and %s is given up after the time-out", async (_, misbehaviour) => {
    const { receiver, upstream, append, acknowledged } = await setUp({ timeoutMs: 300 });
    await append(1);
    receiver.misbehave(misbehaviour);
    await upstream.start();
    await until(() => upstream.state().reason === "upstream.timeout");
    expect(upstream.state().status).toBe("unreachable");
    receiver.misbehave(undefined);
    await until(async () => (await acknowledged()) === 1);
  });

  test("and answers well only after the time-out is not believed, and gets the same again", async () => {
    const { receiver, upstream, append, acknowledged } = await setUp({ timeoutMs: 200 });
    await append(1);
    receiver.misbehave(({ headers }, response) => {
      setTimeout(() => answerJson(response, 200, { ledger: headers["cunshao-ledger"], stored: 1 }), 1000);
      return true;
    });
    await upstream.start();
    await until(() => upstream.state().reason === "upstream.timeout");
    expect(await acknowledged()).toBe(0);
    receiver.misbehave(undefined);
    await until(async () => (await acknowledged()) === 1);
    const keys = receiver.calls.map(({ headers }) => headers["idempotency-key"]).filter(Boolean);
    expect(new Set(keys).size).toBe(1);
  });

  test("and answers 200 after 40 s was given up long before", async () => {
    const clock = createManualClock();
    const { ledger, receiver, upstream, append, acknowledged } = await setUp({}, { clock });
    await append(1);
    let answerLate = (): unknown => undefined;
    receiver.misbehave((_, response) => {
      answerLate = () => answerJson(response, 200, { ledger: ledger.id, stored: 1 });
      return true;
    });
    await upstream.start();
    await until(() => receiver.calls.length === 1);
    await clock.advance(15_000);
    await until(() => upstream.state().reason === "upstream.timeout");
    receiver.misbehave(undefined);
    answerLate();
    expect(await acknowledged()).toBe(0);
    // It asks again by itself, and the receiver knows the same events by their key.
    await until(async () => {
      await clock.advance(1000);
      return (await acknowledged()) === 1;
    });
    const keys = receiver.calls.map(({ headers }) => headers["idempotency-key"]).filter(Boolean);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
  });

  test.each([301, 302, 307, 308])(
    "and sends elsewhere (%i) is not followed, and elsewhere learns no token",
    async (code) => {
      const elsewhere = await startReceiver();
      const { receiver, upstream, append, acknowledged } = await setUp();
      await append(1);
      receiver.misbehave((_, response) => {
        response.writeHead(code, { location: `${elsewhere.url}/events` }).end();
        return true;
      });
      await upstream.start();
      await until(() => receiver.calls.length >= 2);
      expect(upstream.state()).toMatchObject({ status: "unreachable", reason: "upstream.redirected" });
      expect(await acknowledged()).toBe(0);
      expect(elsewhere.calls).toEqual([]);
      await elsewhere.close();
    },
  );

  test.each([
    ["7", 7000],
    ["999999999", 300_000],
    [new Date(0).toUTCString(), 1000],
    ["soon", 1000],
  ])("and asks us to come back in %j is left alone for %i ms", async (retryAfter, waitMs) => {
    const { receiver, upstream, append, waits } = await setUp();
    await append(1);
    receiver.misbehave((_, response) => answerJson(response, 429, {}, { "retry-after": retryAfter }));
    await upstream.start();
    await until(() => waits.length >= 1);
    expect(waits[0]).toBe(waitMs);
  });

  test("is tried ever less often, up to a minute, and soon again after it was well", async () => {
    const { receiver, upstream, append, acknowledged, waits } = await setUp();
    await append(1);
    receiver.misbehave(status(500));
    await upstream.start();
    await until(() => waits.length >= 8);
    expect(waits.slice(0, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    receiver.misbehave(undefined);
    await until(async () => (await acknowledged()) === 1);
    receiver.misbehave(status(500));
    const before = waits.length;
    await append(1);
    await until(() => waits.length > before);
    expect(waits[before]).toBe(1000);
  });

  test("and refuses us is tried only every few minutes", async () => {
    const { receiver, upstream, append, waits } = await setUp();
    await append(1);
    receiver.misbehave(status(401));
    await upstream.start();
    await until(() => waits.length >= 5);
    expect(waits.slice(0, 5)).toEqual([60_000, 120_000, 240_000, 480_000, 600_000]);
  });

  test("and takes only small batches gets small batches", async () => {
    const { receiver, upstream, append, acknowledged, waits } = await setUp();
    await append(40);
    receiver.misbehave(({ body }, response) =>
      JSON.parse(body.toString()).length > 6 ? answerJson(response, 413, {}) : false,
    );
    await upstream.start();
    await until(async () => (await acknowledged()) === 40);
    expect(receiver.events).toHaveLength(40);
    expect(waits).toEqual([]);
  });

  test("never holds up the ledger", async () => {
    const { ledger, receiver, upstream, append } = await setUp({ timeoutMs: 3_600_000 });
    receiver.misbehave(() => true);
    await upstream.start();
    await until(() => receiver.calls.length === 1);
    await append(500);
    expect(ledger.head).toBe(500);
  });
});

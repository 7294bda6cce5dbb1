import { describe, expect, test, vi } from "vitest";
import { createManualClock } from "../../support/manual-clock.ts";
import { until } from "../../support/until.ts";
import { draft } from "../buffer/scratch.ts";
import type { Misbehaviour } from "./receiver.ts";
import { answerJson, startReceiver } from "./receiver.ts";
import { setUp, TOKEN } from "./set-up.ts";

const CONNECTED = { status: "connected", waitingEvents: 0, waitingAlarms: 0 };

describe("an HTTP upstream", () => {
  test("gets every event in order, in batches of at most 200", async () => {
    const { ledger, receiver, upstream, append, acknowledged } = await setUp();
    await append(450);
    await upstream.start();
    await until(async () => (await acknowledged()) === 450);
    expect(receiver.events).toEqual([...(await ledger.read({ after: 0, limit: 1000 }))]);
    expect(receiver.calls.map(({ body }) => JSON.parse(body.toString()).length)).toEqual([200, 200, 50]);
    await until(() => upstream.state().waitingEvents === 0);
    expect(upstream.state()).toMatchObject(CONNECTED);
    expect(upstream.state().lastHeardAt).toMatch(/Z$/);
  });

  test("is called as the contract says", async () => {
    const { ledger, receiver, upstream, append, acknowledged } = await setUp();
    await append(3);
    await upstream.start();
    await until(async () => (await acknowledged()) === 3);
    expect(receiver.calls[0]).toMatchObject({
      method: "POST",
      path: "/base/events",
      headers: {
        authorization: `Bearer ${TOKEN}`,
        "content-type": "application/cloudevents-batch+json",
        "cunshao-ledger": ledger.id,
        "cunshao-class": "state",
        "cunshao-span": "1-3",
        "idempotency-key": `${ledger.id}-state-1-3`,
      },
    });
  });

  test("gets no batch above 512 KiB", async () => {
    const { receiver, upstream, append, acknowledged } = await setUp();
    await append(30, { text: "x".repeat(60_000) });
    await upstream.start();
    await until(async () => (await acknowledged()) === 30);
    for (const { body } of receiver.calls) expect(body.length).toBeLessThanOrEqual(524_288);
  });

  test("gets a new event at once", async () => {
    const { receiver, upstream, append } = await setUp();
    await upstream.start();
    await until(() => upstream.state().status === "connected");
    await append(1);
    await until(() => receiver.events.length === 1);
  });

  test("goes on where it was after a restart", async () => {
    const { receiver, upstream, make, append, acknowledged } = await setUp();
    await append(5);
    await upstream.start();
    await until(async () => (await acknowledged()) === 5);
    await upstream.stop();
    await append(2);
    const again = make();
    await again.start();
    await until(async () => (await acknowledged()) === 7);
    const sent = receiver.calls.flatMap(({ body }) => JSON.parse(body.toString()));
    expect(sent.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("is asked with an empty batch whether it is there while there is nothing to send", async () => {
    const { ledger, receiver, upstream } = await setUp({ probeMs: 20 });
    await upstream.start();
    await until(() => receiver.calls.length >= 3);
    expect(receiver.calls[1]?.body.toString()).toBe("[]");
    expect(receiver.calls[1]?.headers).toMatchObject({ "cunshao-ledger": ledger.id });
    const heard = upstream.state().lastHeardAt;
    await until(() => upstream.state().lastHeardAt !== heard);
    expect(upstream.state().status).toBe("connected");
  });

  test("is known as unreachable since it vanished, with what waits for it", async () => {
    const { ledger, receiver, upstream, append } = await setUp({ probeMs: 20 });
    await append(1);
    await upstream.start();
    await until(() => upstream.state().status === "connected");
    const { lastHeardAt } = upstream.state();
    await receiver.close();
    await until(() => upstream.state().status === "unreachable");
    const { since } = upstream.state();
    await append(2);
    await ledger.append(draft({ class: "alarm" }));
    await until(() => upstream.state().waitingEvents === 3);
    expect(upstream.state()).toMatchObject({ since, reason: "upstream.network", waitingAlarms: 1 });
    expect(Date.parse(upstream.state().lastHeardAt ?? "")).toBeGreaterThanOrEqual(
      Date.parse(lastHeardAt ?? ""),
    );
  });

  test("tells listeners when its state changes", async () => {
    const { upstream } = await setUp();
    const seen: string[] = [];
    const stop = upstream.onChange(() => seen.push(upstream.state().status));
    expect(upstream.state().status).toBe("connecting");
    await upstream.start();
    await until(() => seen.includes("connected"));
    stop();
  });

  test("that lost what it once had gets it again", async () => {
    const { receiver, upstream, append, acknowledged } = await setUp({ probeMs: 20 });
    await append(10);
    await upstream.start();
    await until(async () => (await acknowledged()) === 10);
    receiver.forgetAfter(4);
    await until(() => receiver.events.length === 10);
    await until(() => upstream.state().status === "connected");
    expect(receiver.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("that lost something in the middle is believed to have the rest, also after a restart", async () => {
    const { receiver, upstream, make, append, acknowledged } = await setUp();
    await append(450);
    await upstream.start();
    await until(async () => (await acknowledged()) === 450);
    await upstream.stop();
    const before = receiver.calls.length;
    receiver.misbehave(({ headers, body }, response) =>
      answerJson(response, 200, {
        ledger: headers["cunshao-ledger"],
        stored: body.toString() === "[]" ? 2 : 450,
      }),
    );
    const again = make();
    await again.start();
    await until(() => again.state().status === "connected");
    const sizes = receiver.calls.slice(before).map(({ body }) => JSON.parse(body.toString()).length);
    expect(sizes).toEqual([0, 200]);
  });

  test("that stores only part of a batch gets the rest", async () => {
    const { receiver, upstream, append, acknowledged } = await setUp();
    await append(10);
    let stored = 0;
    receiver.misbehave(({ headers }, response) => {
      stored = Math.min(10, stored + 3);
      return answerJson(response, 200, { ledger: headers["cunshao-ledger"], stored });
    });
    await upstream.start();
    await until(async () => (await acknowledged()) === 10);
    const firstSeqs = receiver.calls.map(({ body }) => JSON.parse(body.toString())[0]?.seq);
    expect(firstSeqs.slice(0, 4)).toEqual([1, 4, 7, 10]);
  });

  test("stops at once, also in the middle of a call, and may be stopped twice", async () => {
    const { receiver, upstream, append } = await setUp({ timeoutMs: 3_600_000 });
    receiver.misbehave(() => true);
    await append(1);
    await upstream.start();
    await until(() => receiver.calls.length === 1);
    await upstream.stop();
    await upstream.stop();
  });

  test("is reached directly, whatever proxy the environment names", async () => {
    const proxy = await startReceiver();
    for (const name of ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]) {
      vi.stubEnv(name, proxy.url);
    }
    vi.stubEnv("no_proxy", "");
    vi.stubEnv("NO_PROXY", "");
    const { upstream, append, acknowledged } = await setUp();
    await append(1);
    await upstream.start();
    await until(async () => (await acknowledged()) === 1);
    vi.unstubAllEnvs();
    expect(proxy.calls).toEqual([]);
    await proxy.close();
  });
});

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

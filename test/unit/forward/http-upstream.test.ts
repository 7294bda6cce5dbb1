import { describe, expect, test, vi } from "vitest";
import { until } from "../../support/until.ts";
import { draft } from "../buffer/scratch.ts";
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

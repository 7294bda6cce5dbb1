import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSteppedClock, type SteppedClock } from "../../support/stepped-clock.ts";
import { until } from "../../support/until.ts";
import { arrived } from "./arrived.ts";
import { readMessages } from "./event-stream-reader.ts";
import { bearer, CORRECTIONS, listen, makeServer, type PanelServer } from "./panel-fixture.ts";

let clock: SteppedClock;
let server: PanelServer;

beforeEach(async () => {
  clock = createSteppedClock();
  server = await makeServer(clock);
});
afterEach(() => server.app.close());

async function fill(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const alarm = index % 2 === 0;
    const type = alarm ? "org.cunshao.alarm.raised" : "org.cunshao.camera.changed";
    await server.ledger.append({ type, class: alarm ? "alarm" : "state", data: { index } });
  }
}

function get(query: string, headers = {}) {
  return server.app.inject({ url: `/api/v1/events${query}`, headers: { ...bearer, ...headers } });
}

type Batch = { seq: number }[];

describe("pulling events", () => {
  test("gives a CloudEvents batch, oldest first, and where to go on", async () => {
    await fill(5);
    const answer = await get("?after=1&limit=3");
    expect(answer.headers).toMatchObject({
      "content-type": "application/cloudevents-batch+json; charset=utf-8",
      "cunshao-ledger": "ledger1",
      "cunshao-next": "4",
    });
    expect(answer.json<Batch>().map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });

  test("by following Cunshao-Next meets every event once, with and without a class", async () => {
    await fill(23);
    for (const [filter, expected] of [
      ["", Array.from({ length: 23 }, (_, index) => index + 1)],
      ["&class=alarm", Array.from({ length: 12 }, (_, index) => 2 * index + 1)],
    ] as const) {
      const seen: number[] = [];
      for (let after = "0", more = true; more; ) {
        const answer = await get(`?after=${after}&limit=5${filter}`);
        const batch = answer.json<Batch>();
        seen.push(...batch.map(({ seq }) => seq));
        more = batch.length > 0;
        after = String(answer.headers["cunshao-next"]);
      }
      expect(seen).toEqual(expected);
    }
  });

  test("skips what a class leaves out, so that the next call does not search it again", async () => {
    await fill(4);
    expect((await get("?after=3&class=alarm")).headers["cunshao-next"]).toBe("4");
  });

  test.each([
    "?after=-1",
    "?after=1.5",
    "?after=abc",
    "?after=1e30",
    "?limit=0",
    "?limit=1001",
    "?class=none",
    "?wait=61",
    "?wait=-1",
    "?after=1&after=2",
  ])("%s is refused with the field that is wrong", async (query) => {
    const answer = await get(query);
    expect([answer.statusCode, answer.json().code]).toEqual([400, "request.invalid"]);
    expect(new Set(answer.json().errors.map((error: { field: string }) => error.field)).size).toBe(1);
  });

  test("beyond the end of the ledger is refused: the reader follows another ledger", async () => {
    const answer = await get("?after=7");
    expect([answer.statusCode, answer.json().code]).toEqual([409, "cursor.future"]);
    expect(answer.headers["cunshao-ledger"]).toBe("ledger1");
  });
});

describe("a thin line", () => {
  test.each([
    ["gzip, br", "gzip"],
    ["br;q=1, gzip;q=0.5", "gzip"],
    ["gzip;q=0", undefined],
    ["identity", undefined],
  ])("to a reader who takes %s is squeezed by %s", async (accepted, encoding) => {
    await fill(5);
    const answer = await get("", { "accept-encoding": accepted });
    expect(answer.headers["content-encoding"]).toBe(encoding);
    const text = encoding ? gunzipSync(answer.rawPayload).toString() : answer.body;
    expect((JSON.parse(text) as Batch).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("a long poll", () => {
  test("answers as soon as an event of its class is there", async () => {
    const pending = get("?wait=60&class=alarm");
    await server.ledger.append({ type: "org.cunshao.gateway.started", class: "state", data: {} });
    await fill(1);
    expect((await pending).json<Batch>().map(({ seq }) => seq)).toEqual([2]);
  });

  test("answers empty when its time is over", async () => {
    let answered = false;
    const pending = get("?wait=30").then((answer) => {
      answered = true;
      return answer;
    });
    await until(() => {
      clock.step(1_000);
      return answered;
    });
    expect((await pending).json()).toEqual([]);
    expect(clock.now().monotonicMs).toBeGreaterThanOrEqual(30_000);
  });

  test("ends when the panel stops", async () => {
    const { read } = server.ledger;
    let reads = 0;
    server.ledger.read = (query) => {
      reads++;
      return read(query);
    };
    const base = await listen(server);
    const pending = fetch(`${base}/api/v1/events?wait=60`, { headers: bearer }).catch(() => "cut");
    await until(() => reads === 1);
    await server.app.close();
    await pending;
  });
});

describe("the event stream", () => {
  test("gives what is there and then what comes, each with its id", async () => {
    await fill(150);
    const stream = await readMessages(`${await listen(server)}/api/v1/events/stream?after=10`, bearer);
    await until(() => stream.messages.length === 140);
    await fill(1);
    await until(() => stream.messages.length === 141);
    expect(stream.messages[0]).toMatchObject({ id: "ledger1-11" });
    expect(stream.messages.map(({ data }) => JSON.parse(data).seq)).toEqual(
      Array.from({ length: 141 }, (_, index) => index + 11),
    );
    await stream.close();
  });

  test.each([
    ["ledger1-3", 4],
    ["3", 4],
    ["another-3", 1],
  ])("after Last-Event-ID %s goes on with %i", async (lastEventId, first) => {
    await fill(5);
    const url = `${await listen(server)}/api/v1/events/stream`;
    const stream = await readMessages(url, { ...bearer, "last-event-id": lastEventId });
    const message = await arrived(() => stream.messages[0]);
    expect(JSON.parse(message.data).seq).toBe(first);
    await stream.close();
  });

  test("refuses a Last-Event-ID that is none", async () => {
    const answer = await server.app.inject({
      url: "/api/v1/events/stream",
      headers: { ...bearer, "last-event-id": "x'; drop" },
    });
    expect(answer.statusCode).toBe(400);
  });

  test.each([{ after: "7" }, { after: "0", "last-event-id": "ledger1-7" }])(
    "beyond the end of the ledger is refused: %j",
    async ({ after, ...headers }) => {
      await fill(3);
      const url = `/api/v1/events/stream?after=${after}`;
      const answer = await server.app.inject({ url, headers: { ...bearer, ...headers } });
      expect([answer.statusCode, answer.json().code]).toEqual([409, "cursor.future"]);
    },
  );

  test("ends with the log-in", async () => {
    const cookie = await server.logIn();
    const stream = await readMessages(`${await listen(server)}/api/v1/events/stream`, { cookie });
    await server.app.inject({ method: "DELETE", url: "/api/v1/session", headers: { cookie } });
    await until(() => stream.ended());
  });
});

describe("deliveries", () => {
  test("tell which upstream has which events since when", async () => {
    await fill(5);
    await server.outbox.acknowledge("township", 3, "2026-07-01T06:00:01.000Z");
    const answer = await server.app.inject({ url: "/api/v1/deliveries?from=2&to=5", headers: bearer });
    expect(answer.json()).toContainEqual({
      upstream: "township",
      class: "alarm",
      firstSeq: 1,
      lastSeq: 3,
      at: "2026-07-01T06:00:01.000Z",
    });
  });
});

describe("the box's clock", () => {
  test("says what time it is and how to read the times of events that were written by a wrong one", async () => {
    const answer = await server.app.inject({ url: "/api/v1/clock", headers: bearer });
    expect(answer.json()).toEqual({
      now: "2026-07-01T06:00:00.000Z",
      clock: expect.stringMatching(/synced$/),
      corrections: CORRECTIONS,
    });
    expect((await server.app.inject({ url: "/api/v1/clock" })).statusCode).toBe(401);
  });
});

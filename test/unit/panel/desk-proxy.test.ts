import type { RequestListener } from "node:http";
import { describe, expect, test } from "vitest";
import { createManualClock } from "../../support/manual-clock.ts";
import { until } from "../../support/until.ts";
import { startProxy } from "./desk-proxy-rig.ts";

/** Answers as soon as it knows what it is asked for, and hears the rest out. */
const quick: RequestListener = (request, response) => {
  request.resume();
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
};
/** Says what it heard. */
const echo: RequestListener = (request, response) => {
  response.writeHead(200, { "content-type": "text/plain" });
  request.pipe(response);
};
const SMUGGLED = "POST /api/v1/alarms/a-1/clear HTTP/1.1\r\nhost: longwan\r\ncontent-length: 0\r\n\r\n";

describe("what somebody sends to a village through the desk", () => {
  test.each([
    ["GET", { "content-length": SMUGGLED.length }],
    ["HEAD", { "content-length": SMUGGLED.length }],
    ["GET", { "transfer-encoding": "chunked" }],
  ])(
    "is refused where a %s has a body (%o): the village would wait for it on a connection of others",
    async (...[method, headers]) => {
      const proxy = await startProxy(quick);
      const { sent, answer } = proxy.begin(method, "/state", headers);
      sent.end(SMUGGLED);
      expect((await answer).status).toBe(400);
      expect(proxy.asked).toEqual([]);
    },
  );

  test.each([
    ["GET", {}],
    ["GET", { "content-length": 0 }],
    ["POST", {}],
    ["POST", { "content-length": 0 }],
    ["DELETE", {}],
  ])("comes without a body where it had none: %s %o", async (method, headers) => {
    const said: unknown[] = [];
    const proxy = await startProxy((request, response) => {
      const { "content-length": length, "transfer-encoding": encoding } = request.headers;
      said.push(Number(length ?? 0), encoding);
      echo(request, response);
    });
    const { sent, answer } = proxy.begin(method, "/state", headers);
    sent.end();
    expect(await answer).toMatchObject({ status: 200, text: "" });
    expect(said).toEqual([0, undefined]);
  });

  test.each([
    ["POST", { "content-length": SMUGGLED.length }],
    ["POST", { "transfer-encoding": "chunked" }],
    ["PUT", { "transfer-encoding": "chunked" }],
    ["DELETE", { "content-length": SMUGGLED.length }],
    ["DELETE", { "transfer-encoding": "chunked" }],
  ])("is the body of one request, whatever stands in it: %s %o", async (method, headers) => {
    const proxy = await startProxy(echo);
    const first = proxy.begin(method, "/alarms", { ...headers, "content-type": "application/json" });
    first.sent.end(SMUGGLED);
    expect(await first.answer).toMatchObject({ status: 200, text: SMUGGLED });
    // Over the same connection.
    const second = proxy.begin("GET", "/state");
    second.sent.end();
    expect((await second.answer).status).toBe(200);
    expect(proxy.asked).toEqual([`${method} /api/v1/alarms`, "GET /api/v1/state"]);
  });
});

describe("a file for a village", () => {
  const FILE = { "content-type": "application/octet-stream", "content-length": 3 };

  /** A village that hears what is sent and answers when the test says so. */
  async function startSlow() {
    const clock = createManualClock();
    let heard = "";
    let answer: (() => void) | undefined;
    const proxy = await startProxy(
      (request, response) => {
        answer = () => response.writeHead(201, { "content-type": "application/json" }).end("{}");
        request.on("data", (chunk) => {
          heard += chunk;
        });
      },
      { clock },
    );
    return {
      ...{ proxy, clock },
      heard: (text: string) =>
        until(() => heard === text && answer, { what: `a village that heard ${text}` }),
      answer: () => answer?.(),
    };
  }

  test("may take as long as it goes on, and as long again to be made to fit", async () => {
    const { proxy, clock, heard, answer } = await startSlow();
    const upload = proxy.begin("POST", "/clips", FILE);
    upload.sent.write("a");
    await heard("a");
    await clock.advance(59_000);
    upload.sent.write("b");
    await heard("ab");
    await clock.advance(59_000);
    upload.sent.end("c");
    await heard("abc");
    await clock.advance(299_000);
    answer();
    expect((await upload.answer).status).toBe(201);
    expect(clock.pending()).toBe(0);
  });

  test.each([
    ["that stands still is given up after a minute", FILE, "ab", 60_000],
    ["that is not answered is given up after five", FILE, "abc", 300_000],
    [
      "is another thing than an order, which is given up after 20 s",
      { ...FILE, "content-type": "application/json; charset=utf-8" },
      "abc",
      20_000,
    ],
  ])("%s", async (_what, headers, said, afterMs) => {
    const { proxy, clock, heard } = await startSlow();
    const upload = proxy.begin("POST", "/clips", headers);
    upload.sent.write(said);
    await heard(said);
    let isAnswered = false;
    const answer = upload.answer.finally(() => {
      isAnswered = true;
    });
    await clock.advance(afterMs - 1);
    expect([isAnswered, clock.pending()]).toEqual([false, 1]);
    await clock.advance(1);
    const { status, text } = await answer;
    expect([status, JSON.parse(text)]).toMatchObject([504, { code: "desk.box_timeout" }]);
    upload.sent.destroy();
  });

  test.each([
    ["the village refuses", "/clips", 413],
    ["the desk refuses", "/no-such-room", 404],
  ])(
    "that %s before its end ends with its connection, so that whoever sends it hears of it",
    async (...[_who, path, status]) => {
      const proxy = await startProxy((_request, response) =>
        response.writeHead(413, { "content-type": "application/problem+json" }).end("{}"),
      );
      const upload = proxy.begin("POST", path, FILE);
      upload.sent.on("error", () => undefined).write("a");
      const answer = await upload.answer;
      expect([answer.status, answer.headers.connection]).toEqual([status, "close"]);
    },
  );
});

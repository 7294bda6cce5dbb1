import type { RequestListener } from "node:http";
import { describe, expect, test } from "vitest";
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

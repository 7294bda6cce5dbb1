import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { letGoWithLogIn } from "../../../src/panel/let-go.ts";
import type { Sessions } from "../../../src/panel/sessions.ts";
import { until } from "../../support/until.ts";

/** A server whose answers are watched by `letGo` when the test says so. */
async function setUp() {
  let watched = 0;
  const release = (): void => {
    watched -= 1;
  };
  const sessions = {
    watch() {
      watched += 1;
      return { ended: new AbortController().signal, release };
    },
  } as unknown as Sessions;
  const answers: ServerResponse[] = [];
  const server = createServer((_request, response) => void answers.push(response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nHost: village\r\n\r\n");
  await until(() => answers.length === 1);
  const [raw] = answers as [ServerResponse];
  return {
    client,
    raw,
    watched: () => watched,
    letGo: () =>
      letGoWithLogIn(sessions, { identity: {}, method: "GET" } as FastifyRequest, { raw } as FastifyReply),
  };
}

test("an answer is watched until it is over", async () => {
  const { client, letGo, watched } = await setUp();
  letGo();
  expect(watched()).toBe(1);
  client.destroy();
  await until(() => watched() === 0);
});

test("an answer whose client went away while the log-in was looked up is not watched: nobody would end that", async () => {
  const { client, raw, letGo, watched } = await setUp();
  const isClosed = once(raw, "close");
  client.destroy();
  await isClosed;
  letGo();
  expect(watched()).toBe(0);
});

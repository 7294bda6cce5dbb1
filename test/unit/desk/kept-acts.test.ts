import { Agent, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openTownshipBook } from "../../../src/buffer/copies/township-book.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { DeskAct } from "../../../src/core/township-desk.ts";
import { createKeptActs } from "../../../src/desk/kept-acts.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { until } from "../../support/until.ts";
import { scratchFolder } from "../buffer/scratch.ts";

const NOTE: DeskAct = { box: "longwan", alarm: "a1", kind: "note", person: "wang", text: "派出所已出发" };

/** What the desk keeps for one village, whose answers the test gives, each when it has come to it. */
async function startActs() {
  const clock = createManualClock();
  const asked: { readonly call: string; answer(status: number, body: object): void; hangUp(): void }[] = [];
  const server = createServer((request, response) => {
    request.resume();
    asked.push({
      call: `${request.method} ${request.url?.replace("/api/v1", "")}`,
      answer: (status, body) => void response.writeHead(status).end(JSON.stringify(body)),
      hangUp: () => void response.destroy(),
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent();
  const book = await openTownshipBook(join(await scratchFolder(), "township.sqlite"));
  const told: string[] = [];
  let waits = 0;
  let count = 0;
  const acts = createKeptActs(
    {
      ...{ book, clock, log: { ...silentLogger, warn: () => void waits++ } },
      door: () => ({ url: `http://127.0.0.1:${port}`, agent, pictureAgent: agent, token: "token" }),
      newId: () => `act-${++count}`,
      onChange: () => undefined,
      isOfLostLedger: () => false,
      onRefused: ({ kind }, code) => void told.push(`${kind} ${code}`),
    },
    { kept: [], own: [], refused: [] },
  );
  onTestFinished(async () => {
    acts.stop();
    server.closeAllConnections();
    server.close();
    await book.close();
  });
  return {
    ...{ acts, book, clock },
    /** What the audit was told of. */
    told,
    /** How often something waited for the village. */
    waits: () => waits,
    /** The next thing that the village is asked, and it alone. */
    async next(call: string) {
      const one = await until(() => asked.shift(), { what: call });
      expect(one.call).toBe(call);
      return one;
    },
  };
}

test("a note whose answer was lost is looked for with its alarm, however old that is, and not written once more", async () => {
  const { acts, clock, next, waits } = await startActs();
  void acts.submit(NOTE);
  (await next("POST /alarms/a1/notes")).hangUp();
  await until(() => waits() > 0, { what: "an act that waits" });
  await clock.advance(2_000);
  (await next("GET /alarms/a1")).answer(200, { id: "a1", notes: [{ by: "wang@desk", text: NOTE.text }] });
  await until(() => acts.list().taken.length === 1);
  expect(acts.list().kept).toEqual([]);
});

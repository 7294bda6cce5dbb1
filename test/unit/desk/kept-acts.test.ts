import { Agent, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openTownshipBook } from "../../../src/buffer/copies/township-book.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { DeskAct } from "../../../src/core/township-desk.ts";
import { createKeptActs } from "../../../src/desk/kept-acts.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { until } from "../../support/until.ts";
import { scratchFolder } from "../buffer/scratch.ts";

const NOTE: DeskAct = { box: "longwan", alarm: "a1", kind: "note", person: "wang", text: "派出所已出发" };
const ACKNOWLEDGEMENT: DeskAct = { box: "longwan", alarm: "a1", kind: "acknowledge", person: "wang" };
/** Of somebody who waits for the answer. */
const HERE = new AbortController().signal;

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
  let isHere = true;
  let count = 0;
  const acts = createKeptActs(
    {
      ...{ book, clock, log: { ...silentLogger, warn: () => void waits++ } },
      door: () =>
        isHere ? { url: `http://127.0.0.1:${port}`, agent, pictureAgent: agent, token: "token" } : undefined,
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
    leave() {
      isHere = false;
    },
    comeBack() {
      isHere = true;
      void acts.deliver("longwan");
    },
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
  void acts.submit(NOTE, HERE);
  (await next("POST /alarms/a1/notes")).hangUp();
  await until(() => waits() > 0, { what: "an act that waits" });
  await clock.advance(2_000);
  (await next("GET /alarms/a1")).answer(200, { id: "a1", notes: [{ by: "wang@desk", text: NOTE.text }] });
  await until(() => acts.list().taken.length === 1);
  expect(acts.list().kept).toEqual([]);
});

test("acknowledgements that came too late are no refusals: the audit has none, and they push no refusal out", async () => {
  const { acts, book, leave, comeBack, next, told } = await startActs();
  leave();
  await acts.submit(NOTE, HERE);
  for (let at = 0; at < 50; at++) await acts.submit({ ...ACKNOWLEDGEMENT, alarm: `b${at}` }, HERE);
  comeBack();
  (await next("POST /alarms/a1/notes")).answer(409, { code: "alarm.too_many_notes" });
  for (let at = 0; at < 50; at++) {
    (await next(`POST /alarms/b${at}/acknowledge`)).answer(409, { code: "alarm.cleared" });
  }
  await until(() => acts.list().kept.length === 0);
  const refusals = [acts.list().refused, await book.refusedActs()];
  for (const refused of refusals) expect(refused[0]).toMatchObject({ ...NOTE, code: "alarm.too_many_notes" });
  expect(refusals[1]).toEqual(refusals[0]);
  expect(told).toEqual(["note alarm.too_many_notes"]);
});

test("of refusals that nobody has read the newest fifty are kept", async () => {
  const { acts, book, leave, comeBack, next } = await startActs();
  leave();
  for (let at = 0; at < 51; at++) await acts.submit({ ...NOTE, alarm: `b${at}` }, HERE);
  comeBack();
  for (let at = 0; at < 51; at++) {
    (await next(`POST /alarms/b${at}/notes`)).answer(409, { code: "alarm.too_many_notes" });
  }
  await until(() => acts.list().kept.length === 0);
  expect(acts.list().refused.map(({ alarm }) => alarm)).toEqual(
    Array.from({ length: 50 }, (_, at) => `b${at + 1}`),
  );
  expect(await book.refusedActs()).toEqual(acts.list().refused);
});

test("who waits for the answer hears of a refusal, and it stands nowhere else", async () => {
  const { acts, book, next, told } = await startActs();
  const heard = acts.submit(NOTE, HERE);
  (await next("POST /alarms/a1/notes")).answer(409, { code: "alarm.too_many_notes" });
  expect(await heard).toEqual({ status: "refused", code: "alarm.too_many_notes" });
  expect([acts.list().refused, await book.refusedActs()]).toEqual([[], []]);
  expect(told).toEqual(["note alarm.too_many_notes"]);
});

test("a reason that is longer than any is none: it would stand in every page of the desk", async () => {
  const { acts, leave, comeBack, next, waits } = await startActs();
  leave();
  await acts.submit(NOTE, HERE);
  const before = waits();
  comeBack();
  (await next("POST /alarms/a1/notes")).answer(409, { code: `alarm.${"a".repeat(100_000)}` });
  await until(() => waits() > before, { what: "an act that waits" });
  expect(acts.list()).toMatchObject({ kept: [NOTE], refused: [] });
});

describe("a refusal that comes when nobody waits for it any more stands with its alarm", () => {
  const refusals = [{ ...NOTE, code: "alarm.too_many_notes" }];

  test("where the village needed 8 s for each of two acts before it", async () => {
    const { acts, book, clock, next } = await startActs();
    const before = ["b1", "b2"].map((alarm) => acts.submit({ ...ACKNOWLEDGEMENT, alarm }, HERE));
    const heard = acts.submit(NOTE, HERE);
    const first = await next("POST /alarms/b1/acknowledge");
    await clock.advance(8_000);
    first.answer(200, {});
    const second = await next("POST /alarms/b2/acknowledge");
    await clock.advance(8_000);
    // A page gives up after 15 s.
    expect(await heard).toEqual({ status: "kept" });
    second.answer(200, {});
    (await next("POST /alarms/a1/notes")).answer(409, { code: "alarm.too_many_notes" });
    await until(() => acts.list().kept.length === 0);
    expect(acts.list().refused).toMatchObject(refusals);
    expect(await book.refusedActs()).toEqual(acts.list().refused);
    expect(await Promise.all(before)).toEqual([{ status: "done" }, { status: "kept" }]);
  });

  test("where whoever asked has left the page", async () => {
    const { acts, next } = await startActs();
    const page = new AbortController();
    const heard = acts.submit(NOTE, page.signal);
    const asked = await next("POST /alarms/a1/notes");
    page.abort();
    expect(await heard).toEqual({ status: "kept" });
    asked.answer(409, { code: "alarm.too_many_notes" });
    await until(() => acts.list().kept.length === 0);
    expect(acts.list().refused).toMatchObject(refusals);
  });
});

import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { type Misbehaviour, startFleet } from "../../hw/virtual/fleet/fleet.ts";
import { createVirtualBox, type VirtualBox } from "../../hw/virtual/fleet/virtual-box.ts";
import { COPY_MIGRATIONS } from "../../src/buffer/copies/sqlite-tables.ts";
import { openDatabase } from "../../src/buffer/database.ts";
import { MIGRATIONS } from "../../src/buffer/migrations.ts";
import { SITE_HEADER } from "../../src/core/desk-channel.ts";
import { fill, raiseIn, TOKEN } from "../support/desk-over-virtual.ts";
import { startTestDesk } from "../support/test-desk.ts";
import { until } from "../support/until.ts";

// What a box that somebody has taken over can do to the other villages of a desk: nothing.

/** The real desk over a box that answers as the test says, and a good one. */
async function startBeside(hostileOf: (taken: VirtualBox) => Misbehaviour) {
  const [taken, good] = [createVirtualBox("taohua", `${TOKEN}-2`), createVirtualBox("longwan", TOKEN)];
  fill(taken, 1200);
  raiseIn(taken, "t1");
  const hostile = hostileOf(taken);
  const fleet = await startFleet([taken, good]);
  onTestFinished(() => fleet.close());
  fleet.misbehave(
    (request, path, response) => path.startsWith("taohua/") && hostile(request, path, response),
  );
  const desk = await startTestDesk([
    { id: "taohua", name: "桃花村", token: taken.token, reach: { url: fleet.url("taohua") } },
    { id: "longwan", name: "龙湾村", token: good.token, reach: { url: fleet.url("longwan") } },
  ]);
  return { ...desk, fleet, taken, good };
}

/** @param only the class that is asked for: `alarm` for what is to come ahead of a backlog. @param eventOf JSON. */
function startSaying(only: "alarm" | null, eventOf: (taken: VirtualBox) => string) {
  return startBeside((taken) => (request, path, response) => {
    const asked = new URL(request.url ?? "", "http://fleet").searchParams;
    if (path !== "taohua/events" || asked.get("class") !== only) return false;
    response.writeHead(200, {
      "content-type": "application/cloudevents-batch+json",
      "cunshao-ledger": taken.ledger,
      "cunshao-head": "1201",
    });
    response.end(`[${eventOf(taken)}]`);
    return true;
  });
}

async function othersGoOn({ good, state }: Awaited<ReturnType<typeof startSaying>>): Promise<void> {
  raiseIn(good, "a1");
  await until(async () => (await state()).alarms.some(({ id }) => id === "a1"), {
    what: "the alarm of the other village",
  });
}

const NESTED = `${'{"a":'.repeat(6000)}1${"}".repeat(6000)}`;
const last = (taken: VirtualBox, part: object): string => JSON.stringify({ ...taken.events.at(-1), ...part });

describe.each([
  [
    "that is nested so deep that nothing can go over it",
    (taken: VirtualBox) => last(taken, { data: { deep: 0 } }).replace('{"deep":0}', NESTED),
  ],
  [
    "whose subject is what no text can be made of",
    (taken: VirtualBox) => last(taken, { subject: { toString: 0, valueOf: 0 } }),
  ],
])("an event %s", (_what, eventOf) => {
  test("is refused with its box, also after the desk was started again, and costs the other villages nothing", async () => {
    const desk = await startSaying(null, eventOf);
    await desk.boxWith({ status: "refused", reason: "box.bad_answer" });
    await othersGoOn(desk);
    expect((await desk.state()).alarms).toHaveLength(1);
    await desk.restart();
    await desk.boxWith({ status: "refused", reason: "box.bad_answer" });
    await until(async () => (await desk.state()).boxes[1]?.status === "here", { what: "the other village" });
  });

  test("is not taken ahead of a backlog either: that comes, and the other villages go on", async () => {
    const desk = await startSaying("alarm", eventOf);
    await until(() => desk.fleet.calls.some((call) => call.includes("class=alarm")), {
      what: "a desk that asks for alarms first",
    });
    await othersGoOn(desk);
    await until(async () => (await desk.state()).boxes[0]?.ledger?.seq === 1201, { what: "the backlog" });
  });
});

test.each([
  [
    "has a subject that is no text",
    (text: string) => text.replace('"subject":"t1"', '"subject":{"toString":0}'),
    undefined,
  ],
  ["cannot be read", (text: string) => text.slice(0, -1), true],
])(
  "an alarm that %s, and is on the desk's disk all the same, keeps no village from its place there",
  async (_what, spoil, isUnread) => {
    const desk = await startBeside(() => () => false);
    raiseIn(desk.good, "a1");
    await until(async () => (await desk.state()).alarms.length === 2, { what: "both alarms" });
    await until(async () => (await desk.state()).boxes[0]?.ledger?.seq === 1201, { what: "all of it" });
    const text = JSON.stringify(desk.taken.events.at(-1));
    expect(spoil(text)).not.toBe(text);
    await desk.restart(async () => {
      const database = await openDatabase(join(desk.folder, "pulled/pulled.sqlite"), {
        migrations: COPY_MIGRATIONS,
      });
      await database.transaction(({ run }) =>
        run("UPDATE events SET event = ? WHERE subject = 't1'", [spoil(text)]),
      );
      await database.close();
    });
    const { alarms, boxes } = await desk.state();
    expect(alarms).toMatchObject([{ box: "longwan", id: "a1" }]);
    // That none waits there would not be true.
    expect(boxes.map(({ alarmsUnread }) => alarmsUnread)).toEqual([isUnread, undefined]);
    raiseIn(desk.taken, "t2");
    await until(async () => (await desk.state()).alarms.some(({ id }) => id === "t2"), {
      what: "what its village says from then on",
    });
  },
);

test("a reason of a megabyte is not handed on to every page of the desk", async () => {
  const desk = await startBeside(() => (_request, path, response) => {
    if (path !== "taohua/events") return false;
    response.writeHead(400, { "content-type": "application/problem+json" });
    response.end(JSON.stringify({ code: `box.${"a".repeat(1_000_000)}` }));
    return true;
  });
  await desk.boxWith({ status: "refused" });
  expect((await desk.state()).boxes[0]?.reason).toBe("box.bad_answer");
});

test("a box that says each time that it is another village is kept once in the desk's ledger, not each time", async () => {
  const desk = await startTestDesk([{ id: "longwan", name: "龙湾村", token: TOKEN, reach: "reverse" }]);
  const come = (site: string): Promise<number> =>
    new Promise((resolve) => {
      const headers = { authorization: `Bearer ${TOKEN}`, [SITE_HEADER]: site };
      const socket = new WebSocket(`${desk.url.replace("http", "ws")}/api/v1/channel`, { headers });
      socket.on("unexpected-response", (_request, response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      });
      socket.on("error", () => undefined);
    });
  const names = Array.from({ length: 30 }, (_, index) => `other-${index}`);
  expect(new Set(await Promise.all(names.map(come)))).toEqual(new Set([403]));
  expect((await desk.state()).boxes[0]?.contested?.site).toMatch(/^other-/);
  const database = await openDatabase(join(desk.folder, "ledger/cunshao.sqlite"), { migrations: MIGRATIONS });
  const kept = await database.all("SELECT seq FROM events WHERE type = 'org.cunshao.desk.other_site'", []);
  await database.close();
  expect(kept).toHaveLength(1);
});

import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { type Misbehaviour, startFleet } from "../../hw/virtual/fleet/fleet.ts";
import { createVirtualBox, type VirtualBox } from "../../hw/virtual/fleet/virtual-box.ts";
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

describe("an event that is nested so deep that nothing can go over it", () => {
  const NESTED = `${'{"a":'.repeat(6000)}1${"}".repeat(6000)}`;

  /** @param only the class that is asked for: `alarm` for what is to come ahead of a backlog. */
  function startNested(only: "alarm" | null) {
    return startBeside((taken) => (request, path, response) => {
      const asked = new URL(request.url ?? "", "http://fleet").searchParams;
      if (path !== "taohua/events" || asked.get("class") !== only) return false;
      response.writeHead(200, {
        "content-type": "application/cloudevents-batch+json",
        "cunshao-ledger": taken.ledger,
        "cunshao-head": "1201",
      });
      const event = { ...taken.events.at(-1), data: { deep: 0 } };
      response.end(`[${JSON.stringify(event).replace('{"deep":0}', NESTED)}]`);
      return true;
    });
  }
  async function othersGoOn({ good, state }: Awaited<ReturnType<typeof startNested>>): Promise<void> {
    raiseIn(good, "a1");
    await until(async () => (await state()).alarms.some(({ id }) => id === "a1"), {
      what: "the alarm of the other village",
    });
  }

  test("is refused with its box, also after the desk was started again, and costs the other villages nothing", async () => {
    const desk = await startNested(null);
    await desk.boxWith({ status: "refused", reason: "box.bad_answer" });
    await othersGoOn(desk);
    expect((await desk.state()).alarms).toHaveLength(1);
    await desk.restart();
    await desk.boxWith({ status: "refused", reason: "box.bad_answer" });
    await until(async () => (await desk.state()).boxes[1]?.status === "here", { what: "the other village" });
  });

  test("is not taken ahead of a backlog either: that comes, and the other villages go on", async () => {
    const desk = await startNested("alarm");
    await until(() => desk.fleet.calls.some((call) => call.includes("class=alarm")), {
      what: "a desk that asks for alarms first",
    });
    await othersGoOn(desk);
    await until(async () => (await desk.state()).boxes[0]?.ledger?.seq === 1201, { what: "the backlog" });
  });
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

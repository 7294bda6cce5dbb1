import { describe, expect, onTestFinished, test } from "vitest";
import { createVirtualBox, type VirtualBox } from "../../../hw/virtual/fleet/virtual-box.ts";
import type { Clock } from "../../../src/core/time.ts";
import { until } from "../../support/until.ts";
import { copied, fill, hasty, makeFleet, scratchFolder, startPull } from "./pull-rig.ts";

const ENOUGH = { mostBytes: 1e9, burstBytes: 1e9, bytesPerSecond: 1e6 };

async function oneBox() {
  const rig = await makeFleet("longwan");
  const [box] = rig.boxes;
  if (!box) throw new Error("no box");
  return { ...rig, box };
}

function raise(box: VirtualBox, id: string): void {
  box.append({ type: "org.cunshao.alarm.raised", class: "alarm", subject: id, data: {} });
}

const placesOf = (calls: readonly string[]) =>
  calls
    .filter((call) => call.includes("/events?"))
    .map((call) => new URL(call.slice(4), "http://fleet").searchParams);

const NARROW = { mostBytes: 1e9, burstBytes: 300_000, bytesPerSecond: 400_000 };

test("a box that says more than its pace is asked for its alarms first, and has told all in the end", async () => {
  const { box, ...rig } = await oneBox();
  fill(box, 1);
  const folder = await scratchFolder();
  const { puller, done, stop } = await startPull(folder, rig, {
    ...{ format: "sqlite", follow: true },
    events: NARROW,
  });
  await until(() => puller.views()[0]?.seq === 1, { what: "its first event" });
  fill(box, 1999);
  await until(() => puller.views()[0]?.eventsHeld === "slowed", { what: "a box that is slowed" });
  const { seq = 0 } = puller.views()[0] ?? {};
  expect(seq).toBeLessThan(2000);
  const asked = rig.fleet.calls.length;
  raise(box, "now");
  await until(() => puller.views()[0]?.seq === 2001, { timeoutMs: 30_000, what: "all of it" });
  const places = placesOf(rig.fleet.calls.slice(asked));
  const firstAlarms = places.findIndex((place) => place.get("class") === "alarm");
  const lastRest = places.findLastIndex((place) => !place.has("class") && Number(place.get("after")) < 2001);
  expect(firstAlarms).toBeGreaterThan(-1);
  expect(firstAlarms).toBeLessThan(lastRest);
  stop();
  await done;
  expect((await copied(folder, "longwan", "sqlite")).map((event) => event.seq)).toEqual(
    Array.from({ length: 2001 }, (_, index) => index + 1),
  );
});

test("a box of many years is taken in at full speed when it is met, also where this side is switched off meanwhile", async () => {
  const { box, ...rig } = await oneBox();
  fill(box, 2500);
  const folder = await scratchFolder();
  const bounds = { format: "sqlite", follow: true, events: { ...NARROW, bytesPerSecond: 1 } } as const;
  // The line breaks off after the first page.
  rig.fleet.misbehave((request, _path, response) => {
    const isCut = request.url?.includes("after=500") ?? false;
    if (isCut) response.destroy();
    return isCut;
  });
  const first = await startPull(folder, rig, bounds);
  await until(() => first.puller.views()[0]?.phase === "resting", { what: "its first page" });
  first.stop();
  await first.done;
  expect(first.puller.views()[0]?.seq).toBe(500);
  rig.fleet.misbehave(undefined);
  const { puller, done, stop } = await startPull(folder, rig, bounds);
  const told = new Set<string | undefined>();
  puller.changes.on(({ eventsHeld }) => told.add(eventsHeld));
  await until(() => puller.views()[0]?.seq === 2500, { what: "all of its history" });
  expect([...told]).toEqual([undefined]);
  // What it writes from now on is another matter.
  fill(box, 2500);
  await until(() => puller.views()[0]?.eventsHeld === "slowed", { what: "a box that is slowed" });
  expect(puller.views()[0]?.seq).toBeLessThan(5000);
  stop();
  await done;
});

test("a box whose share is full is asked for alarms alone; what is not here it keeps", async () => {
  const { box, ...rig } = await oneBox();
  fill(box, 8000);
  const folder = await scratchFolder();
  const events = { ...ENOUGH, mostBytes: 2_500_000 };
  const { puller, done, stop } = await startPull(folder, rig, { format: "sqlite", follow: true, events });
  await until(() => puller.views()[0]?.eventsHeld === "alarmsOnly", { what: "a share that is all but full" });
  const { seq = 0 } = puller.views()[0] ?? {};
  raise(box, "now");
  await until(async () => (await copied(folder, "longwan", "sqlite")).at(-1)?.subject === "now", {
    what: "the alarm",
  });
  expect(puller.views()[0]).toMatchObject({ seq, head: 8001, phase: "listening" });
  expect(seq).toBeLessThan(8000);
  expect(box.cursors.get("township")?.seq).toBeLessThanOrEqual(seq);
  stop();
  await done;
});

describe("a box whose share is full and that begins a new ledger, as after a damaged card,", () => {
  async function beginAnew() {
    const { box, ...rig } = await oneBox();
    fill(box, 8000);
    const folder = await scratchFolder();
    const events = { ...ENOUGH, mostBytes: 2_500_000 };
    const { puller, done, stop } = await startPull(folder, rig, { format: "sqlite", follow: true, events });
    await until(() => puller.views()[0]?.eventsHeld === "alarmsOnly", {
      what: "a share that is all but full",
    });
    const reasons = new Set<string | undefined>();
    puller.changes.on(({ reason }) => reasons.add(reason));
    box.beginLedger();
    return {
      ...{ box, puller, reasons },
      calls: rig.fleet.calls,
      async has(alarm: string): Promise<void> {
        await until(
          async () => (await copied(folder, "longwan", "sqlite")).some(({ subject }) => subject === alarm),
          { what: `the alarm ${alarm}` },
        );
      },
      async end(): Promise<void> {
        stop();
        await done;
      },
    };
  }

  test.each([
    ["which ends before what is here of the old one", 0],
    ["which has outgrown it", 8100],
  ])("%s, is asked for the alarms of that one", async (_what, before) => {
    const { box, puller, reasons, has, end } = await beginAnew();
    for (let index = 0; index < before; index++) {
      box.append({ type: "org.cunshao.camera.changed", class: "state", data: { index } });
    }
    raise(box, "new");
    await has("new");
    raise(box, "newer");
    await has("newer");
    expect(puller.views()[0]).toMatchObject({
      ...{ ledger: box.ledger, seq: 0, phase: "listening", eventsHeld: "alarmsOnly" },
      newLedgers: [box.ledger],
    });
    expect([...reasons]).toEqual([undefined]);
    await end();
  });

  test("is waited for there, also while it has no alarm yet", async () => {
    const { box, calls, puller, end } = await beginAnew();
    box.append({ type: "org.cunshao.camera.changed", class: "state", data: {} });
    await until(() => puller.views()[0]?.ledger === box.ledger, { what: "the new ledger" });
    const isWaitedFor = (place: URLSearchParams) => place.get("after") === "0" && place.has("wait");
    await until(() => placesOf(calls).some(isWaitedFor), { what: "a puller that waits" });
    expect(puller.views()[0]?.newLedgers).toEqual([box.ledger]);
    await end();
  });
});

test("a box that went back to an earlier ledger is waited for there", async () => {
  const { box, ...rig } = await oneBox();
  const newer = createVirtualBox(box.id, box.token);
  fill(box, 3);
  fill(newer, 7);
  let present = box;
  rig.fleet.misbehave((request, path, response) => {
    const query = new URL(request.url ?? "", "http://fleet").searchParams;
    present.answer(request, path.replace("longwan/", ""), query, response);
    return true;
  });
  onTestFinished(() => newer.close());
  const { puller, done, stop } = await startPull(await scratchFolder(), rig, { follow: true });
  await until(() => puller.views()[0]?.seq === 3, { what: "its first ledger" });
  present = newer;
  fill(box, 1);
  await until(() => puller.views()[0]?.seq === 7, { what: "its second ledger" });
  present = box;
  fill(newer, 1);
  const isWaitedFor = (place: URLSearchParams) => place.get("after") === "4" && place.has("wait");
  await until(() => placesOf(rig.fleet.calls).some(isWaitedFor), { what: "a puller that waits" });
  stop();
  await done;
});

test("a box that raises alarms without end fills its share, is heard on, and is told of", async () => {
  const { box, ...rig } = await oneBox();
  for (let index = 0; index < 1500; index++) raise(box, `a${index}`);
  const events = { ...ENOUGH, mostBytes: 300_000 };
  const { puller, done, stop } = await startPull(await scratchFolder(), rig, {
    ...{ format: "sqlite", follow: true, events },
  });
  await until(() => puller.views()[0]?.eventsHeld === "full", { what: "a share that is full" });
  const { answers = 0, eventBytes = 0 } = puller.views()[0] ?? {};
  // One page is not cut in two.
  expect(eventBytes).toBeLessThan(2 * events.mostBytes);
  await until(() => (puller.views()[0]?.answers ?? 0) > answers + 1, { what: "a box that is still heard" });
  expect(puller.views()[0]).toMatchObject({ phase: "listening", eventBytes });
  stop();
  await done;
});

test("a box that answers at once and says nothing is not asked without end", async () => {
  const { box, ...rig } = await oneBox();
  fill(box, 1);
  rig.fleet.misbehave((_request, path, response) => {
    if (!path.endsWith("/events")) return false;
    response.writeHead(200, {
      "content-type": "application/json",
      "cunshao-ledger": box.ledger,
      "cunshao-head": "0",
    });
    response.end("[]");
    return true;
  });
  const { puller, done, stop } = await startPull(await scratchFolder(), rig, {
    ...{ format: "sqlite", follow: true },
    events: { ...ENOUGH, burstBytes: 100 * 4096, bytesPerSecond: 100 },
  });
  await until(() => puller.views()[0]?.eventsHeld === "slowed", { what: "a box that is slowed" });
  // The hundredth uses up the burst; the least that has come in meanwhile lets one more through, and then none for 41 s.
  expect(placesOf(rig.fleet.calls).length).toBeLessThanOrEqual(101);
  stop();
  await done;
});

test("a box that begins one ledger after the other is not followed for ever", async () => {
  const { box, ...rig } = await oneBox();
  fill(box, 1);
  let ledgers = 1;
  rig.fleet.misbehave((_request, path) => {
    if (path.endsWith("/events")) {
      box.beginLedger();
      // More than before, so that there is something to say.
      fill(box, ++ledgers);
    }
    return false;
  });
  const { puller, done, stop } = await startPull(await scratchFolder(), rig, {
    ...{ format: "sqlite", follow: true, events: ENOUGH },
  });
  await until(() => puller.views()[0]?.reason === "box.too_many_ledgers", {
    timeoutMs: 30_000,
    what: "a box that is refused",
  });
  expect(puller.views()[0]?.newLedgers.length).toBeLessThanOrEqual(50);
  stop();
  await done;
});

test("a box that never comes to an end leaves others their turn", async () => {
  const rig = await makeFleet("endless", "longwan");
  const [endless, box] = rig.boxes;
  if (!endless || !box) throw new Error("no boxes");
  fill(box, 5);
  rig.fleet.misbehave((_request, path, response) => {
    if (path !== "endless/events") return false;
    fill(endless, 1);
    response.writeHead(200, {
      "content-type": "application/json",
      "cunshao-ledger": endless.ledger,
      "cunshao-head": "1000000000",
    });
    response.end(JSON.stringify(endless.events.slice(-1)));
    return true;
  });
  // Half a minute of a turn is a moment here.
  const clock: Clock = {
    ...hasty,
    now: () => ({ wallMs: Date.now(), monotonicMs: 200 * performance.now() }),
  };
  const { puller, done, stop } = await startPull(await scratchFolder(), rig, {
    ...{ format: "sqlite", follow: true, atOnce: 1, events: ENOUGH, clock },
  });
  await until(() => puller.views()[1]?.seq === 5, { timeoutMs: 30_000, what: "the other village" });
  expect(puller.views()[0]?.phase).toBe("events");
  stop();
  await done;
});

import { cp, rm } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Misbehaviour, startFleet } from "../../hw/virtual/fleet/fleet.ts";
import { createVirtualBox } from "../../hw/virtual/fleet/virtual-box.ts";
import { raise, startDeskOfOne } from "../support/desk-of-one.ts";
import { fill, raiseIn, SHARE, startOverVirtual, TOKEN } from "../support/desk-over-virtual.ts";
import { clockOffBy } from "../support/off-clock.ts";
import { startTestDesk } from "../support/test-desk.ts";
import { until } from "../support/until.ts";

// What a township's desk does with boxes that are not what they should be: refused or contained, and told in its state.

const YEAR_MS = 365 * 86_400_000;
const MOST_EVENTS = 2_500_000;
const PICTURE_BYTES = 200_000;

const picture = (value: number): Buffer =>
  Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(PICTURE_BYTES, value)]);

describe("a box with the identity of another village", () => {
  test("opens no channel with this village's token, and who it says it is stands beside the village", async () => {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    const stranger = desk.openEnd("instance-2", "other-village");
    desk.onEnd(() => stranger.stop());
    await stranger.start();
    const box = await until(async () => (await desk.state()).boxes.find(({ contested }) => contested), {
      what: "a stranger who is told of",
    });
    expect(box).toMatchObject({ status: "here", contested: { site: "other-village", address: "127.0.0.1" } });
    await until(() => stranger.health().reason === "desk.unauthorized", { what: "a box that knows" });
  });

  test("is refused also where only alarms far behind its first page are another village's", async () => {
    const desk = await startOverVirtual((box) => {
      fill(box, 1200);
      raiseIn(box, "a1");
      box.tamper((events) => {
        const last = events.at(-1);
        if (last) events[events.length - 1] = { ...last, source: "/sites/other-village" };
      });
    });
    expect(await desk.boxWith({ status: "refused" })).toMatchObject({ reason: "box.other_site" });
    expect((await desk.state()).alarms).toEqual([]);
  });
});

describe("a copied card", () => {
  test("is turned away while the box itself is there, and told of", async () => {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    const clone = desk.openEnd("instance-2");
    desk.onEnd(() => clone.stop());
    await clone.start();
    await until(() => clone.health().reason === "desk.box_taken", { what: "a copy that is turned away" });
    const [box] = (await desk.state()).boxes;
    expect(box).toMatchObject({ status: "here", contested: { address: "127.0.0.1" } });
    expect(box?.contested?.site).toBeUndefined();
    expect((await desk.ask("GET", "/boxes/test/state")).status).toBe(200);
  });

  test("that took the place of the box shows by its records, which follow others", async () => {
    const desk = await startOverVirtual((box) => fill(box, 9));
    await until(async () => (await desk.state()).boxes[0]?.ledger?.seq === 9, { what: "nine events" });
    desk.box.tamper((events) => events.splice(4));
    fill(desk.box, 6);
    const broken = await until(
      async () => (await desk.state()).boxes.find(({ ledger }) => (ledger?.broken ?? 0) > 0),
      { timeoutMs: 30_000, what: "records that do not fit" },
    );
    expect(broken).toMatchObject({ ledger: { broken: 1, missing: 0 } });
  });
});

describe("a box whose clock is off", () => {
  test.each([
    ["ahead", YEAR_MS],
    ["behind", -YEAR_MS],
  ])("by a year %s is told as such, and its alarms stand where they belong", async (_way, offMs) => {
    const desk = await startDeskOfOne("direct", { clock: clockOffBy(offMs) });
    await desk.here();
    const beganMs = Date.now();
    await raise(desk.box);
    const alarm = await desk.alarm();
    expect(Date.parse(alarm.raisedAt)).toBeGreaterThan(beganMs - 10_000);
    expect(Date.parse(alarm.raisedAt)).toBeLessThanOrEqual(Date.now());
    const [box] = (await desk.state()).boxes;
    expect(Math.round((box?.village?.clockOffSeconds ?? 0) / 86_400)).toBe(offMs / 86_400_000);
  });

  test("that gives no time at all is one whose answers make no sense", async () => {
    const desk = await startOverVirtual((box) => {
      raiseIn(box, "a1");
      box.tamper((events) => {
        const [first] = events;
        if (first) events[0] = { ...first, time: "<script>alert(1)</script>" };
      });
    });
    expect(await desk.boxWith({ reason: "box.bad_answer" })).toMatchObject({ status: "refused" });
    expect((await desk.state()).alarms).toEqual([]);
  });
});

describe("what was restored from a backup", () => {
  test("a desk gets again what the box still has, and what it has let go counts as that and not as lost", async () => {
    const desk = await startOverVirtual((box) => fill(box, 20));
    const hasSeq = (seq: number) =>
      until(async () => (await desk.state()).boxes[0]?.ledger?.seq === seq, { what: `event ${seq}` });
    await hasSeq(20);
    const backup = `${desk.folder}-backup`;
    onTestFinished(() => rm(backup, { recursive: true, force: true }));
    await desk.restart(() => cp(desk.folder, backup, { recursive: true }));
    fill(desk.box, 30);
    raiseIn(desk.box, "a1");
    await hasSeq(51);
    // The desk has told it that it has them.
    desk.box.tamper((events) => events.splice(20, 10));
    desk.box.append({
      type: "org.cunshao.ledger.evicted",
      class: "audit",
      data: { firstSeq: 21, lastSeq: 30 },
    });
    await hasSeq(52);
    await desk.restart(async () => {
      await rm(desk.folder, { recursive: true });
      await cp(backup, desk.folder, { recursive: true });
    });
    await hasSeq(52);
    expect(await desk.boxWith({ status: "here" })).toMatchObject({
      ledger: { missing: 0, letGo: 10, broken: 0, before: 0 },
    });
    expect((await desk.state()).alarms).toMatchObject([{ id: "a1" }]);
  });

  test("a box that knows less than the desk is not taken further, and what the desk has stays", async () => {
    const desk = await startOverVirtual((box) => {
      fill(box, 9);
      raiseIn(box, "a1");
    });
    await until(async () => (await desk.state()).alarms.length === 1, { what: "an alarm" });
    desk.box.tamper((events) => events.splice(5));
    await desk.restart();
    expect(await desk.boxWith({ status: "refused" })).toMatchObject({ reason: "box.rewound" });
    expect((await desk.state()).alarms).toMatchObject([{ id: "a1" }]);
  });
});

describe("a box that has no time", () => {
  test("is told again what was done at the desk, though it was there all the while", async () => {
    const asked: string[] = [];
    const desk = await startOverVirtual(
      (box) => raiseIn(box, "a1"),
      (_request, path, response) => {
        if (!path.endsWith("/acknowledge")) return false;
        asked.push(path);
        response.writeHead(asked.length < 3 ? 503 : 200, { "content-type": "application/json" });
        response.end("{}");
        return true;
      },
    );
    await desk.boxWith({ status: "here" });
    await until(async () => (await desk.state()).alarms.length === 1, { what: "an alarm" });
    expect(await desk.ask("POST", "/boxes/longwan/alarms/a1/acknowledge", {})).toMatchObject({ status: 202 });
    await until(async () => (await desk.state()).boxes[0]?.keptActs === 0, { what: "a box that was told" });
    expect(asked).toHaveLength(3);
    expect((await desk.state()).boxes).toMatchObject([{ status: "here", waitingAlarms: 0 }]);
  });
});

describe("names that are more than names", () => {
  test("come as words of one line that fit on a page and keep to their place", async () => {
    const desk = await startDeskOfOne("direct");
    await desk.here();
    await raise(desk.box, "a1", {
      name: `<script>alert(1)</script>\u202Eraw\u0000\n`,
      place: "塘".repeat(5000),
    });
    const { name, place } = await desk.alarm();
    expect(name).toBe("<script>alert(1)</script> raw");
    expect(place).toHaveLength(120);
  });

  test("of alarms that no address could hold are no alarms", async () => {
    const desk = await startOverVirtual((box) => {
      for (const id of ["..", "../../session", "x".repeat(60_000), "a b"]) raiseIn(box, id);
      raiseIn(box, "good");
    });
    await until(async () => (await desk.state()).alarms.length > 0, { what: "an alarm" });
    expect((await desk.state()).alarms.map(({ id }) => id)).toEqual(["good"]);
  });
});

describe("evidence without end", () => {
  /** Answers like this for the first file that is asked for, whenever it is asked for. */
  function forFirstFile(answer: (response: Parameters<Misbehaviour>[2]) => void): Misbehaviour {
    let first: string | undefined;
    return (_request, path, response) => {
      if (!path.includes("/evidence/")) return false;
      first ??= path;
      if (path !== first) return false;
      answer(response);
      return true;
    };
  }
  function pour(response: Parameters<Misbehaviour>[2]): void {
    const chunk = Buffer.alloc(1 << 16, 7);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once("drain", more);
    };
    response.on("error", () => undefined);
    more();
  }

  test.each<[string, (response: Parameters<Misbehaviour>[2]) => void]>([
    [
      "of a length that is said to be 10 GB",
      (response) => {
        response.writeHead(200, { "content-type": "video/mp4", "content-length": "10000000000" });
        pour(response);
      },
    ],
    [
      "of no length at all",
      (response) => {
        response.writeHead(200, { "content-type": "video/mp4" });
        pour(response);
      },
    ],
  ])("%s is not taken, costs the village nothing else, and is told of", async (_what, answer) => {
    const desk = await startOverVirtual((box) => {
      box.addFile(picture(1), "video/mp4");
      box.addFile(picture(2), "image/jpeg");
      raiseIn(box, "a1");
    }, forFirstFile(answer));
    const box = await until(
      async () => (await desk.state()).boxes.find(({ files }) => files.tooLarge === 1 && files.bytes > 0),
      { timeoutMs: 30_000, what: "a file that was not taken, and the one after it" },
    );
    expect(box.files).toMatchObject({ bytes: PICTURE_BYTES + 3, letGo: 0 });
    expect((await desk.state()).alarms).toMatchObject([{ id: "a1" }]);
  });

  test.each([
    ["more", PICTURE_BYTES / 2],
    ["less", PICTURE_BYTES + 10_000],
  ])("a file of %s bytes than its length says is not taken for whole", async (_what, said) => {
    let isLying = true;
    const desk = await startOverVirtual(
      (box) => {
        box.addFile(picture(1), "image/jpeg");
      },
      (_request, path, response) => {
        if (!isLying || !path.includes("/evidence/")) return false;
        response.on("error", () => undefined);
        response.strictContentLength = false;
        response.writeHead(200, { "content-type": "image/jpeg", "content-length": String(said) });
        response.write(picture(1), () => response.destroy());
        return true;
      },
    );
    await until(
      async () => {
        const asked = desk.fleet.calls.filter((call) => call.includes("/evidence/")).length;
        return asked > 0 && (await desk.state()).boxes[0]?.status === "here";
      },
      { what: "a file that was asked for" },
    );
    expect((await desk.state()).boxes[0]?.files).toMatchObject({ tooLarge: 0, letGo: 0 });
    isLying = false;
    raiseIn(desk.box, "a1");
    const [sha256] = desk.box.events.flatMap(({ data }) => (data["sha256"] ? [String(data["sha256"])] : []));
    const answer = await until(
      async () => {
        const shown = await desk.ask("GET", `/boxes/longwan/evidence/${sha256}`);
        return shown.headers.get("content-length") === String(PICTURE_BYTES + 3) ? shown : undefined;
      },
      { timeoutMs: 30_000, what: "the whole picture" },
    );
    expect(answer.status).toBe(200);
  });

  test("more of it than its share lets the oldest go; events stay, and how much went is told", async () => {
    const desk = await startOverVirtual((box) => {
      raiseIn(box, "a1");
      for (let index = 0; index < 8; index++) box.addFile(picture(index), "image/jpeg");
    });
    const ids = desk.box.events.flatMap(({ data }) => (data["sha256"] ? [String(data["sha256"])] : []));
    const box = await until(
      async () =>
        (await desk.state()).boxes.find(({ files }) => files.letGo === 4 && files.bytes > SHARE / 2),
      { timeoutMs: 30_000, what: "a share that makes room" },
    );
    expect(box.files.bytes).toBeLessThanOrEqual(SHARE);
    expect(box.files.reason).toBeUndefined();
    expect(box.ledger).toMatchObject({ seq: 9, missing: 0 });
    // What it shows is its own copy: the box is asked for nothing any more.
    await desk.fleet.close();
    const statusOf = async (id = "") => (await desk.ask("GET", `/boxes/longwan/evidence/${id}`)).status;
    await until(async () => (await statusOf(ids[7])) === 200, { what: "the newest picture" });
    expect(await statusOf(ids[0])).not.toBe(200);
  });
});

describe("events without end", () => {
  test("fill the share of their village and no more: its alarms still come, and it keeps the rest", async () => {
    const desk = await startOverVirtual((box) => fill(box, 8000), undefined, { mostEventBytes: MOST_EVENTS });
    const full = await until(
      async () => (await desk.state()).boxes.find(({ events }) => events.held === "alarmsOnly"),
      { timeoutMs: 30_000, what: "a share that is all but full" },
    );
    expect(full).toMatchObject({ status: "here", events: { mostBytes: MOST_EVENTS } });
    expect(full.events.bytes).toBeLessThan(MOST_EVENTS);
    raiseIn(desk.box, "a1");
    await until(async () => (await desk.state()).alarms.length === 1, { what: "its alarm" });
    const [box] = (await desk.state()).boxes;
    expect(box?.ledger?.seq).toBe(full.ledger?.seq);
    expect(box?.waitingEvents).toBeGreaterThan(1000);
    expect(desk.box.cursors.get("desk-zhuting")?.seq).toBeLessThanOrEqual(full.ledger?.seq ?? 0);
    // The desk is given more room.
    desk.township.mostEventBytes = 1e9;
    await desk.restart();
    await until(async () => (await desk.state()).boxes[0]?.ledger?.seq === desk.box.events.length, {
      timeoutMs: 30_000,
      what: "all that waited",
    });
    expect(await desk.boxWith({ status: "here" })).toMatchObject({ ledger: { missing: 0, broken: 0 } });
  });

  test("that are alarms hide no other village's: they are counted, and so many are shown", async () => {
    const noisy = createVirtualBox("noisy", `${TOKEN}-2`);
    const box = createVirtualBox("longwan", TOKEN);
    const fleet = await startFleet([noisy, box]);
    onTestFinished(() => fleet.close());
    raiseIn(box, "a1");
    for (let index = 0; index < 300; index++) raiseIn(noisy, `n${index}`);
    const desk = await startTestDesk([
      { id: "noisy", name: "大湾村", token: noisy.token, reach: { url: fleet.url("noisy") } },
      { id: "longwan", name: "龙湾村", token: box.token, reach: { url: fleet.url("longwan") } },
    ]);
    const state = await until(
      async () => {
        const told = await desk.state();
        return told.boxes[0]?.waitingAlarms === 300 && told.boxes[1]?.waitingAlarms === 1 ? told : undefined;
      },
      { what: "all alarms" },
    );
    expect(state.alarms.filter((alarm) => alarm.box === "longwan")).toHaveLength(1);
    expect(state.alarms.filter((alarm) => alarm.box === "noisy")).toHaveLength(50);
  });
});

describe("an hour without a line", () => {
  test("comes back complete, its alarms before everything else", async () => {
    let isCut = false;
    const desk = await startOverVirtual(
      (box) => fill(box, 3),
      (_request, _path, response) => {
        if (isCut) response.destroy();
        return isCut;
      },
    );
    await until(async () => (await desk.state()).boxes[0]?.ledger?.seq === 3, { what: "its first events" });
    isCut = true;
    // Ends the long poll that is under way.
    fill(desk.box, 1);
    await desk.boxWith({ status: "away" });
    const known = (await desk.state()).boxes[0]?.ledger?.seq ?? 0;
    for (let minute = 0; minute < 60; minute++) {
      fill(desk.box, 59);
      raiseIn(desk.box, `alarm-${minute}`);
    }
    const asked = desk.fleet.calls.length;
    isCut = false;
    await until(async () => (await desk.state()).boxes[0]?.ledger?.seq === desk.box.events.length, {
      timeoutMs: 60_000,
      what: "all of the hour",
    });
    const [box] = (await desk.state()).boxes;
    expect(box).toMatchObject({ status: "here", waitingEvents: 0, openAlarms: 60 });
    expect(box?.ledger).toMatchObject({ missing: 0, broken: 0 });
    const pages = desk.fleet.calls.slice(asked).filter((call) => call.startsWith("GET longwan/events?"));
    const places = pages.map((call) => new URL(call.slice(4), "http://fleet").searchParams);
    const firstOther = places.findIndex((one) => !one.has("class") && Number(one.get("after")) > known);
    const lastAlarms = places.findLastIndex((one) => one.get("class") === "alarm");
    expect(lastAlarms).toBeGreaterThan(-1);
    expect(firstOther).toBeGreaterThan(lastAlarms);
  });
});

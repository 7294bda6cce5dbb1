import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "mqtt";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createVirtualBox } from "../../hw/virtual/fleet/virtual-box.ts";
import { openCountyStore } from "../../src/buffer/copies/county-store.ts";
import { verifyCopy } from "../../src/buffer/verify-copy.ts";
import { fill, setUpCounty, startBroker } from "../support/county-rig.ts";
import { mosquittoMissing } from "../support/mosquitto.ts";
import type { createMqttBox } from "../support/mqtt-box.ts";
import { createPostgresServer, type PostgresServer, postgresMissing } from "../support/postgres.ts";
import { PROJECT } from "../support/project.ts";
import { until } from "../support/until.ts";

const missing = mosquittoMissing() ?? postgresMissing();
if (missing) process.stderr.write(`skipped: ${missing}\n`);
/** For what takes a broker, a database and boxes on a busy machine. */
const WAIT = { timeoutMs: 40_000 };

let server: PostgresServer;
let databases = 0;
const setUp = async (brokerLines: readonly string[] = []) =>
  setUpCounty(server, `county_${databases++}`, await startBroker(brokerLines));
type Box = ReturnType<typeof createMqttBox>;

const done = (...boxes: readonly Box[]) =>
  until(() => boxes.every((box) => box.isDone()), { ...WAIT, what: "all acknowledged" });
const allSeqs = ({ source }: Box): number[] => source.events.map(({ seq }) => seq);

async function stranger(url: string, username = "stranger") {
  const client = connect(url, {
    ...{ protocolVersion: 5, clientId: "stranger", reconnectPeriod: 0 },
    ...{ username, password: "any" },
  });
  onTestFinished(() => client.endAsync(true));
  await new Promise((resolve) => client.once("connect", resolve));
  return {
    client,
    say: (topic: string, payload: string | Buffer, contentType = "application/cloudevents+json") =>
      client.publishAsync(topic, payload, { qos: 1, properties: { contentType } }),
  };
}

describe.skipIf(missing !== undefined)("a county that reads from its broker", () => {
  beforeAll(async () => {
    server = await createPostgresServer();
    await server.start();
  });
  afterAll(() => server?.remove());

  test("has every event of every box once, whatever overtook what, and its figures are those of the boxes", async () => {
    const county = await setUp();
    await county.reader();
    const [longwan, sunjia] = [county.box("longwan"), county.box("sunjia")];
    for (const [index, box] of [longwan, sunjia].entries()) {
      await fill(box, 225 + index * 10);
      await box.upstream.start();
    }
    await done(longwan, sunjia);
    for (const box of [longwan, sunjia]) expect(await county.seqs(box.source.ledger)).toEqual(allSeqs(box));
    const { total, townships, boxes } = await county.figures();
    expect(townships.map(({ boxes: all, there, never }) => [all, there, never])).toEqual([
      [2, 1, 1],
      [2, 1, 1],
    ]);
    // The last tenth of the first is open: raised as its fifth event, and no tenth.
    expect(townships.map(({ openAlarms }) => openAlarms.danger)).toEqual([1, 1]);
    expect(total).toMatchObject({
      waiting: 0,
      missing: 0,
      absent: 0,
      broken: 0,
      clashes: 0,
      odd: 0,
      twins: 0,
    });
    expect(boxes.find(({ box }) => box === "longwan")).toMatchObject({ state: "there", version: "bench" });
  });

  test("knows who went away, and since when", async () => {
    const county = await setUp();
    await county.reader();
    const box = county.box("longwan");
    await fill(box, 3);
    await box.upstream.start();
    await done(box);
    await box.upstream.stop();
    const away = await until(
      async () => (await county.figures()).boxes.find(({ state }) => state === "away"),
      WAIT,
    );
    expect(away).toMatchObject({ box: "longwan", since: expect.any(String) });
  });

  test("can prove a village from its table alone", async () => {
    const county = await setUp();
    await county.reader();
    const box = county.box("longwan");
    await fill(box, 130);
    await box.upstream.start();
    await done(box);
    const rows = await server.queryAt<{ event: string }>(
      county.url,
      "SELECT event FROM events ORDER BY ledger, seq",
    );
    const folder = await mkdtemp(join(tmpdir(), "cunshao-county-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "longwan.ndjson");
    await writeFile(file, rows.map(({ event }) => `${event}\n`).join(""));
    expect(await verifyCopy(file)).toMatchObject({ intact: true });
  });

  test("shares the work among readers, and one that dies takes nothing along", async () => {
    const county = await setUp();
    const first = await county.reader("a");
    const other = await openCountyStore(county.url);
    onTestFinished(() => other.close());
    const second = await county.reader("b", { store: other });
    const boxes = ["longwan", "shuikou", "sunjia", "zhoujia"].map((site) => county.box(site));
    for (const box of boxes) {
      await fill(box, 200);
      await box.upstream.start();
    }
    await until(() => first.figures().kept > 0 && second.figures().kept > 0, WAIT);
    await first.stop();
    for (const box of boxes) await fill(box, 20);
    await done(...boxes);
    for (const box of boxes) expect(await county.seqs(box.source.ledger)).toEqual(allSeqs(box));
    expect((await county.figures()).total).toMatchObject({ missing: 0, broken: 0, clashes: 0 });
  });

  test("lets readers that hear of the same boxes the other way round not wait for each other in a circle", async () => {
    const county = await setUp();
    const other = await openCountyStore(county.url);
    onTestFinished(() => other.close());
    const keep = (store: typeof other, asks: string, says: string, status: "online" | "offline") =>
      store.keep({
        receivedAt: "2026-07-02T08:00:00.000Z",
        deliveries: [{ box: asks, ledger: "l", events: [], odd: [], absent: [], head: 0 }],
        signs: [{ box: says, status, ledger: "l", version: "1", isRetained: false }],
        strangers: [],
      });
    for (let round = 0; round < 100; round++) {
      const status = round % 2 === 0 ? "online" : "offline";
      await Promise.all([
        keep(county.store, "longwan", "shuikou", status),
        keep(other, "shuikou", "longwan", status),
      ]);
    }
    expect((await county.store.boxes()).map(({ box, status }) => [box, status])).toEqual([
      ["longwan", "offline"],
      ["shuikou", "offline"],
    ]);
  });

  test("acknowledges nothing while PostgreSQL is away, and has everything once it is back", async () => {
    const county = await setUp();
    const reader = await county.reader();
    const box = county.box("longwan");
    await fill(box, 20);
    await box.upstream.start();
    await done(box);
    await server.kill();
    await fill(box, 150);
    await until(() => !reader.figures().isKeeping, { ...WAIT, what: "the reader to notice" });
    expect(box.isDone()).toBe(false);
    await server.start();
    await done(box);
    expect(await county.seqs(box.source.ledger)).toEqual(allSeqs(box));
    expect(reader.figures().isKeeping).toBe(true);
  });

  test("comes to no harm by nonsense, by what is too large, or by a village that publishes under another's name", async () => {
    const county = await setUp();
    const reader = await county.reader();
    const box = county.box("longwan");
    await fill(box, 10);
    await box.upstream.start();
    await done(box);
    const { client, say } = await stranger(county.broker.url);
    const words: unknown[] = [];
    client.on("message", (_topic, payload) => words.push(JSON.parse(payload.toString())));
    await client.subscribeAsync("cunshao/longwan/acknowledged", { qos: 1 });
    const [event] = createVirtualBox("shuikou", "").events.concat(
      createVirtualBox("shuikou", "").append({ type: "org.cunshao.test", class: "alarm", data: {} }),
    );
    for (const payload of [
      "",
      "{",
      "[]",
      "null",
      '"x"',
      '{"ledger": 1}',
      "[".repeat(50_000),
      Buffer.from([0xff, 0]),
    ]) {
      await say("cunshao/longwan/events/alarm", payload);
      await say("cunshao/longwan/status", payload);
    }
    await say("cunshao/longwan/events/alarm", JSON.stringify(event));
    await say(
      "cunshao/longwan/events/alarm",
      JSON.stringify({ ...event, data: { words: "x".repeat(1_500_000) } }),
    );
    await say("cunshao/-/events/alarm", JSON.stringify(event));
    // The empty retained status takes the old one away; none of the others is one.
    await until(() => reader.figures().nonsense >= 16, { ...WAIT, what: "the nonsense to be counted" });
    await fill(box, 10);
    await done(box);
    expect(await county.seqs(box.source.ledger)).toEqual(allSeqs(box));
    expect(await county.seqs(event?.ledger ?? "")).toEqual([]);
    expect(words.map((word) => (word as { ledger: string }).ledger)).not.toContain(event?.ledger);
    expect((await county.figures()).total).toMatchObject({ missing: 0, broken: 0, clashes: 0, odd: 0 });
  });

  test("hears nobody under another's name where the broker has the rights that docs/county.md asks for", async () => {
    const text = await readFile(join(PROJECT, "docs/county.md"), "utf8");
    const [, rights = ""] = /```\n(# acl_file of Mosquitto\n[^`]+)```/.exec(text) ?? [];
    const folder = await mkdtemp(join(tmpdir(), "cunshao-county-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "acl");
    await writeFile(file, rights, { mode: 0o600 });
    const county = await setUp([`acl_file ${file}`]);
    const reader = await county.reader();
    const [longwan, shuikou] = [county.box("longwan"), county.box("shuikou")];
    await fill(longwan, 5);
    await longwan.upstream.start();
    await done(longwan);
    const thief = await stranger(county.broker.url, "shuikou");
    const will = JSON.stringify({ status: "offline", ledger: longwan.source.ledger });
    const refused = { code: 135 };
    await expect(thief.say("cunshao/longwan/status", will)).rejects.toMatchObject(refused);
    await expect(thief.say("cunshao/longwan/events/alarm", "{")).rejects.toMatchObject(refused);
    await fill(shuikou, 5);
    await shuikou.upstream.start();
    await done(shuikou);
    expect((await county.figures()).total).toMatchObject({ there: 2, away: 0, waiting: 0 });
    expect(reader.figures().nonsense).toBe(0);
  });

  test("keeps what is no event of a box as it came, so that nothing is stuck behind it", async () => {
    const county = await setUp();
    await county.reader();
    const box = county.box("longwan");
    await fill(box, 3);
    box.source.tamper((events) => {
      const [second] = events.splice(1, 1);
      if (second) events.splice(1, 0, { ...second, time: 7 as unknown as string });
    });
    await box.upstream.start();
    await done(box);
    expect(await county.seqs(box.source.ledger)).toEqual([1, 3]);
    const [aside] = await server.queryAt<{ payload: string }>(county.url, "SELECT payload FROM set_aside");
    expect(JSON.parse(aside?.payload ?? "")).toEqual(box.source.events[1]);
    // Its place in the chain is empty, and that is said.
    expect((await county.figures()).total).toMatchObject({ odd: 1, waiting: 0, broken: 1 });
  });

  test("keeps both events where a copied card gives two boxes the same ledger, and tells of it", async () => {
    const county = await setUp();
    await county.reader();
    const card = createVirtualBox("longwan", "");
    const original = county.box("longwan", { source: card });
    await fill(original, 10);
    await original.upstream.start();
    await done(original);
    await original.upstream.stop();
    const { say } = await stranger(county.broker.url);
    const [, , , , , , , , ninth] = card.events;
    await say(
      "cunshao/longwan/events/state",
      JSON.stringify({ ...ninth, data: { another: true }, hash: "0".repeat(64) }),
    );
    await until(async () => (await county.figures()).total.clashes === 1, { ...WAIT, what: "the clash" });
    expect(await county.seqs(card.ledger)).toEqual(card.events.map(({ seq }) => seq));
    const [aside] = await server.queryAt<{ reason: string; seq: string }>(
      county.url,
      "SELECT reason, seq FROM set_aside",
    );
    expect(aside).toMatchObject({ reason: "clash", seq: "9" });
  });

  test("tells that two boxes have one id when their ledgers take turns", async () => {
    const county = await setUp();
    await county.reader();
    const { say } = await stranger(county.broker.url);
    for (const ledger of ["one", "two", "one"]) {
      const before = (await county.figures()).total.twins;
      expect(before).toBe(0);
      await say("cunshao/longwan/status", JSON.stringify({ status: "online", ledger, version: "1" }));
      await until(async () => {
        const [row] = await server.queryAt<{ ledger: string }>(county.url, "SELECT ledger FROM boxes");
        return row?.ledger === ledger;
      }, WAIT);
    }
    expect((await county.figures()).total.twins).toBe(1);
  });

  test("keeps an event of the future, and says that the clock of its box is wrong", async () => {
    const county = await setUp();
    await county.reader();
    const source = createVirtualBox("longwan", "");
    const box = county.box("longwan", { source });
    await fill(box, 2);
    source.tamper((events) => {
      const [first] = events;
      if (first) events[0] = { ...first, time: "2099-01-01T00:00:00.000Z" };
      events.length = 1;
    });
    await box.upstream.start();
    await done(box);
    // Its time is part of what its hash is over.
    expect((await county.figures()).total).toMatchObject({ wrongClocks: 1, broken: 1, waiting: 0 });
  });

  test("leaves the events of a village that stands in no township at the box, and names it", async () => {
    const county = await setUp();
    await county.reader();
    const box = county.box("nowhere");
    await fill(box, 5);
    await box.upstream.start();
    const [found] = await until(async () => {
      const { strangers } = await county.figures();
      return strangers.length > 0 && strangers;
    }, WAIT);
    expect(found?.site).toBe("nowhere");
    expect(box.isDone()).toBe(false);
    expect(await county.seqs(box.source.ledger)).toEqual([]);
  });
});

const isRoot = process.getuid?.() === 0;
describe.skipIf(missing !== undefined || !isRoot)("a county whose database has no room left", () => {
  const FREE_AT_END = 200_000;

  test("acknowledges nothing then, and has everything once there is room", { timeout: 120_000 }, async () => {
    const small = await createPostgresServer({
      roomBytes: 120_000_000,
      // So that its journal needs no more room than it has.
      settings: ["wal_recycle = on", "autovacuum = off"],
    });
    onTestFinished(() => small.remove());
    await small.start();
    const county = await setUpCounty(small, "county", await startBroker());
    const reader = await county.reader();
    const box = county.box("longwan");
    await fill(box, 20);
    await box.upstream.start();
    await done(box);
    const ballast = join(small.dataFolder(), "ballast");
    const { bavail, bsize } = await statfs(small.dataFolder());
    await writeFile(ballast, Buffer.alloc(bavail * bsize - FREE_AT_END));
    for (let index = 0; index < 150; index++) {
      // Such as no server makes smaller.
      const words = randomBytes(15_000).toString("base64");
      await box.append({ type: "org.cunshao.test", class: "state", data: { words, index } });
    }
    await until(() => !reader.figures().isKeeping, { ...WAIT, what: "the disk to be full" });
    expect(box.isDone()).toBe(false);
    await rm(ballast);
    await done(box);
    expect(await county.seqs(box.source.ledger)).toEqual(allSeqs(box));
  });
});

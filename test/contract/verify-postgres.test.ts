import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createVirtualBox, type VirtualBox } from "../../hw/virtual/fleet/virtual-box.ts";
import { hashOf, seal } from "../../src/buffer/chain.ts";
import { openCountyStore } from "../../src/buffer/copies/county-store.ts";
import type { VerifyProgress } from "../../src/buffer/verification.ts";
import { verifyPostgres } from "../../src/buffer/verify-postgres.ts";
import type { CountyDelivery } from "../../src/core/county.ts";
import type { LedgerEvent } from "../../src/core/event.ts";
import { systemClock } from "../../src/core/time.ts";
import { verificationText, verifyEvents } from "../../src/verify-events.ts";
import { createPostgresServer, type PostgresServer, postgresMissing } from "../support/postgres.ts";

const missing = postgresMissing();
const PASSWORD = "of-the-auditor";
let server: PostgresServer;
let databases = 0;

/** A county with a village in its table, and how to take part in it. */
async function setUp() {
  const url = await server.database(`verify_${databases++}`);
  const store = await openCountyStore(url);
  onTestFinished(() => store.close());
  const keep = (
    { id, ledger }: VirtualBox,
    events: readonly LedgerEvent[],
    more: Partial<CountyDelivery> = {},
  ) =>
    store.keep({
      receivedAt: "2026-07-02T08:00:00.000Z",
      deliveries: [{ box: id, ledger, events, odd: [], absent: [], head: 0, ...more }],
      ...{ signs: [], strangers: [] },
    });
  const sql = (text: string, values: readonly unknown[] = []) => server.queryAt(url, text, values);
  return { url, keep, sql };
}

function village(site: string, count: number): VirtualBox {
  const box = createVirtualBox(site, "");
  for (let index = 1; index <= count; index++) {
    box.append({ type: "org.cunshao.test", class: "state", subject: `of-${index}`, data: { index } });
  }
  return box;
}

/** Of one village with ten events in its table, which somebody then got at. */
async function afterwards(change: string): Promise<Awaited<ReturnType<typeof verifyPostgres>>> {
  const { url, keep, sql } = await setUp();
  const box = village("longwan", 10);
  await keep(box, box.events);
  await sql(change);
  return verifyPostgres({ url });
}

const title = `the proof of what PostgreSQL keeps${missing ? `: ${missing}` : ""}`;
describe.skipIf(missing !== undefined)(title, () => {
  beforeAll(async () => {
    server = await createPostgresServer({ doors: ["host all auditor 127.0.0.1/32 scram-sha-256"] });
    await server.start();
    await server.queryAt(server.url, `CREATE ROLE auditor LOGIN PASSWORD '${PASSWORD}'`);
  });
  afterAll(() => server?.remove());

  test("finds every village in order, and one alone where it is asked for", async () => {
    const { url, keep } = await setUp();
    const [longwan, shuikou] = [village("longwan", 12), village("shuikou", 5)];
    for (const box of [longwan, shuikou]) await keep(box, box.events);
    const { intact, ledgers } = await verifyPostgres({ url });
    expect(intact).toBe(true);
    expect(ledgers).toMatchObject([
      { box: "longwan", events: 12, firstSeq: 1, lastSeq: 12, hash: longwan.events[11]?.hash, awaited: 0 },
      { box: "shuikou", events: 5, firstSeq: 1, lastSeq: 5, hash: shuikou.events[4]?.hash, awaited: 0 },
    ]);
    expect((await verifyPostgres({ url, box: "shuikou" })).ledgers.map(({ box }) => box)).toEqual([
      "shuikou",
    ]);
    await expect(verifyPostgres({ url, box: "nowhere" })).rejects.toMatchObject({ code: "verify.nothing" });
  });

  test.each([
    [
      "an event that was edited",
      `UPDATE events SET event = replace(event, '"index":4', '"index":5') WHERE seq = 4`,
      { seq: 4, fault: "content" },
    ],
    [
      "a column that says something else than its event",
      "UPDATE events SET type = 'org.cunshao.alarm.cleared' WHERE seq = 6",
      { seq: 6, fault: "content" },
    ],
    [
      "an event that is none any more",
      "UPDATE events SET event = '{}' WHERE seq = 6",
      { seq: 6, fault: "unreadable" },
    ],
    ["a row that was taken away", "DELETE FROM events WHERE seq = 7", { seq: 7, fault: "gap" }],
    [
      "rows that were taken away from the beginning",
      "DELETE FROM events WHERE seq < 3",
      { seq: 1, fault: "gap" },
    ],
    ["rows that were cut off at the end", "DELETE FROM events WHERE seq > 8", { seq: 9, fault: "gap" }],
    [
      "a copied card",
      "INSERT INTO set_aside (box, ledger, seq, reason, sum, payload, received) SELECT box, ledger, seq, 'clash', '', '{}', now() FROM events WHERE seq = 3",
      { seq: 3, fault: "duplicate" },
    ],
  ])("finds %s", async (_what, change, broken) => {
    const { intact, ledgers } = await afterwards(change);
    expect(intact).toBe(false);
    expect(ledgers).toMatchObject([{ box: "longwan", broken }]);
  });

  test("finds a chain of which the whole rest was written anew, so that each event follows the one before it", async () => {
    const { url, keep, sql } = await setUp();
    const box = village("longwan", 10);
    await keep(box, box.events);
    let prevhash = box.events[0]?.prevhash ?? "";
    for (const was of box.events) {
      const { hash: _, ...open } = { ...was, data: { index: -was.seq }, prevhash };
      const { event } = seal(open);
      prevhash = event.hash;
      await sql("UPDATE events SET event = $1 WHERE seq = $2", [JSON.stringify(event), event.seq]);
    }
    const { intact, ledgers } = await verifyPostgres({ url });
    expect(intact).toBe(false);
    expect(ledgers).toMatchObject([{ broken: { seq: 10, fault: "content" } }]);
  });

  test("tells what is on its way from what is gone, and takes what the box let go for told of", async () => {
    const { url, keep } = await setUp();
    const box = village("longwan", 12);
    const { events } = box;
    await keep(box, [...events.slice(2, 6), ...events.slice(9)], { absent: [{ first: 1, last: 2 }] });
    const found = await verifyPostgres({ url });
    expect(found).toMatchObject({ intact: true, ledgers: [{ events: 7, evicted: 2, awaited: 3 }] });
    expect(verificationText(found)).toContain(
      `longwan, ledger ${box.ledger}: 7 events, 3 to 12, 2 of them let go and told of, 3 between them not here yet`,
    );
  });

  test("says that what came as no event cannot be read", async () => {
    const { url, keep } = await setUp();
    const box = village("longwan", 5);
    const [, second] = box.events;
    const rest = box.events.filter((event) => event !== second);
    await keep(box, rest, { odd: [{ seq: 2, payload: '{"seq":2}' }] });
    expect((await verifyPostgres({ url })).ledgers).toMatchObject([
      { broken: { seq: 2, fault: "unreadable" } },
    ]);
  });

  test("looks at the files of evidence where it is told where they stand", async () => {
    const { url, keep } = await setUp();
    const folder = await mkdtemp(join(tmpdir(), "cunshao-verify-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [well, changed] = [hashOf("well"), hashOf("as it was")];
    await writeFile(join(folder, well), "well");
    await writeFile(join(folder, changed), "as it is");
    const box = createVirtualBox("longwan", "");
    for (const sha256 of [well, changed]) {
      box.append({ type: "org.cunshao.evidence.added", class: "state", data: { sha256 } });
    }
    await keep(box, box.events);
    expect(await verifyPostgres({ url })).toMatchObject({ intact: true, evidence: { files: 0 } });
    expect(await verifyPostgres({ url, evidenceFolder: folder })).toMatchObject({
      intact: false,
      evidence: { files: 2, changed: [changed] },
    });
  });

  test("tells how far it is, and needs no more than to read", async () => {
    const { url, keep, sql } = await setUp();
    const box = village("longwan", 2500);
    await keep(box, box.events);
    await sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO auditor");
    vi.stubEnv("PGPASSWORD", PASSWORD);
    onTestFinished(() => void vi.unstubAllEnvs());
    const said: VerifyProgress[] = [];
    const found = await verifyPostgres({ url: asAuditor(url) }, (progress) => said.push(progress));
    expect(found.intact).toBe(true);
    expect(said).toEqual([1000, 2000].map((done) => ({ what: "events", done, of: 2500 })));
  });

  test("says what keeps it from looking", async () => {
    const { url } = await setUp();
    const empty = await server.database(`verify_${databases++}`);
    await expect(verifyPostgres({ url: empty })).rejects.toMatchObject({ code: "verify.nothing" });
    expect(await server.queryAt(empty, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).toEqual([]);
    vi.stubEnv("PGPASSWORD", "wrong");
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(verifyPostgres({ url: asAuditor(url) })).rejects.toMatchObject({
      code: "copy.unauthorized",
      message: expect.stringContaining("password"),
    });
    vi.stubEnv("PGPASSWORD", PASSWORD);
    // It may log in and look at nothing.
    await expect(verifyPostgres({ url: asAuditor(url) })).rejects.toMatchObject({
      code: "copy.unauthorized",
    });
  });

  test("takes no password from the words of the command, where others see it", async () => {
    const withPassword = server.url.replace("county@", "county:secret@");
    for (const path of [withPassword, `${server.url}?password=secret`]) {
      await expect(verifyEvents({ path, clock: systemClock, say: () => undefined })).rejects.toMatchObject({
        code: "verify.usage",
      });
    }
  });
});

function asAuditor(url: string): string {
  return url.replace("county@", "auditor@");
}

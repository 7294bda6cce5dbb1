import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createVirtualBox } from "../../hw/virtual/fleet/virtual-box.ts";
import { type CopyOptions, openPulledCopy } from "../../src/buffer/copies/pulled-copy.ts";
import { verifyCopy } from "../../src/buffer/verify-copy.ts";
import { verifyPostgres } from "../../src/buffer/verify-postgres.ts";
import type { LedgerEvent } from "../../src/core/event.ts";
import { fill } from "../support/desk-over-virtual.ts";
import { createPostgresServer, type PostgresServer, postgresMissing } from "../support/postgres.ts";
import { until } from "../support/until.ts";

const FORMATS = ["ndjson", "sqlite", "postgres"] as const;
const noPostgres = postgresMissing();
if (noPostgres) process.stderr.write(`skipped: ${noPostgres}\n`);

let server: PostgresServer;
let databases = 0;
beforeAll(async () => {
  if (noPostgres) return;
  server = await createPostgresServer();
  await server.start();
});
afterAll(() => server?.remove());

/** A place for a copy that can be opened again and again. */
async function place(format: (typeof FORMATS)[number]) {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-copies-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const database = format === "postgres" ? await server.database(`copy_${databases++}`) : "";
  const options: CopyOptions = {
    folder,
    format: format === "postgres" ? { postgres: database } : format,
    newHolder: () => "copy-a",
  };
  return {
    folder,
    database,
    async open() {
      const copy = await openPulledCopy(options);
      let isOpen = true;
      const close = async () => {
        if (isOpen) await copy.close();
        isOpen = false;
      };
      onTestFinished(close);
      return { ...copy, close };
    },
  };
}

function ledgerOf(count: number, data: Record<string, unknown> = {}) {
  const box = createVirtualBox("longwan", "");
  for (let index = 1; index <= count; index++) {
    const isAlarm = index % 5 === 0;
    box.append({
      type: isAlarm ? "org.cunshao.alarm.raised" : "org.cunshao.camera.changed",
      class: isAlarm ? "alarm" : "state",
      subject: `subject-${index}`,
      data: { index, words: "东塘有人靠近", ...data },
    });
  }
  return box;
}

const seqs = (events: readonly LedgerEvent[]): number[] => events.map(({ seq }) => seq);

describe.each(FORMATS)("a copy in %s", (format) => {
  const it = test.skipIf(format === "postgres" && noPostgres !== undefined);

  it("takes each event once, however often it comes, and knows where it stands when opened again", async () => {
    const at = await place(format);
    const { ledger, events } = ledgerOf(30);
    const first = await at.open();
    const box = await first.open("longwan");
    await box.take(ledger, events.slice(0, 20));
    const account = await box.take(ledger, events.slice(10, 25));
    expect(account).toMatchObject({ seq: 25, hash: events[24]?.hash, events: 25, gaps: [], breaks: [] });
    await first.close();
    const again = await (await at.open()).open("longwan");
    expect(again.accounts()).toEqual([account]);
    expect(seqs(await again.alarmEvents(10))).toEqual([5, 10, 15, 20, 25]);
  });

  it("takes alarms before their turn, and each again in its place", async () => {
    const at = await place(format);
    const { ledger, events } = ledgerOf(30);
    const first = await at.open();
    const box = await first.open("longwan");
    await box.takeAhead(
      ledger,
      events.filter((event) => event.class === "alarm"),
    );
    expect(box.aheadSeq(ledger)).toBe(30);
    expect(seqs(await box.alarmEvents(3))).toEqual([20, 25, 30]);
    await first.close();
    const again = await (await at.open()).open("longwan");
    expect(again.aheadSeq(ledger)).toBe(30);
    expect(await again.take(ledger, events)).toMatchObject({ seq: 30, events: 30, gaps: [], breaks: [] });
    expect(again.aheadSeq(ledger)).toBe(0);
    expect(seqs(await again.alarmEvents(100))).toEqual([5, 10, 15, 20, 25, 30]);
  });

  it("names what a box said of its clock, the newest of them, in their order and over all its ledgers", async () => {
    const at = await place(format);
    const first = await at.open();
    const box = await first.open("longwan");
    for (const source of [createVirtualBox("longwan", ""), createVirtualBox("longwan", "")]) {
      for (let index = 0; index < 2; index++) {
        fill(source, 3);
        source.append({ type: "org.cunshao.clock.corrected", class: "state", data: { index } });
      }
      await box.take(source.ledger, source.events);
    }
    await first.close();
    const again = await (await at.open()).open("longwan");
    expect(seqs(await again.clockEvents(3))).toEqual([8, 4, 8]);
    const ledgers = new Set((await again.clockEvents(10)).map(({ ledger }) => ledger));
    expect([...ledgers]).toEqual(again.accounts().map(({ ledger }) => ledger));
  });

  it("names the events of alarms that nobody has cleared, however many others came since", async () => {
    const at = await place(format);
    const source = createVirtualBox("longwan", "");
    const tell = (what: string, subject: string) =>
      source.append({ type: `org.cunshao.alarm.${what}`, class: "alarm", subject, data: {} });
    for (const id of ["old", "taken", "over", "over-soon"]) tell("raised", id);
    tell("acknowledged", "taken");
    tell("cleared", "over");
    for (let index = 0; index < 600; index++) {
      tell("raised", `of-${index}`);
      tell("cleared", `of-${index}`);
    }
    const box = await (await at.open()).open("longwan");
    await box.take(source.ledger, source.events);
    // What came ahead counts, too.
    fill(source, 3);
    await box.takeAhead(source.ledger, [tell("cleared", "over-soon"), tell("noted", "old")]);
    const openOf = async (most: number) => {
      const found: (readonly [string, number[]])[] = [];
      for await (const events of box.openAlarmEvents(most)) {
        for (const id of new Set(events.map(({ subject = "" }) => subject)))
          found.push([id, seqs(events.filter(({ subject }) => subject === id))]);
      }
      return new Map(found);
    };
    const noted = source.events.length;
    expect(await openOf(100)).toEqual(
      new Map([
        ["old", [1, noted]],
        ["taken", [2, 5]],
      ]),
    );
    expect(await openOf(1)).toEqual(new Map([["old", [1, noted]]]));
    expect(seqs(await box.alarmEvents(3))).toEqual([noted - 5, noted - 1, noted]);
  });

  it("keeps what stands in its place where that is not what came ahead, and tells that it differed", async () => {
    const at = await place(format);
    const source = ledgerOf(20);
    const [truth, forged] = ["a", "b"].map((letter) => letter.repeat(64)) as [string, string];
    const added = (sha256: string) => ({
      ...({ type: "org.cunshao.evidence.added", class: "alarm", subject: "subject-5" } as const),
      data: { kind: "snapshot", sha256 },
    });
    source.append(added(truth));
    const { ledger, events } = source;
    const alarms = events.filter((event) => event.class === "alarm");
    const early = alarms.map((event) => {
      if (event.seq === 10) return { ...event, subject: "of-nobody" };
      if (event.seq === 15) return { ...event, hash: "0".repeat(64) };
      return event.seq === 21 ? { ...event, ...added(forged) } : event;
    });
    const first = await at.open();
    const box = await first.open("longwan");
    await box.takeAhead(ledger, early);
    for (const file of await box.nextFiles(ledger, 10)) await box.fileDone(ledger, file, "stored");
    expect(await box.take(ledger, events.slice(0, 12))).toMatchObject({ seq: 12, breaks: [], differed: 1 });
    await first.close();
    const second = await at.open();
    const again = await second.open("longwan");
    const account = await again.take(ledger, events.slice(12));
    expect(account).toMatchObject({ seq: 21, gaps: [], breaks: [], differed: 3, files: { stored: 0 } });
    expect(await again.alarmEvents(100)).toEqual(alarms);
    expect(await again.nextFiles(ledger, 10)).toEqual([{ seq: 21, id: truth }]);
    await second.close();
    const third = await (await at.open()).open("longwan");
    expect(third.accounts()).toEqual([account]);
    const path = { sqlite: "pulled.sqlite", ndjson: `longwan/${ledger}.ndjson`, postgres: "" }[format];
    const found = await (path === ""
      ? verifyPostgres({ url: at.database })
      : verifyCopy(join(at.folder, path)));
    expect(found).toMatchObject({ intact: false, ledgers: [{ events: 21, differed: 3 }] });
    expect(found.ledgers[0]?.broken).toBeUndefined();
  });

  it("counts a file and events that come at the same time", async () => {
    const at = await place(format);
    const source = createVirtualBox("longwan", "");
    source.addFile(Buffer.alloc(10, 1), "image/jpeg");
    fill(source, 9);
    const box = await (await at.open()).open("longwan");
    await box.take(source.ledger, source.events.slice(0, 5));
    const [file] = await box.nextFiles(source.ledger, 1);
    if (!file) throw new Error("no file");
    await Promise.all([
      box.take(source.ledger, source.events.slice(5)),
      box.fileDone(source.ledger, file, "missing"),
    ]);
    expect(box.accounts()).toMatchObject([{ seq: 10, events: 10, files: { missing: 1 } }]);
  });

  it("tells what is missing and what was changed, and keeps it all the same", async () => {
    const at = await place(format);
    const { ledger, events } = ledgerOf(10);
    const changed = events.map((event) => (event.seq === 8 ? { ...event, subject: "another" } : event));
    const box = await (await at.open()).open("longwan");
    const account = await box.take(
      ledger,
      changed.filter(({ seq }) => seq !== 4),
    );
    expect(account.gaps).toEqual([{ firstSeq: 4, lastSeq: 4 }]);
    expect(account.breaks).toEqual([{ seq: 8, fault: "content" }]);
    expect(account.events).toBe(9);
  });

  it("keeps what no text in a database may hold", async () => {
    const at = await place(format);
    const odd = createVirtualBox("longwan", "");
    odd.append({
      type: "org.cunshao.test",
      class: "alarm",
      subject: "a\0b",
      data: { words: "\0 \u{1F40B}" },
    });
    const box = await (await at.open()).open("longwan");
    await box.take(odd.ledger, odd.events);
    expect(await box.alarmEvents(1)).toEqual(odd.events);
  });

  it("names files to fetch until it is told what came of them", async () => {
    const at = await place(format);
    const source = createVirtualBox("longwan", "");
    const ids = [1, 2].map((byte) => source.addFile(Buffer.alloc(10, byte), "image/jpeg"));
    const box = await (await at.open()).open("longwan");
    await box.take(source.ledger, source.events);
    const named = await box.nextFiles(source.ledger, 10);
    expect(named.map(({ id }) => id)).toEqual(ids);
    for (const file of named.slice(0, 1)) await box.fileDone(source.ledger, file, "missing");
    expect((await box.nextFiles(source.ledger, 10)).map(({ id }) => id)).toEqual(ids.slice(1));
    expect(box.accounts()[0]?.files).toMatchObject({ missing: 1, stored: 0 });
  });

  it("keeps the ledgers of a box and those of others apart", async () => {
    const at = await place(format);
    const [former, latter] = [ledgerOf(5), ledgerOf(10)];
    const copy = await at.open();
    const box = await copy.open("longwan");
    await box.take(former.ledger, former.events);
    await box.take(latter.ledger, latter.events);
    expect(box.accounts().map(({ ledger }) => ledger)).toEqual([former.ledger, latter.ledger]);
    expect(seqs(await box.alarmEvents(2))).toEqual([5, 10]);
    expect((await copy.open("shuikou")).accounts()).toEqual([]);
  });
});

describe.skipIf(noPostgres !== undefined)("a copy in PostgreSQL", () => {
  test("can be proved from what stands there, event by event", async () => {
    const at = await place("postgres");
    const { ledger, events } = ledgerOf(40, { odd: "\\ \n \0" });
    const box = await (await at.open()).open("longwan");
    await box.take(ledger, events);
    const rows = await server.queryAt<{ event: string }>(
      at.database,
      "SELECT event FROM events ORDER BY ledger, seq",
    );
    const file = join(at.folder, "longwan.ndjson");
    await writeFile(file, rows.map(({ event }) => `${event}\n`).join(""));
    expect(await verifyCopy(file)).toMatchObject({ intact: true });
  });

  test("is refused where the server does not wait for its disk", async () => {
    const at = await place("postgres");
    const setFsync = async (value: "off" | "on") => {
      await server.queryAt(server.url, `ALTER SYSTEM SET fsync = ${value}`);
      await server.queryAt(server.url, "SELECT pg_reload_conf()");
      await until(async () => {
        const [row] = await server.queryAt<{ fsync: string }>(server.url, "SHOW fsync");
        return row?.fsync === value;
      });
    };
    await setFsync("off");
    await expect(at.open()).rejects.toMatchObject({ code: "copy.not_durable" });
    await setFsync("on");
    await (await at.open()).close();
  });

  test("loses nothing that it said it has when the server is killed, and takes nothing while it is away", async () => {
    const at = await place("postgres");
    const { ledger, events } = ledgerOf(30);
    const first = await at.open();
    const box = await first.open("longwan");
    await box.take(ledger, events.slice(0, 20));
    await server.kill();
    await expect(box.take(ledger, events.slice(20))).rejects.toMatchObject({ code: "copy.unwritable" });
    expect(box.accounts()[0]?.seq).toBe(20);
    await server.start();
    const account = await until(() => box.take(ledger, events.slice(20)), { what: "the server again" });
    expect(account).toMatchObject({ seq: 30, events: 30, gaps: [], breaks: [] });
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GENESIS_HASH, recordOf, verifyChain } from "../../../src/buffer/chain.ts";
import type { Projection } from "../../../src/buffer/ledger.ts";
import { createLedger } from "../../../src/buffer/ledger.ts";
import type { Database } from "../../../src/buffer/sql.ts";
import type { EventDraft, LedgerEvent } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { systemClock } from "../../../src/core/time.ts";
import { draft, gate, scratchBuffer, scratchDatabase, scratchFolder } from "./scratch.ts";

function openLedger(database: Database, options: { projections?: Projection[]; maxPending?: number } = {}) {
  const { projections = [], maxPending = 10_000 } = options;
  return createLedger(
    {
      database,
      clock: systemClock,
      clockQuality: () => "synced",
      random: Math.random,
      log: silentLogger,
      projections,
    },
    { siteId: "longwan", bootId: "boot-1", maxPending },
  );
}

/** Counts transactions, and fails those for which `fails` says so, at the end of their work. */
function watched(database: Database, fails: (transaction: number) => boolean = () => false) {
  let transactions = 0;
  const watching: Database = {
    ...database,
    transaction: (work) =>
      database.transaction(async (statements) => {
        transactions += 1;
        const number = transactions;
        const result = await work(statements);
        if (fails(number)) throw Object.assign(new Error("disk full"), { code: "SQLITE_FULL" });
        return result;
      }),
  };
  return { database: watching, count: () => transactions };
}

describe("the ledger", () => {
  test("writes an event as a CloudEvent with its place in the chain", async () => {
    const { ledger } = await scratchBuffer({
      clock: { ...systemClock, now: () => ({ wallMs: 1_782_914_602_123, monotonicMs: 4711.9 }) },
      clockQuality: () => "unsynced",
    });
    const event = await ledger.append({
      type: "org.cunshao.alarm.raised",
      class: "alarm",
      subject: "a1",
      data: { rule: "pond-bank", because: { camera: "pond-east" } },
    });
    expect(event).toEqual({
      specversion: "1.0",
      id: `${ledger.id}-1`,
      source: "/sites/longwan",
      type: "org.cunshao.alarm.raised",
      subject: "a1",
      time: "2026-07-01T14:03:22.123Z",
      datacontenttype: "application/json",
      data: { rule: "pond-bank", because: { camera: "pond-east" } },
      ledger: ledger.id,
      seq: 1,
      class: "alarm",
      boot: "boot-1",
      monotonic: 4711,
      clock: "unsynced",
      prevhash: GENESIS_HASH,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await ledger.read({ after: 0, limit: 10 })).toEqual([event]);
    expect(ledger.id).toMatch(/^[0-9a-z]{20}$/);
  });

  test("goes on after a restart with the same id and chain", async () => {
    const dataFolder = await scratchFolder();
    const before = await scratchBuffer({ dataFolder });
    const first = await before.ledger.append(draft());
    await before.close();
    const { ledger } = await scratchBuffer({ dataFolder });
    expect(ledger.head).toBe(1);
    const second = await ledger.append(draft());
    expect(second).toMatchObject({ ledger: first.ledger, seq: 2, prevhash: first.hash });
  });

  test("gives a new file another id", async () => {
    const one = await scratchBuffer();
    const other = await scratchBuffer();
    expect(one.ledger.id).not.toBe(other.ledger.id);
  });

  test("reads onward from a seq, newest first, and one class only", async () => {
    const { ledger } = await scratchBuffer();
    for (const kind of ["alarm", "state", "audit", "alarm"] as const)
      await ledger.append(draft({ class: kind }));
    const seqs = (events: readonly LedgerEvent[]) => events.map(({ seq }) => seq);
    expect(seqs(await ledger.read({ after: 1, limit: 2 }))).toEqual([2, 3]);
    expect(seqs(await ledger.read({ after: 0, limit: 9, class: "alarm" }))).toEqual([1, 4]);
    expect(seqs(await ledger.latest(2))).toEqual([4, 3]);
    expect(ledger.head).toBe(4);
  });

  test("is not changed by what the caller does to the data afterwards", async () => {
    const { ledger } = await scratchBuffer();
    const data = { text: "before" };
    const appending = ledger.append(draft({ data }));
    data.text = "after";
    expect((await appending).data).toEqual({ text: "before" });
    expect(await verifyChain(ledger.records)).toMatchObject({ intact: true });
  });

  test("takes 64 KiB of data and refuses a byte more without using up a seq", async () => {
    const { ledger } = await scratchBuffer();
    const text = (bytes: number) => ({ text: "x".repeat(bytes - '{"text":""}'.length) });
    await expect(ledger.append(draft({ data: text(65_537) }))).rejects.toMatchObject({
      code: "event.too_large",
      kind: "permanent",
    });
    await expect(ledger.append(draft({ data: { a: Number.NaN } }))).rejects.toMatchObject({
      code: "event.not_json",
    });
    expect(await ledger.append(draft({ data: text(65_536) }))).toMatchObject({ seq: 1 });
  });

  test("puts what arrives during a commit into the next one together", async () => {
    const held = gate();
    const { database, count } = watched(await scratchDatabase());
    const ledger = await openLedger(database, {
      projections: [{ concerns: () => true, apply: () => held.opened }],
    });
    const before = count();
    const first = ledger.append(draft());
    const rest = first.then(() => undefined);
    const later: Promise<LedgerEvent>[] = [];
    // The first commit is inside its projection once it has taken its event; everything from then on waits.
    await new Promise((resolve) => setImmediate(resolve));
    for (let index = 0; index < 100; index += 1) later.push(ledger.append(draft()));
    held.open();
    await rest;
    const events = await Promise.all(later);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 2));
    expect(count() - before).toBeLessThanOrEqual(2);
  });

  test("rejects exactly the appends of a commit that fails, burns no seq and goes on", async () => {
    const opening = 1;
    const { database } = watched(await scratchDatabase(), (number) => number === opening + 2);
    // With a book, so that a commit is more than the one statement.
    const ledger = await openLedger(database, {
      projections: [{ concerns: () => true, apply: async () => {} }],
    });
    await ledger.append(draft({ subject: "kept" }));
    const lost = await Promise.allSettled([ledger.append(draft()), ledger.append(draft())]);
    expect(lost.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(ledger.fault()).toBe("SQLITE_FULL");
    const next = await ledger.append(draft({ subject: "next" }));
    expect(next.seq).toBe(2);
    expect(ledger.fault()).toBeUndefined();
    expect((await ledger.read({ after: 0, limit: 9 })).map(({ subject }) => subject)).toEqual([
      "kept",
      "next",
    ]);
    expect(await verifyChain(ledger.records)).toMatchObject({ intact: true, tip: { seq: 2 } });
  });

  test("refuses more appends than may wait, and takes them again afterwards", async () => {
    const ledger = await openLedger(await scratchDatabase(), { maxPending: 3 });
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => ledger.append(draft())));
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    expect(results[4]).toMatchObject({ reason: { code: "ledger.busy", kind: "transient" } });
    expect(await ledger.append(draft())).toMatchObject({ seq: 4 });
  });

  test("writes in one statement what concerns no book, and asks each book that may be concerned", async () => {
    const scratch = await scratchDatabase();
    let single = 0;
    const database: Database = {
      ...scratch,
      transaction: (work) =>
        scratch.transaction((transaction) =>
          work({
            ...transaction,
            only: (sql, values) => {
              single += 1;
              return transaction.only(sql, values);
            },
          }),
        ),
    };
    const told: number[] = [];
    const book: Projection = {
      concerns: ({ subject }) => subject === "mine",
      apply: async (_transaction, events) => void told.push(...events.map(({ seq }) => seq)),
    };
    const ledger = await openLedger(database, { projections: [book] });
    await ledger.append(draft());
    await ledger.append(draft({ subject: "mine" }));
    await ledger.appendWith(draft(), async ({ run }) => {
      await run("INSERT INTO meta VALUES ('with', 'it')");
    });
    expect([single, told]).toEqual([1, [2]]);
    expect(await verifyChain(ledger.records)).toMatchObject({ intact: true, tip: { seq: 3 } });
    expect(await scratch.all("SELECT value FROM meta WHERE key = 'with'")).toEqual([{ value: "it" }]);
  });

  test("tells listeners of each event, also of those that were committed together", async () => {
    const { ledger } = await scratchBuffer();
    const heard: string[] = [];
    ledger.onAppend((event) => heard.push(`${event.seq} ${event.class}`));
    await Promise.all([
      ledger.append({ ...draft(), class: "alarm" }),
      ledger.append({ ...draft(), class: "state" }),
    ]);
    expect(heard).toEqual(["1 alarm", "2 state"]);
  });

  test("tells listeners on and on, and a listener that throws harms nobody", async () => {
    const { ledger } = await scratchBuffer();
    const heard: number[] = [];
    ledger.onAppend(() => {
      throw new Error("bad listener");
    });
    const stop = ledger.onAppend(({ seq }) => heard.push(seq));
    await ledger.append(draft());
    await ledger.append(draft());
    stop();
    await ledger.append(draft());
    expect(heard).toEqual([1, 2]);
  });

  test("writes what still waits when it is closed", async () => {
    const dataFolder = await scratchFolder();
    const buffer = await scratchBuffer({ dataFolder });
    const appends = Promise.all(Array.from({ length: 1200 }, () => buffer.ledger.append(draft())));
    await buffer.close();
    await appends;
    expect((await scratchBuffer({ dataFolder })).ledger.head).toBe(1200);
  });

  test("does not build on a last event that was changed", async () => {
    const folder = await scratchFolder();
    const database = await scratchDatabase(folder);
    const ledger = await openLedger(database);
    await ledger.append(draft());
    await database.transaction(({ run }) =>
      run("UPDATE events SET body = replace(body, 'longwan', 'longwen')"),
    );
    await expect(openLedger(database)).rejects.toMatchObject({ code: "ledger.corrupt" });
  });

  test("numbers and chains any drafts appended at once", async () => {
    const { ledger } = await scratchBuffer();
    const anyDraft: fc.Arbitrary<EventDraft> = fc.record({
      type: fc.constantFrom("org.cunshao.alarm.raised", "org.cunshao.evidence.added", "org.cunshao.test"),
      class: fc.constantFrom("alarm", "state", "audit"),
      subject: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
      data: fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 3 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyDraft, { minLength: 1, maxLength: 40 }), async (drafts) => {
        const before = ledger.head;
        const events = await Promise.all(drafts.map((one) => ledger.append(one)));
        expect(events.map(({ seq }) => seq)).toEqual(drafts.map((_, index) => before + index + 1));
        expect(await ledger.read({ after: before, limit: 1000 })).toEqual(events);
        const received = events.map((event) => recordOf(JSON.parse(JSON.stringify(event))));
        const first = events[0];
        expect(
          await verifyChain(async (after) => received.filter(({ seq }) => seq > after), {
            seq: before,
            hash: first?.prevhash ?? "",
          }),
        ).toMatchObject({ intact: true });
      }),
      { numRuns: 40 },
    );
    expect(await verifyChain(ledger.records)).toMatchObject({ intact: true, tip: { seq: ledger.head } });
  });
});

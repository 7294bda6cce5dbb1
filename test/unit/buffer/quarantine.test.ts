import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ledgerFolder, ledgerPath } from "../../../src/buffer/buffer.ts";
import { hashOf, verifyChain } from "../../../src/buffer/chain.ts";
import { openDatabase, openForReading } from "../../../src/buffer/database.ts";
import type { LedgerEvent } from "../../../src/core/event.ts";
import { until } from "../../support/until.ts";
import { draft, scratchBuffer, scratchFolder } from "./scratch.ts";

const PAGE = 4096;
const keeping = {
  plan: { crossings: { days: 30, maxBytes: 2e9 }, evidence: { days: 90 } },
  upstreams: ["township"],
};

/** A ledger of 400 events, of which the township has the first 100, with an alarm that is open and an account. */
async function filled(): Promise<{ dataFolder: string; ledger: string; events: LedgerEvent[] }> {
  const dataFolder = await scratchFolder();
  const buffer = await scratchBuffer({ dataFolder, keeping });
  const { ledger, accounts, tokens, outbox, evidence } = buffer;
  await accounts.add({ username: "admin", passwordHash: "scrypt", role: "administrator" });
  await tokens.add({
    ...{ id: "t1", name: "township", tokenHash: "abc", scopes: ["events"] },
    ...{ madeBy: "admin", madeAt: "2026-07-01T00:00:00Z" },
  });
  await ledger.append({
    type: "org.cunshao.alarm.raised",
    class: "alarm",
    subject: "alarm-old",
    data: { rule: "pond-bank", severity: "danger" },
  });
  const sha256 = await evidence.put(Buffer.from("picture"), "image/jpeg");
  await ledger.append({
    type: "org.cunshao.evidence.added",
    class: "alarm",
    subject: "alarm-old",
    data: { kind: "snapshot", sha256 },
  });
  await Promise.all(
    Array.from({ length: 397 }, (_, index) =>
      ledger.append({
        type: index % 10 === 0 ? "org.cunshao.alarm.raised" : "org.cunshao.test",
        class: index % 10 === 0 ? "alarm" : "state",
        subject: `alarm-${index}`,
        data: { rule: "pond-bank", severity: "warning", text: "水边".repeat(100), index },
      }),
    ),
  );
  await ledger.append({
    type: "org.cunshao.pause.started",
    class: "state",
    subject: "pause-1",
    data: { rule: "r", from: "2026-07-01T00:00:00Z", seconds: 60, by: { kind: "person", name: "wang" } },
  });
  await outbox.acknowledge("township", 100, "2026-07-01T00:00:00Z");
  const events = await ledger.read({ after: 0, limit: 1000 });
  await buffer.close();
  return { dataFolder, ledger: ledger.id, events };
}

async function overwrite(path: string, offset: number, content: Uint8Array): Promise<void> {
  const handle = await open(path, "r+");
  await handle.write(content, 0, content.length, offset);
  await handle.close();
}

/** Places of the pages that hold `text`. */
async function pagesWith(path: string, text: string): Promise<number[]> {
  const content = await readFile(path);
  const pages = new Set<number>();
  for (let at = content.indexOf(text); at >= 0; at = content.indexOf(text, at + 1)) {
    pages.add(Math.floor(at / PAGE) * PAGE);
  }
  return [...pages];
}

function declared(events: readonly LedgerEvent[]): LedgerEvent | undefined {
  return events.find(({ type }) => type === "org.cunshao.ledger.started_anew");
}

describe("a damaged database", () => {
  test("is set aside as it is, a new ledger takes its place and declares the gap", async () => {
    const { dataFolder, ledger: former, events } = await filled();
    const path = ledgerPath(dataFolder);
    const [place = 0] = await pagesWith(path, '"index":200');
    await overwrite(path, place, Buffer.alloc(PAGE, 0xa5));
    const damaged = await readFile(path);

    const { ledger, ledgerHealth } = await scratchBuffer({ dataFolder, keeping });
    const aside = await readFile(join(ledgerFolder(dataFolder), "damaged-1", "cunshao.sqlite"));
    expect(aside.equals(damaged)).toBe(true);
    expect(ledger.id).not.toBe(former);
    expect(await verifyChain(ledger.records)).toMatchObject({ intact: true });

    const anew = await ledger.read({ after: 0, limit: 1000 });
    const [first] = anew;
    expect(first).toMatchObject({ type: "org.cunshao.ledger.started_anew", seq: 1 });
    const { former: told, unsent } = (first?.data ?? {}) as {
      former: object;
      unsent: { events: number; rescued: number; rescuedAlarms: number };
    };
    expect(told).toMatchObject({
      ledger: former,
      lastSeq: 400,
      file: "damaged-1/cunshao.sqlite",
      reason: expect.any(String),
    });
    // 300 that the township does not have, and the one whose file it does not have.
    expect(unsent.events).toBe(301);
    expect(unsent.rescued).toBeGreaterThan(280);
    expect(unsent.rescued).toBeLessThan(301);
    expect(anew).toHaveLength(1 + unsent.rescued);
    expect(anew.filter((event) => event.class === "alarm")).toHaveLength(unsent.rescuedAlarms);
    expect(ledgerHealth()).toMatchObject({ status: "degraded", reason: "ledger.quarantined" });

    // Each in its former words and order, at its former time, and provably what it was.
    const rescued = anew.slice(2);
    const seqs = rescued.map(({ data }) => Number((data["rescued"] as { id: string }).id.split("-")[1]));
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    for (const event of rescued) {
      const { rescued: name, ...data } = event.data;
      const { id, hash, prevhash } = name as { id: string; hash: string; prevhash: string };
      const original = events.find((one) => one.id === id);
      expect(original).toMatchObject({ hash, prevhash, data, time: event.time, type: event.type });
    }
  });

  test("loses nobody's account, no token, no open alarm and no pause", async () => {
    const { dataFolder } = await filled();
    const path = ledgerPath(dataFolder);
    const [place = 0] = await pagesWith(path, '"index":200');
    await overwrite(path, place, Buffer.alloc(PAGE, 0xa5));
    const { accounts, tokens, alarms, pauseBook, outbox, evidence, ledger } = await scratchBuffer({
      dataFolder,
      keeping,
    });
    expect(await accounts.find("admin")).toMatchObject({ passwordHash: "scrypt", role: "administrator" });
    expect(await tokens.find("abc")).toMatchObject({ name: "township", scopes: ["events"] });
    const open = await alarms.open();
    expect(open).toHaveLength(41);
    const old = open.find(({ id }) => id === "alarm-old");
    // The township has it: its place is before the first event, and the page says when it was delivered.
    expect(old).toMatchObject({ status: "raised", severity: "danger", snapshot: expect.any(String) });
    expect(old?.seq).toBeLessThan(1);
    expect(await outbox.deliveries(old?.seq ?? 0, old?.seq ?? 0)).toContainEqual(
      expect.objectContaining({ upstream: "township", class: "alarm" }),
    );
    expect(await outbox.acknowledged("township")).toBe(0);
    expect(await outbox.waiting("township")).toMatchObject({ events: ledger.head });
    expect(await evidence.find(old?.snapshot ?? "")).toMatchObject({ sizeBytes: 7 });
    expect(await pauseBook.open()).toMatchObject([{ id: "pause-1" }]);
    const unsent = open.find(({ id }) => id === "alarm-390");
    expect(unsent?.seq).toBeGreaterThan(1);
    expect((await ledger.read({ after: (unsent?.seq ?? 0) - 1, limit: 1 }))[0]?.subject).toBe("alarm-390");
  });

  test("sends no alarm again that overtook the rest, and each event again that was refused", async () => {
    const { dataFolder, events } = await filled();
    const before = await scratchBuffer({ dataFolder, keeping });
    const at = "2026-07-01T01:00:00Z";
    // The township has every alarm up to 350, states up to 100, and refused two of what it was sent.
    await before.outbox.accept("township", {
      at,
      stored: 100,
      spans: [{ class: "alarm", first: 101, last: 350 }],
    });
    const [one, two] = [events[49], events.find(({ seq, class: kind }) => seq > 200 && kind === "alarm")];
    if (!one || !two) throw new Error("no such events");
    await before.deadLetters.add(
      "township",
      [one, two].map(({ seq, class: kind }) => ({ seq, class: kind, code: "upstream.rejected", at })),
    );
    await before.close();
    await writeFile(join(ledgerFolder(dataFolder), "damaged"), "malformed");

    const { ledger, alarms, outbox } = await scratchBuffer({ dataFolder, keeping });
    const anew = (await ledger.read({ after: 1, limit: 1000 })).map(
      ({ data }) => (data["rescued"] as { id: string }).id,
    );
    const awaited = events.filter(
      ({ seq, type, class: kind }) =>
        seq === one.seq ||
        seq === two.seq ||
        type === "org.cunshao.evidence.added" ||
        (seq > 100 && (kind !== "alarm" || seq > 350)),
    );
    expect([...anew].sort()).toEqual(awaited.map(({ id }) => id).sort());
    expect(declared(await ledger.read({ after: 0, limit: 1 }))?.data).toMatchObject({
      unsent: { events: awaited.length, rescued: awaited.length },
    });
    // The page says of one that overtook when the township got it.
    const overtook = (await alarms.open()).find(({ seq }) => seq < 0 && seq > 150 - 401);
    const place = overtook?.seq ?? 0;
    expect(await outbox.deliveries(place, place)).toMatchObject([
      { upstream: "township", class: "alarm", at },
    ]);
  });

  test("lets files of evidence follow the events that name them", async () => {
    const { dataFolder } = await filled();
    const [place = 0] = await pagesWith(ledgerPath(dataFolder), '"index":200');
    await overwrite(ledgerPath(dataFolder), place, Buffer.alloc(PAGE, 0xa5));
    const { outbox, evidenceOutbox, ledger } = await scratchBuffer({ dataFolder, keeping });
    expect(await evidenceOutbox.pending("township", 0, 10)).toEqual([]);
    await outbox.acknowledge("township", ledger.head, "2026-07-02T00:00:00Z");
    expect(await evidenceOutbox.pending("township", 0, 10)).toMatchObject([{ seq: 2 }]);
  });

  test.each([
    ["of zeros at its head", async (path: string) => overwrite(path, 0, Buffer.alloc(PAGE))],
    ["that is no database", async (path: string) => writeFile(path, "nothing of ours ".repeat(1000))],
    [
      "cut off in the middle",
      async (path: string) => {
        const handle = await open(path, "r+");
        await handle.truncate(PAGE * 2 + 100);
        await handle.close();
      },
    ],
  ])("%s costs nobody the log-in: there is a copy", async (_what, damage) => {
    const { dataFolder, ledger: former } = await filled();
    await damage(ledgerPath(dataFolder));
    const { accounts, tokens, pauseBook, ledger } = await scratchBuffer({ dataFolder, keeping });
    expect(await accounts.find("admin")).toMatchObject({ passwordHash: "scrypt" });
    expect(await tokens.find("abc")).toMatchObject({ name: "township" });
    expect(await pauseBook.open()).toMatchObject([{ id: "pause-1" }]);
    const event = declared(await ledger.read({ after: 0, limit: 10 }));
    expect(event?.data).toMatchObject({
      former: { ledger: former, lastSeq: 400 },
      unsent: { events: 300, rescued: 0 },
      fromCopy: expect.arrayContaining(["accounts", "tokens"]),
    });
  });

  test("whose last event was changed is not built on", async () => {
    const { dataFolder, ledger: former } = await filled();
    const database = await openDatabase(ledgerPath(dataFolder));
    await database.transaction(({ run }) =>
      run("UPDATE events SET body = replace(body, 'wang', 'wung') WHERE seq = 400"),
    );
    await database.close();
    const { ledger } = await scratchBuffer({ dataFolder, keeping });
    expect(ledger.id).not.toBe(former);
    expect(declared(await ledger.read({ after: 0, limit: 1 }))?.data).toMatchObject({
      unsent: { events: 301, rescued: 300 },
    });
  });

  test("is recognised in running, marked, and set aside at the next start", async () => {
    const { dataFolder } = await filled();
    const path = ledgerPath(dataFolder);
    const found: string[] = [];
    const buffer = await scratchBuffer({ dataFolder, keeping, onDamage: ({ code }) => found.push(code) });
    for (const place of await pagesWith(path, '"index":2')) {
      await overwrite(path, place, Buffer.alloc(PAGE, 0xa5));
    }
    await expect(buffer.ledger.read({ after: 0, limit: 1000 })).rejects.toMatchObject({
      code: "ledger.corrupt",
    });
    await until(() => found.length > 0);
    expect(found).toEqual(["ledger.corrupt"]);
    await buffer.close();
    const { ledger, accounts } = await scratchBuffer({ dataFolder, keeping });
    expect(declared(await ledger.read({ after: 0, limit: 1 }))).toBeDefined();
    expect(await accounts.count()).toBe(1);
  });

  test("a second one keeps its own place, and alarms of both are still open", async () => {
    const { dataFolder } = await filled();
    for (const index of [150, 250]) {
      const [place = 0] = await pagesWith(ledgerPath(dataFolder), `"index":${index}`);
      await overwrite(ledgerPath(dataFolder), place, Buffer.alloc(PAGE, 0xa5));
      const buffer = await scratchBuffer({ dataFolder, keeping });
      expect(await buffer.alarms.open()).toHaveLength(41);
      await buffer.ledger.append(draft());
      await buffer.close();
    }
    const names = await readdir(ledgerFolder(dataFolder));
    expect(names.filter((name) => name.startsWith("damaged-")).sort()).toEqual(["damaged-1", "damaged-2"]);
    const { ledger } = await scratchBuffer({ dataFolder, keeping });
    const rescued = (await ledger.read({ after: 1, limit: 1000 })).filter(({ data }) => data["rescued"]);
    // The name of the first ledger stays.
    expect(new Set(rescued.map(({ data }) => (data["rescued"] as { id: string }).id)).size).toBe(
      rescued.length,
    );
  });

  test.each([
    ["before anything was moved", []],
    ["when its log was moved", ["-wal"]],
    ["when all of it was moved", ["-wal", ""]],
  ])("is replaced once, also when the power goes %s", async (_when, moved) => {
    const { dataFolder } = await filled();
    const folder = ledgerFolder(dataFolder);
    const path = ledgerPath(dataFolder);
    // What stands there when a replacement is broken off: the fresh file, and the folder that is moved into.
    const fresh = await openDatabase(join(folder, "rescue.sqlite"));
    await fresh.transaction(({ run }) => run("INSERT INTO meta VALUES ('ledger', 'thefreshledger')"));
    await fresh.close();
    await writeFile(`${path}-wal`, "log");
    await writeFile(join(folder, "damaged"), "malformed");
    await mkdir(join(folder, "damaged-1.moving"));
    for (const suffix of moved) {
      await rename(`${path}${suffix}`, join(folder, "damaged-1.moving", `cunshao.sqlite${suffix}`));
    }
    const { ledger } = await scratchBuffer({ dataFolder, keeping });
    expect(ledger.id).toBe("thefreshledger");
    expect((await readdir(join(folder, "damaged-1"))).sort()).toEqual([
      "cunshao.sqlite",
      "cunshao.sqlite-wal",
    ]);
    expect(await readdir(folder)).not.toContain("damaged");
  });

  test("a fresh file that was not finished is made anew", async () => {
    const { dataFolder, ledger: former } = await filled();
    await writeFile(join(ledgerFolder(dataFolder), "rescue.sqlite"), "half");
    const { ledger } = await scratchBuffer({ dataFolder, keeping });
    expect(ledger.id).toBe(former);
    await expect(stat(join(ledgerFolder(dataFolder), "rescue.sqlite"))).rejects.toMatchObject({
      code: "ENOENT",
    });
  });

  test("the copy of accounts is for nobody else to read, and is written after each change", async () => {
    const { dataFolder } = await filled();
    const path = join(ledgerFolder(dataFolder), "keepsake.json");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const { accounts } = await scratchBuffer({ dataFolder, keeping });
    await accounts.add({ username: "li", passwordHash: "scrypt-li", role: "viewer" });
    await until(async () => (await readFile(path, "utf8")).includes("scrypt-li"));
    await rm(path);
  });

  test("can be looked into while it is in use, and is not changed by that", async () => {
    const { dataFolder } = await filled();
    const { ledger } = await scratchBuffer({ dataFolder, keeping });
    await ledger.append(draft({ subject: "newest" }));
    const reader = await openForReading(ledgerPath(dataFolder));
    const [last] = await reader.all<{ hash: string; body: string }>(
      "SELECT hash, body FROM events ORDER BY seq DESC LIMIT 1",
    );
    await reader.close();
    expect(hashOf(last?.body ?? "")).toBe(last?.hash);
    expect(last?.body).toContain("newest");
  });
});

import { execFileSync } from "node:child_process";
import { open, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ledgerPath } from "../../../src/buffer/buffer.ts";
import { openDatabase } from "../../../src/buffer/database.ts";
import { verifyBox } from "../../../src/buffer/verify.ts";
import { verifyCopy } from "../../../src/buffer/verify-copy.ts";
import type { LedgerEvent } from "../../../src/core/event.ts";
import { verificationText } from "../../../src/verify-events.ts";
import { draft, scratchBuffer, scratchFolder } from "./scratch.ts";

async function box(count = 20) {
  const dataFolder = await scratchFolder();
  const buffer = await scratchBuffer({ dataFolder });
  const sha256 = await buffer.evidence.put(Buffer.from("a picture"), "image/jpeg");
  await buffer.ledger.append(draft({ type: "org.cunshao.evidence.added", data: { sha256 } }));
  for (let index = 1; index < count; index++) await buffer.ledger.append(draft({ data: { index } }));
  const events = await buffer.ledger.read({ after: 0, limit: 1000 });
  return { dataFolder, buffer, sha256, events };
}

async function tamper(dataFolder: string, ...statements: string[]): Promise<void> {
  const database = await openDatabase(ledgerPath(dataFolder));
  await database.transaction(async ({ run }) => {
    for (const statement of statements) await run(statement);
  });
  await database.close();
}

async function copyOf(events: readonly (LedgerEvent | string)[]): Promise<string> {
  const path = join(await scratchFolder(), "events.ndjson");
  await writeFile(
    path,
    events.map((one) => `${typeof one === "string" ? one : JSON.stringify(one)}\n`).join(""),
  );
  return path;
}

describe("verifying a box", () => {
  test("finds everything in order, while the gateway has it open", async () => {
    const { dataFolder, buffer } = await box();
    expect(await verifyBox(dataFolder)).toEqual({
      intact: true,
      ledgers: [
        {
          ledger: buffer.ledger.id,
          firstSeq: 1,
          lastSeq: 20,
          hash: expect.stringMatching(/^[0-9a-f]{64}$/),
          events: 20,
          evicted: 0,
        },
      ],
      evidence: { files: 1, bytes: 9, changed: [], missing: [] },
      setAside: [],
    });
    await buffer.ledger.append(draft());
  });

  test.each([
    [
      "an event that was changed",
      "UPDATE events SET body = replace(body, '7', '8') WHERE seq = 8",
      8,
      "content",
    ],
    ["an event that is missing", "DELETE FROM events WHERE seq = 8", 8, "gap"],
    ["an event that was emptied in secret", "UPDATE events SET body = NULL WHERE seq = 8", 8, "undeclared"],
    [
      "a hash that was made to fit",
      "UPDATE events SET hash = (SELECT hash FROM events WHERE seq = 3) WHERE seq = 8",
      8,
      "content",
    ],
  ])("finds %s", async (_what, statement, seq, fault) => {
    const { dataFolder, buffer } = await box();
    await buffer.close();
    await tamper(dataFolder, statement);
    const { intact, ledgers } = await verifyBox(dataFolder);
    expect(intact).toBe(false);
    expect(ledgers[0]?.broken).toEqual({ seq, fault });
  });

  test("takes what was let go for what it is told to be, and no more", async () => {
    const { dataFolder, buffer } = await box();
    await buffer.ledger.append({
      type: "org.cunshao.ledger.evicted",
      class: "state",
      data: { class: "state", firstSeq: 5, lastSeq: 9, events: 3 },
    });
    await buffer.close();
    await tamper(dataFolder, "UPDATE events SET body = NULL WHERE seq IN (5, 6, 9)");
    expect(await verifyBox(dataFolder)).toMatchObject({
      intact: true,
      ledgers: [{ evicted: 3, events: 21 }],
    });
    await tamper(dataFolder, "UPDATE events SET body = NULL WHERE seq = 7");
    expect((await verifyBox(dataFolder)).ledgers[0]?.broken).toEqual({ seq: 9, fault: "undeclared" });
  });

  test("finds files that were changed or are not there", async () => {
    const { dataFolder, buffer, sha256 } = await box();
    const gone = await buffer.evidence.put(Buffer.from("gone"), "image/jpeg");
    await rm((await buffer.evidence.find(gone))?.path ?? "");
    await writeFile((await buffer.evidence.find(sha256))?.path ?? "", "b picture");
    let waits = 0;
    const sleep = async (): Promise<void> => {
      waits += 1;
    };
    expect(await verifyBox(dataFolder, undefined, { sleep })).toMatchObject({
      intact: false,
      evidence: { changed: [sha256], missing: [gone] },
    });
    expect(waits).toBe(10);
  });

  test("waits for a gateway that has taken files away and has yet to forget them", async () => {
    const { dataFolder, buffer } = await box();
    const gone = await buffer.evidence.put(Buffer.from("gone"), "image/jpeg");
    await rm((await buffer.evidence.find(gone))?.path ?? "");
    const sleep = async (): Promise<void> => void (await buffer.evidence.remove([gone]));
    expect(await verifyBox(dataFolder, undefined, { sleep })).toMatchObject({
      intact: true,
      evidence: { missing: [] },
    });
  });

  test("is not troubled by a gateway that takes files away at the same time", async () => {
    const { dataFolder, buffer } = await box();
    const ids: string[] = [];
    for (let number = 0; number < 200; number++) {
      ids.push(await buffer.evidence.put(Buffer.from(`picture ${number}`), "image/jpeg"));
    }
    const removing = buffer.evidence.remove(ids.sort().slice(20));
    const [found] = await Promise.all([verifyBox(dataFolder), removing]);
    expect(found).toMatchObject({ intact: true, evidence: { changed: [], missing: [] } });
  });

  test("does not take a file for changed that the gateway takes away and empties while it is read", async () => {
    const { dataFolder, buffer, sha256 } = await box();
    const { path = "" } = (await buffer.evidence.find(sha256)) ?? {};
    await rm(path);
    // A pipe is read to its end only once somebody has ended it.
    execFileSync("mkfifo", [path]);
    const verifying = verifyBox(dataFolder);
    const writer = await open(path, "w");
    await rm(path);
    await buffer.evidence.remove([sha256]);
    await writer.close();
    expect(await verifying).toMatchObject({ intact: true, evidence: { changed: [], missing: [] } });
  });

  test("says so where there is no ledger", async () => {
    await expect(verifyBox(await scratchFolder())).rejects.toMatchObject({ code: "verify.nothing" });
  });
});

describe("verifying a copy", () => {
  test("takes events in any order, of several boxes, from wherever it begins", async () => {
    const { events } = await box();
    const other = await box(3);
    const path = await copyOf([...events.slice(4).reverse(), ...other.events]);
    expect(await verifyCopy(path)).toMatchObject({
      intact: true,
      ledgers: [
        { firstSeq: 5, lastSeq: 20, events: 16 },
        { firstSeq: 1, lastSeq: 3, events: 3 },
      ],
    });
  });

  test.each<[string, (events: readonly LedgerEvent[]) => (LedgerEvent | string)[], object]>([
    ["a missing one", (all) => all.filter(({ seq }) => seq !== 8), { seq: 8, fault: "gap" }],
    [
      "a changed one",
      (all) => all.map((one) => (one.seq === 8 ? { ...one, data: { index: 70 } } : one)),
      { seq: 8, fault: "content" },
    ],
    ["one that is there twice", (all) => [...all, all[7] as LedgerEvent], { seq: 8, fault: "duplicate" }],
    [
      "one of another id",
      (all) => all.map((one) => (one.seq === 8 ? { ...one, id: "x-8" } : one)),
      { seq: 8, fault: "content" },
    ],
  ])("finds %s", async (_what, change, broken) => {
    const { events } = await box();
    const { intact, ledgers } = await verifyCopy(await copyOf(change(events)));
    expect(intact).toBe(false);
    expect(ledgers[0]?.broken).toEqual(broken);
  });

  test("lets places be missing that an event says were let go", async () => {
    const { events, buffer } = await box();
    const told = await buffer.ledger.append({
      type: "org.cunshao.ledger.evicted",
      class: "state",
      data: { class: "state", firstSeq: 5, lastSeq: 9, events: 5 },
    });
    const path = await copyOf([...events.filter(({ seq }) => seq < 5 || seq > 9), told]);
    expect(await verifyCopy(path)).toMatchObject({ intact: true, ledgers: [{ evicted: 5 }] });
  });

  test.each(["", "{", "null", '{"ledger": 1}', '{"ledger":"a","seq":1,"hash":"b"}'])(
    "names the line that is no event: %s",
    async (line) => {
      const { events } = await box(3);
      const { intact, badLine } = await verifyCopy(await copyOf([...events, line]));
      expect({ intact, badLine }).toEqual(
        line === "" ? { intact: true, badLine: undefined } : { intact: false, badLine: 4 },
      );
    },
  );

  test.each(["{", "null", "{}", '{"ledgers":{"a":1}}', '{"ledgers":[{}]}'])(
    "checks the chain also where what its puller wrote beside it is damaged or another program's, and says so: %s",
    async (account) => {
      const { events } = await box(3);
      const path = await copyOf(events);
      const beside = join(dirname(path), "copy.json");
      await writeFile(beside, account);
      const whole = await verifyCopy(path);
      expect(whole).toMatchObject({ intact: true, ledgers: [{ events: 3 }], unreadAccount: beside });
      expect(verificationText(whole)).toContain(`${beside} cannot be read`);
      await writeFile(path, JSON.stringify({ ...events[0], data: {} }));
      expect(await verifyCopy(path)).toMatchObject({
        intact: false,
        ledgers: [{ broken: { fault: "content" } }],
      });
    },
  );

  test("looks at the files where it is told where they stand", async () => {
    const { events, sha256 } = await box(3);
    const folder = await scratchFolder();
    const path = await copyOf(events);
    expect((await verifyCopy(path, folder)).evidence).toMatchObject({ missing: [sha256] });
    await writeFile(join(folder, sha256), "a picture");
    expect((await verifyCopy(path, folder)).evidence).toMatchObject({ files: 1, missing: [], changed: [] });
    await writeFile(join(folder, sha256), "another");
    expect(await verifyCopy(path, folder)).toMatchObject({ intact: false, evidence: { changed: [sha256] } });
  });
});

import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openDatabase } from "../../../src/buffer/database.ts";
import { databaseError } from "../../../src/buffer/database-errors.ts";
import { migrate } from "../../../src/buffer/migrations.ts";
import { gate, scratchDatabase, scratchFolder } from "./scratch.ts";

describe("the database", () => {
  test("syncs its write-ahead log at every commit", async () => {
    const database = await scratchDatabase();
    const [mode, synchronous] = await database.transaction(async ({ all }) => [
      (await all<{ journal_mode: string }>("PRAGMA journal_mode"))[0]?.journal_mode,
      (await all<{ synchronous: number }>("PRAGMA synchronous"))[0]?.synchronous,
    ]);
    expect(mode).toBe("wal");
    expect(synchronous).toBe(2);
  });

  test("runs transactions one after the other in the order of the calls", async () => {
    const database = await scratchDatabase();
    const first = gate();
    const order: string[] = [];
    const runs = [
      database.transaction(async () => {
        order.push("first begins");
        await first.opened;
        order.push("first ends");
      }),
      database.transaction(async () => {
        order.push("second");
      }),
    ];
    first.open();
    await Promise.all(runs);
    expect(order).toEqual(["first begins", "first ends", "second"]);
  });

  test("leaves nothing of a transaction that throws, and goes on", async () => {
    const database = await scratchDatabase();
    const broken = database.transaction(async ({ run }) => {
      await run("INSERT INTO meta VALUES ('a', '1')");
      throw new Error("no");
    });
    await expect(broken).rejects.toThrow("no");
    await database.transaction(({ run }) => run("INSERT INTO meta VALUES ('b', '2')"));
    expect(await database.all("SELECT key FROM meta")).toEqual([{ key: "b" }]);
  });

  test("lets readers read what is committed while a transaction is under way", async () => {
    const database = await scratchDatabase();
    const inside = gate();
    const leave = gate();
    const writing = database.transaction(async ({ run }) => {
      await run("INSERT INTO meta VALUES ('a', '1')");
      inside.open();
      await leave.opened;
    });
    await inside.opened;
    expect(await database.all("SELECT * FROM meta")).toEqual([]);
    leave.open();
    await writing;
    expect(await database.all("SELECT key FROM meta")).toEqual([{ key: "a" }]);
  });

  test("refuses work after it was closed", async () => {
    const database = await scratchDatabase();
    await database.close();
    await expect(database.transaction(async () => 1)).rejects.toMatchObject({ code: "ledger.closed" });
    await expect(database.all("SELECT 1")).rejects.toMatchObject({ code: "ledger.closed" });
  });

  test("says that a file is damaged when it is none of ours", async () => {
    const path = join(await scratchFolder(), "test.sqlite");
    await writeFile(path, "this is no database, but it is long enough to look at twice".repeat(100));
    await expect(openDatabase(path)).rejects.toMatchObject({ code: "ledger.corrupt", kind: "permanent" });
  });

  test("says that a file is damaged when its pages are", async () => {
    const path = join(await scratchFolder(), "test.sqlite");
    const database = await openDatabase(path);
    const long = "x".repeat(2000);
    for (let key = 0; key < 50; key += 1) {
      await database.transaction(({ run }) => run("INSERT INTO meta VALUES (?, ?)", [`k${key}`, long]));
    }
    await database.close();
    const size = (await readFile(path)).length;
    const handle = await open(path, "r+");
    await handle.write(Buffer.alloc(4096 * 3, 0xa5), 0, undefined, size - 4096 * 3);
    await handle.close();
    await expect(openDatabase(path)).rejects.toMatchObject({ code: "ledger.corrupt" });
  });

  test("does not touch a file that a later version wrote", async () => {
    const path = join(await scratchFolder(), "test.sqlite");
    const database = await openDatabase(path);
    await database.transaction(({ run }) => run("PRAGMA user_version = 999"));
    await database.close();
    const before = await readFile(path);
    await expect(openDatabase(path)).rejects.toMatchObject({ code: "ledger.newer", kind: "permanent" });
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  test("says so when the folder cannot be made", async () => {
    const folder = await scratchFolder();
    await writeFile(join(folder, "file"), "");
    await expect(openDatabase(join(folder, "file", "test.sqlite"))).rejects.toMatchObject({
      code: "ledger.unwritable",
    });
  });

  test("applies each missing migration once, and none of one that fails", async () => {
    const database = await scratchDatabase();
    const step = (name: string, ...statements: string[]) => ({ name, statements });
    const [version] = await database.all<{ user_version: number }>("PRAGMA user_version");
    const done = Array(version?.user_version).fill(step("done already", "SELECT no_such_thing"));
    const run = (...more: ReturnType<typeof step>[]) =>
      database.transaction(async (statements) =>
        migrate(statements, (work) => work(statements), [...done, ...more]),
      );
    await run(step("second", "CREATE TABLE two (a)"));
    await run(step("second", "CREATE TABLE two (a)"), step("third", "CREATE TABLE three (a)"));
    await expect(
      run(step("second"), step("third"), step("fourth", "CREATE TABLE four (a)", "CREATE TABLE four (a)")),
    ).rejects.toMatchObject({ code: "ledger.failed" });
    expect(
      await database.all(
        "SELECT name FROM sqlite_schema WHERE name IN ('two', 'three', 'four') ORDER BY name",
      ),
    ).toEqual([{ name: "three" }, { name: "two" }]);
  });
});

describe("errors of the database package", () => {
  test.each([
    ["SQLITE_FULL", "ledger.full", "transient"],
    ["SQLITE_READONLY", "ledger.unwritable", "transient"],
    ["SQLITE_IOERR", "ledger.unwritable", "transient"],
    ["SQLITE_CORRUPT", "ledger.corrupt", "permanent"],
    ["SQLITE_NOTADB", "ledger.corrupt", "permanent"],
    ["SQLITE_BUSY", "ledger.busy", "transient"],
    ["SQLITE_WHATEVER", "ledger.failed", "bug"],
  ])("%s becomes %s (%s)", (theirs, code, kind) => {
    const error = Object.assign(new Error("theirs"), { code: theirs });
    expect(databaseError(error)).toMatchObject({ code, kind, cause: error });
  });
});

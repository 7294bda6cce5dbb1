import { describe, expect, test } from "vitest";
import { createAccounts } from "../../../src/buffer/accounts.ts";
import { createLocks } from "../../../src/buffer/locks.ts";
import { createTokens } from "../../../src/buffer/tokens.ts";
import type { StoredSession, StoredToken } from "../../../src/core/accounts.ts";
import { isoTime, systemClock } from "../../../src/core/time.ts";
import { scratchBuffer, scratchDatabase, scratchFolder } from "./scratch.ts";

const admin = { username: "admin", passwordHash: "scrypt$1", role: "administrator", disabled: false };
const wang = { username: "wang", passwordHash: "scrypt$2", role: "operator", disabled: false };
const DAY_MS = 86_400_000;

function session(tokenHash: string, username: string, openedMs = 0): StoredSession {
  const openedAt = isoTime(openedMs);
  const place = { address: "192.168.1.9", agent: "Firefox" };
  return { tokenHash, username, ...place, openedAt, lastUsedAt: openedAt, expiresAt: isoTime(DAY_MS) };
}

async function accountsAt(time = { wallMs: 0 }) {
  const database = await scratchDatabase();
  const clock = { ...systemClock, now: () => ({ wallMs: time.wallMs, monotonicMs: 0 }) };
  const accounts = createAccounts({ database, clock });
  await accounts.add(admin);
  return accounts;
}

describe("accounts", () => {
  test("are found by name, listed and counted", async () => {
    const accounts = await accountsAt();
    await accounts.save(wang);
    expect(await accounts.count()).toBe(2);
    expect(await accounts.find("nobody")).toBeUndefined();
    expect(await accounts.find("wang")).toEqual(wang);
    expect(await accounts.list()).toEqual([admin, wang]);
    await expect(accounts.add(wang)).rejects.toMatchObject({ code: "account.exists" });
  });

  test.each([
    ["demoted", { ...admin, role: "viewer" }],
    ["shut", { ...admin, disabled: true }],
  ])("keep the last administrator from being %s", async (_how, change) => {
    const accounts = await accountsAt();
    await accounts.add({ ...admin, username: "shut", disabled: true });
    await expect(accounts.save(change)).rejects.toMatchObject({ code: "account.last_administrator" });
    expect(await accounts.find("admin")).toEqual(admin);
    await accounts.add({ ...admin, username: "other" });
    await accounts.save(change);
    expect(await accounts.find("admin")).toEqual(change);
  });

  test("change in what is given and nothing else, also when two change them at once", async () => {
    const accounts = await accountsAt();
    await accounts.add(wang);
    await Promise.all([
      accounts.change("wang", { role: "viewer" }),
      accounts.change("wang", { passwordHash: "scrypt$3" }),
      accounts.change("wang", { disabled: true }),
    ]);
    expect(await accounts.find("wang")).toEqual({
      username: "wang",
      passwordHash: "scrypt$3",
      role: "viewer",
      disabled: true,
    });
    await expect(accounts.change("nobody", { role: "viewer" })).rejects.toMatchObject({
      code: "account.unknown",
    });
    await expect(accounts.change("admin", { role: "viewer" })).rejects.toMatchObject({
      code: "account.last_administrator",
    });
    expect(await accounts.find("admin")).toEqual(admin);
  });

  test.each([
    ["password", { passwordHash: "scrypt$9" }],
    ["role", { role: "viewer" }],
    ["being shut", { disabled: true }],
  ])(
    "do not change for whoever saw them before a change of %s, or before they were deleted",
    async (_what, meanwhile) => {
      const accounts = await accountsAt();
      await accounts.add(wang);
      await accounts.change("wang", meanwhile);
      const late = () => accounts.change("wang", { passwordHash: "scrypt$3" }, wang);
      await expect(late()).rejects.toMatchObject({ code: "account.changed" });
      expect(await accounts.find("wang")).toEqual({ ...wang, ...meanwhile });
      await accounts.remove("wang");
      await expect(late()).rejects.toMatchObject({ code: "account.changed" });
      expect(await accounts.find("wang")).toBeUndefined();
    },
  );

  test("keep the last administrator from being deleted, also when two are at once", async () => {
    const accounts = await accountsAt();
    await accounts.add({ ...admin, username: "other" });
    const results = await Promise.allSettled([accounts.remove("admin"), accounts.remove("other")]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await accounts.count()).toBe(1);
    await expect(accounts.remove("nobody")).rejects.toMatchObject({ code: "account.unknown" });
  });

  test("keep a session until it is closed or expires, which a use puts off", async () => {
    const time = { wallMs: 0 };
    const accounts = await accountsAt(time);
    await accounts.openSession(session("hash", "admin"), admin.passwordHash);
    expect(await accounts.session("hash")).toEqual({ ...session("hash", "admin"), role: "administrator" });
    await accounts.usedSession("hash", "192.168.1.10", isoTime(5), isoTime(2 * DAY_MS));
    expect(await accounts.session("hash")).toMatchObject({ address: "192.168.1.10", lastUsedAt: isoTime(5) });
    time.wallMs = 2 * DAY_MS - 1;
    expect(await accounts.session("hash")).toBeDefined();
    time.wallMs = 2 * DAY_MS;
    expect(await accounts.session("hash")).toBeUndefined();
    expect(await accounts.sessions()).toEqual([]);
    time.wallMs = 0;
    await accounts.closeSession("hash");
    expect(await accounts.session("hash")).toBeUndefined();
  });

  test.each([
    ["password", { passwordHash: "scrypt$3" }],
    ["role", { role: "viewer" }],
    ["being shut", { disabled: true }],
  ])("end their sessions, and nobody else's, by a change of %s", async (_what, change) => {
    const accounts = await accountsAt();
    await accounts.add(wang);
    await accounts.openSession(session("hash of admin", "admin"), admin.passwordHash);
    await accounts.openSession(session("hash of wang", "wang"), wang.passwordHash);
    await accounts.save(wang);
    expect(await accounts.session("hash of wang")).toBeDefined();
    await accounts.change("wang", change);
    expect(await accounts.session("hash of wang")).toBeUndefined();
    expect(await accounts.session("hash of admin")).toBeDefined();
  });

  test("end all sessions but one, or all by being deleted", async () => {
    const accounts = await accountsAt();
    await accounts.add(wang);
    for (const hash of ["a", "b", "c"]) await accounts.openSession(session(hash, "wang"), wang.passwordHash);
    await accounts.closeSessions("wang", "b");
    expect((await accounts.sessions("wang")).map(({ tokenHash }) => tokenHash)).toEqual(["b"]);
    await accounts.remove("wang");
    expect(await accounts.sessions()).toEqual([]);
  });

  test("keep the newest fifty sessions", async () => {
    const accounts = await accountsAt();
    for (let index = 0; index < 55; index++) {
      await accounts.openSession(session(`hash ${index}`, "admin", index), admin.passwordHash);
    }
    const kept = await accounts.sessions("admin");
    expect(kept).toHaveLength(50);
    expect([kept[0]?.tokenHash, kept.at(-1)?.tokenHash]).toEqual(["hash 54", "hash 5"]);
  });

  test.each<[string, (accounts: Awaited<ReturnType<typeof accountsAt>>) => Promise<void>]>([
    ["unknown", (accounts) => accounts.remove("wang")],
    ["shut", (accounts) => accounts.change("wang", { disabled: true })],
    [
      "of another password than was checked",
      (accounts) => accounts.change("wang", { passwordHash: "scrypt$3" }),
    ],
  ])("open no session for somebody %s", async (_what, meanwhile) => {
    const accounts = await accountsAt();
    await accounts.add(wang);
    await meanwhile(accounts);
    await expect(accounts.openSession(session("hash", "wang"), wang.passwordHash)).rejects.toMatchObject({
      code: "account.changed",
    });
    expect(await accounts.sessions()).toEqual([]);
  });
});

describe("tokens", () => {
  const token: StoredToken = {
    id: "0011223344556677",
    name: "prometheus",
    tokenHash: "hash",
    scopes: ["metrics"],
    madeBy: "admin",
    madeAt: isoTime(0),
  };

  test("are found by their hash, with their last use, until they are removed", async () => {
    const tokens = createTokens(await scratchDatabase());
    await tokens.add(token);
    expect(await tokens.find("hash")).toMatchObject(token);
    await tokens.used(token.id, "192.168.1.9", isoTime(1));
    expect(await tokens.list()).toMatchObject([{ lastUsedAt: isoTime(1), lastAddress: "192.168.1.9" }]);
    expect(await tokens.remove(token.id)).toBe(true);
    expect(await tokens.remove(token.id)).toBe(false);
    expect(await tokens.find("hash")).toBeUndefined();
  });

  test("have a name of their own, and are 200 at the most", async () => {
    const tokens = createTokens(await scratchDatabase());
    await tokens.add(token);
    await expect(tokens.add({ ...token, id: "2", tokenHash: "2" })).rejects.toMatchObject({
      code: "token.exists",
    });
    for (let index = 1; index < 200; index++) {
      await tokens.add({ ...token, id: `i${index}`, name: `n${index}`, tokenHash: `h${index}` });
    }
    await expect(tokens.add({ ...token, id: "x", name: "x", tokenHash: "x" })).rejects.toMatchObject({
      code: "token.too_many",
    });
  });
});

describe("locks", () => {
  test("and known places survive a restart", async () => {
    const dataFolder = await scratchFolder();
    const before = await scratchBuffer({ dataFolder });
    const lock = { kind: "address", subject: "192.168.1.9", failures: 7, at: isoTime(0) } as const;
    await before.accounts.add(admin);
    await before.locks.save({ ...lock, failures: 6 });
    await before.locks.save(lock);
    await before.locks.knowPlace("admin", "192.168.1.8", isoTime(0));
    await before.close();
    const { locks } = await scratchBuffer({ dataFolder });
    expect(await locks.list()).toEqual([lock]);
    expect(await locks.isKnownPlace("admin", "192.168.1.8")).toBe(true);
    expect(await locks.isKnownPlace("admin", "192.168.1.9")).toBe(false);
    await locks.remove("address", "192.168.1.9");
    expect(await locks.list()).toEqual([]);
  });

  test("are a thousand at the most, known places twenty an account", async () => {
    const database = await scratchDatabase();
    const locks = createLocks(database);
    await createAccounts({ database, clock: systemClock }).add(admin);
    for (let index = 0; index < 1_010; index++) {
      await locks.save({ kind: "address", subject: `a${index}`, failures: 5, at: isoTime(0) });
    }
    const kept = await locks.list();
    expect([kept.length, kept[0]?.subject, kept.at(-1)?.subject]).toEqual([1000, "a10", "a1009"]);
    for (let index = 0; index < 25; index++) await locks.knowPlace("admin", `n${index}`, isoTime(0));
    expect(await locks.isKnownPlace("admin", "n4")).toBe(false);
    expect(await locks.isKnownPlace("admin", "n5")).toBe(true);
  });
});

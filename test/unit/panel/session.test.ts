import { randomBytes } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { ensureAdministrator } from "../../../src/panel/administrator.ts";
import { createLogInThrottle, networkOf } from "../../../src/panel/log-in-throttle.ts";
import { hashPassword, passwordFault, verifyPassword } from "../../../src/panel/passwords.ts";
import { createAccountsDouble, createLocksDouble } from "../../support/access-doubles.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { bearer, makeServer, PASSWORD, PASSWORD_HASH } from "./panel-fixture.ts";

async function steppedServer() {
  const clock = createSteppedClock();
  const server = await makeServer(clock);
  onTestFinished(async () => server.app.close());
  const tryLogIn = (password: string, remoteAddress = "192.168.1.9", username = "admin") =>
    server.app.inject({
      method: "POST",
      url: "/api/v1/session",
      remoteAddress,
      payload: { username, password },
    });
  return { ...server, clock, tryLogIn };
}

describe("a log-in", () => {
  test("sets a cookie that scripts cannot read and other sites cannot send", async () => {
    const { tryLogIn, accounts } = await steppedServer();
    const answer = await tryLogIn(PASSWORD);
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({ username: "admin", role: "administrator" });
    const [cookie] = answer.cookies;
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/", maxAge: 7 * 86_400 });
    expect(Buffer.from(cookie?.value ?? "", "base64url")).toHaveLength(32);
    expect([...accounts.open.keys()]).not.toContain(cookie?.value);
  });

  test("is never the one that somebody else had put into the browser before", async () => {
    const { app, accounts } = await steppedServer();
    const planted = "planted-by-somebody-else";
    const answer = await app.inject({
      method: "POST",
      url: "/api/v1/session",
      headers: { cookie: `cunshao_session=${planted}` },
      payload: { username: "admin", password: PASSWORD },
    });
    expect(answer.cookies[0]?.value).not.toBe(planted);
    expect(accounts.open.size).toBe(1);
    const asPlanted = { url: "/api/v1/session", headers: { cookie: `cunshao_session=${planted}` } };
    expect((await app.inject(asPlanted)).statusCode).toBe(401);
  });

  test("ends with DELETE", async () => {
    const { app, logIn } = await steppedServer();
    const headers = { cookie: await logIn() };
    expect((await app.inject({ method: "DELETE", url: "/api/v1/session", headers })).statusCode).toBe(204);
    expect((await app.inject({ url: "/api/v1/session", headers })).statusCode).toBe(401);
  });

  test("by bearer token is the township's", async () => {
    const { app } = await steppedServer();
    const answer = await app.inject({ url: "/api/v1/session", headers: bearer });
    expect(answer.json()).toMatchObject({ username: "township", role: "township" });
    expect(answer.json().permissions).toContain("replay");
    expect(answer.json().permissions).not.toContain("set-up");
  });

  test.each<[string, (accounts: ReturnType<typeof createAccountsDouble>) => Promise<void>]>([
    ["changed", (accounts) => accounts.change("wang", { passwordHash: "scrypt$another" })],
    ["shut", (accounts) => accounts.change("wang", { disabled: true })],
    ["deleted", (accounts) => accounts.remove("wang")],
  ])("does not come true with the old password of an account that is %s meanwhile", async (_what, change) => {
    const locks = createLocksDouble();
    const server = await makeServer(undefined, {}, { locks });
    onTestFinished(async () => server.app.close());
    const { accounts } = server;
    await accounts.add({
      username: "wang",
      passwordHash: PASSWORD_HASH,
      role: "viewer",
    });
    // Between the check of the password and the log-in.
    locks.knowPlace = () => change(accounts);
    const payload = { username: "wang", password: PASSWORD };
    const answer = await server.app.inject({ method: "POST", url: "/api/v1/session", payload });
    expect([answer.statusCode, answer.json().code, answer.cookies]).toEqual([401, "session.wrong", []]);
    expect(await accounts.sessions()).toEqual([]);
  });

  test("works while the ledger takes nothing more", async () => {
    const { ledger, tryLogIn } = await steppedServer();
    ledger.failing = true;
    expect((await tryLogIn(PASSWORD)).statusCode).toBe(201);
  });
});

describe("wrong passwords", () => {
  test("and unknown names get the same answer", async () => {
    const { tryLogIn } = await steppedServer();
    const wrong = await tryLogIn("no");
    const unknown = await tryLogIn("no", "192.168.1.9", "nobody");
    expect(wrong.statusCode).toBe(401);
    expect(wrong.json()).toMatchObject({ code: "session.wrong", title: "用户名或密码不对" });
    expect(unknown.json()).toEqual(wrong.json());
  });

  test("after five, twenty in a row wait and get 429 with the seconds", async () => {
    const { tryLogIn } = await steppedServer();
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 20; attempt++) statuses.push((await tryLogIn("no")).statusCode);
    expect(statuses).toEqual([...Array(5).fill(401), ...Array(15).fill(429)]);
    const refused = await tryLogIn(PASSWORD);
    expect(refused.headers["retry-after"]).toBe("2");
    expect(refused.json()).toMatchObject({ code: "session.throttled", retryAfterSeconds: 2 });
  });

  test("sent all at once slip through no more than in a row", async () => {
    const { tryLogIn } = await steppedServer();
    const answers = await Promise.all(Array.from({ length: 20 }, () => tryLogIn("no")));
    expect(answers.filter(({ statusCode }) => statusCode === 401).length).toBeLessThanOrEqual(5);
  });

  test("a thousand from a hundred addresses are answered, and let nobody in", async () => {
    const { tryLogIn, accounts } = await steppedServer();
    const statuses = new Map<number, number>();
    for (let index = 0; index < 1000; index += 1) {
      const { statusCode } = await tryLogIn(`wrong-${index}`, `10.0.${index % 100}.9`);
      statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
    }
    expect([...statuses.keys()].sort()).toEqual([401, 429]);
    expect(statuses.get(429)).toBeGreaterThan(900);
    expect(accounts.open.size).toBe(0);
  });

  test("ten thousand from as many networks hold an account back for half a minute at most, and others not at all", () => {
    const clock = createSteppedClock();
    const throttle = createLogInThrottle({ clock, locks: createLocksDouble(), log: silentLogger });
    for (let index = 0; index < 10_000; index += 1) {
      throttle.begin(`${10 + (index >> 12)}.${(index >> 4) & 255}.${index & 15}.9`, "admin");
      clock.step(10);
    }
    expect(throttle.begin("192.168.1.9", "admin")).toBeLessThanOrEqual(30_000);
    expect(throttle.begin("192.168.1.9", "other")).toBe(0);
    clock.step(30_001);
    expect(throttle.begin("192.168.1.9", "admin")).toBe(0);
  });

  test("make each further wait longer, and the right one ends it", async () => {
    const { tryLogIn, clock } = await steppedServer();
    for (let attempt = 0; attempt < 5; attempt++) await tryLogIn("no");
    for (const waitMs of [2_000, 4_000, 8_000]) {
      clock.step(waitMs - 1);
      expect((await tryLogIn("no")).statusCode).toBe(429);
      clock.step(1);
      expect((await tryLogIn("no")).statusCode).toBe(401);
    }
    clock.step(16_000);
    expect((await tryLogIn(PASSWORD)).statusCode).toBe(201);
    expect((await tryLogIn("no")).statusCode).toBe(401);
  });

  test("from many addresses hold an account back for half a minute at most", () => {
    const clock = createSteppedClock();
    const throttle = createLogInThrottle({ clock, locks: createLocksDouble(), log: silentLogger });
    for (let attempt = 0; attempt < 60; attempt++) {
      expect(throttle.begin(`10.0.0.${attempt}`, "admin")).toBe(0);
      clock.step(30_000);
    }
    expect(throttle.begin("10.0.1.1", "admin")).toBe(0);
    expect(throttle.begin("10.0.1.2", "admin")).toBe(30_000);
  });

  test.each([[false], [true]])(
    "are not paid for by logging in with an account of one's own in between (from a known place: %s)",
    async (isKnown) => {
      const clock = createSteppedClock();
      const throttle = createLogInThrottle({ clock, locks: createLocksDouble(), log: silentLogger });
      const guesses = { taken: 0, refused: 0 };
      for (let round = 0; round < 20; round++) {
        for (let guess = 0; guess < 4; guess++) {
          const waitMs = throttle.begin("192.168.1.9", "admin", isKnown);
          guesses[waitMs > 0 ? "refused" : "taken"] += 1;
        }
        if (throttle.begin("192.168.1.9", "own", true) === 0) await throttle.succeeded("192.168.1.9", "own");
      }
      expect(guesses).toEqual({ taken: 5, refused: 75 });
    },
  );

  test("of people behind one address do not hold it back once they are in", async () => {
    const clock = createSteppedClock();
    const locks = createLocksDouble();
    const throttle = createLogInThrottle({ clock, locks, log: silentLogger });
    for (const name of ["wang", "li", "zhao"]) {
      for (let slip = 0; slip < 3; slip++) {
        expect(throttle.begin("192.168.1.9", name, true)).toBe(0);
        await throttle.failed("192.168.1.9", name, true);
      }
      expect(throttle.begin("192.168.1.9", name, true)).toBe(0);
      await throttle.succeeded("192.168.1.9", name);
    }
    expect([throttle.list(), locks.saved.size]).toEqual([[], 0]);
  });

  test("leave a lock on the address, on disk too, when somebody else behind it logs in after the wait", async () => {
    const clock = createSteppedClock();
    const locks = createLocksDouble();
    const throttle = createLogInThrottle({ clock, locks, log: silentLogger });
    for (let guess = 0; guess < 5; guess++) {
      throttle.begin("192.168.1.9", "admin", true);
      await throttle.failed("192.168.1.9", "admin", true);
    }
    clock.step(2_000);
    expect(throttle.begin("192.168.1.9", "own", true)).toBe(0);
    await throttle.succeeded("192.168.1.9", "own");
    expect([...locks.saved.values()]).toMatchObject([{ kind: "address", failures: 5 }]);
    // Whoever logs in does not make others wait anew.
    expect(throttle.begin("192.168.1.9", "li", true)).toBe(0);
  });

  test("from one subscriber's IPv6 network count together, and other accounts with them", () => {
    const throttle = createLogInThrottle({
      clock: createSteppedClock(),
      locks: createLocksDouble(),
      log: silentLogger,
    });
    for (let attempt = 0; attempt < 5; attempt++)
      throttle.begin(`2001:db8:1:2::${attempt}`, `name${attempt}`);
    expect(throttle.begin("2001:db8:1:2:9::1", "another")).toBe(2_000);
    expect(throttle.begin("2001:db8:1:3::1", "another")).toBe(0);
  });

  test("are recorded, without a name that is no account's", async () => {
    const { tryLogIn, ledger } = await steppedServer();
    await tryLogIn("no", "192.168.1.9", "my-password-by-mistake");
    await tryLogIn("no");
    await tryLogIn(PASSWORD);
    const events = await ledger.read({ after: 0, limit: 10 });
    expect(events.map(({ type, data }) => [type, data["username"]])).toEqual([
      ["org.cunshao.session.refused", undefined],
      ["org.cunshao.session.refused", "admin"],
      ["org.cunshao.session.opened", "admin"],
    ]);
  });
});

describe("passwords", () => {
  const random = (size: number) => randomBytes(size);

  test("are kept as salted scrypt that tells its own parameters", async () => {
    const [one, other] = await Promise.all([hashPassword("秘密", random), hashPassword("秘密", random)]);
    expect(one).toMatch(/^scrypt\$32768\$8\$1\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+$/);
    expect(one).not.toBe(other);
    expect(await verifyPassword("秘密", one)).toBe(true);
    expect(await verifyPassword("秘蜜", one)).toBe(false);
  });

  test.each(["", "plain", "scrypt$32768$8$1$salt", "scrypt$x$8$1$c2FsdA==$aGFzaA=="])(
    "kept as %j are reported as our fault",
    async (stored) => {
      await expect(verifyPassword("x", stored)).rejects.toMatchObject({ code: "account.bad_hash" });
    },
  );

  test("of the first administrator is generated once, readable, and works", async () => {
    const accounts = createAccountsDouble();
    const password = await ensureAdministrator({ accounts, random });
    expect(password).toMatch(/^[a-km-np-z2-9]{4}-[a-km-np-z2-9]{4}-[a-km-np-z2-9]{4}$/);
    const stored = (await accounts.find("admin"))?.passwordHash ?? "";
    expect(await verifyPassword(password ?? "", stored)).toBe(true);
    expect(await ensureAdministrator({ accounts, random })).toBeUndefined();
  });

  test("given for the first administrator is not told again", async () => {
    const accounts = createAccountsDouble();
    expect(await ensureAdministrator({ accounts, password: PASSWORD, random })).toBeUndefined();
    expect(await accounts.count()).toBe(1);
  });
});

describe("locks", () => {
  const NOBODY = "somebody's password";

  function lockable(locks = createLocksDouble()) {
    const clock = createSteppedClock();
    return { clock, locks, throttle: createLogInThrottle({ clock, locks, log: silentLogger }) };
  }

  async function fail(
    throttle: ReturnType<typeof createLogInThrottle>,
    times: number,
    from: (n: number) => string,
  ) {
    for (let attempt = 0; attempt < times; attempt++) {
      expect(throttle.begin(from(attempt), "admin")).toBe(0);
      await throttle.failed(from(attempt), "admin", true);
    }
  }

  test("survive a restart, whatever the clock says then", async () => {
    const { locks, throttle } = lockable();
    await fail(throttle, 5, () => "192.168.1.9");
    for (const wallMs of [0, Date.parse("2100-01-01T00:00:00Z")]) {
      const clock = createSteppedClock(wallMs);
      const after = createLogInThrottle({ clock, locks, log: silentLogger });
      await after.load();
      expect(after.begin("192.168.1.9", "wang")).toBe(2_000);
      expect(after.begin("192.168.1.8", "admin")).toBe(2_000);
      clock.step(2_000);
      expect(after.begin("192.168.1.9", "wang")).toBe(0);
    }
  });

  test("are written from the fifth failure on only, and never with a name that is no account's", async () => {
    const { locks, throttle } = lockable();
    await fail(throttle, 4, (n) => `10.0.0.${n}`);
    expect([...locks.saved.keys()]).toEqual([]);
    for (let attempt = 0; attempt < 5; attempt++) {
      throttle.begin(`10.0.1.${attempt}`, NOBODY);
      await throttle.failed(`10.0.1.${attempt}`, NOBODY, false);
    }
    expect([...locks.saved.keys()]).toEqual([]);
    expect(throttle.list()).toEqual([]);
    await fail(throttle, 1, () => "10.0.0.9");
    expect([...locks.saved.keys()]).toEqual(["account admin"]);
  });

  test("on an account by strangers do not keep out who was there before", async () => {
    const { throttle } = lockable();
    await fail(throttle, 5, (n) => `10.0.0.${n}`);
    expect(throttle.begin("192.168.1.9", "admin", false)).toBeGreaterThan(0);
    expect(throttle.begin("192.168.1.9", "admin", true)).toBe(0);
  });

  test("are seen and lifted, and end with the right password", async () => {
    const { locks, throttle } = lockable();
    await fail(throttle, 5, () => "192.168.1.9");
    const seen = throttle
      .list()
      .map(({ kind, subject, failures, waitMs }) => [kind, subject, failures, waitMs]);
    expect(seen).toEqual([
      ["account", "admin", 5, 2_000],
      ["address", "192.168.1.9", 5, 2_000],
    ]);
    expect(await throttle.lift("address", "192.168.1.9")).toBe(true);
    expect(await throttle.lift("address", "192.168.1.9")).toBe(false);
    await throttle.succeeded("192.168.1.9", "admin");
    expect([throttle.list(), locks.saved.size]).toEqual([[], 0]);
  });

  test.each([
    ["192.168.1.9", "192.168.1.9"],
    ["::ffff:192.168.1.9", "192.168.1.9"],
    ["::1", "::1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8::5", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ])("count %s as %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe("a new password", () => {
  test.each([
    ["short", "password.too_short"],
    ["123456789", "password.too_short"],
    ["1234567890", "password.usual"],
    ["9876543210", "password.usual"],
    ["abcdefghijkl", "password.usual"],
    ["aaaaaaaaaaaa", "password.usual"],
    ["abababababab", "password.usual"],
    ["Password123", "password.usual"],
    ["Wang-Xiaoming", "password.is_name"],
    ["ｗａｎｇ-ｘｉａｏｍｉｎｇ", "password.is_name"],
    ["塘边有三棵大柳树呀呀", undefined],
    ["correct horse battery", undefined],
  ])("%j is judged %s", (password, fault) => {
    expect(passwordFault(password, "wang-xiaoming")).toBe(fault);
  });
});

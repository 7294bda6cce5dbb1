import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { until } from "../../support/until.ts";
import { readMessages } from "./event-stream-reader.ts";
import { listen, makeServer, PASSWORD, type PanelServer } from "./panel-fixture.ts";

const NEW_PASSWORD = "a longer one entirely";

let server: PanelServer;
/** What somebody else does while a password is being hashed. */
let meanwhile: (() => unknown) | undefined;
let admin: Record<string, string>;
beforeEach(async () => {
  meanwhile = undefined;
  const random = (size: number) => {
    const work = meanwhile;
    meanwhile = undefined;
    work?.();
    return randomBytes(size);
  };
  server = await makeServer(undefined, {}, { random });
  admin = { cookie: await server.logIn() };
});
afterEach(() => server.app.close());

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

async function ask(method: Method, path: string, payload?: object, headers = admin) {
  const answer = await server.app.inject({
    method,
    url: `/api/v1${path}`,
    headers,
    ...(payload ? { payload } : {}),
  });
  const body = answer.body === "" ? undefined : answer.json();
  return { status: answer.statusCode, body, code: body?.code as string | undefined, cookies: answer.cookies };
}

const add = (username: string, role: string, password = PASSWORD) =>
  ask("POST", "/accounts", { username, role, password });
const whoIs = async (headers: Record<string, string>) =>
  (await ask("GET", "/session", undefined, headers)).status;

async function audit(): Promise<{ type: string; subject?: string; data: Record<string, unknown> }[]> {
  const events = await server.ledger.read({ after: 0, limit: 1000, class: "audit" });
  return events.map(({ type, subject, data }) => ({ type, ...(subject ? { subject } : {}), data }));
}

describe("accounts", () => {
  test("are made, listed with their log-ins, and deleted", async () => {
    expect((await add("王小明", "operator")).status).toBe(201);
    await server.logIn("王小明");
    const { body } = await ask("GET", "/accounts");
    expect(body).toMatchObject([
      { username: "admin", role: "administrator", disabled: false, sessions: [{ current: true }] },
      { username: "王小明", role: "operator", sessions: [{ address: "127.0.0.1", current: false }] },
    ]);
    expect(JSON.stringify(body)).not.toMatch(/scrypt|passwordHash|tokenHash/);
    expect((await ask("DELETE", `/accounts/${encodeURIComponent("王小明")}`)).status).toBe(204);
    expect((await ask("DELETE", "/accounts/nobody")).code).toBe("account.unknown");
  });

  test.each([
    [{ username: "a b", role: "viewer", password: PASSWORD }, 400, "account.bad_name"],
    [{ username: "-x", role: "viewer", password: PASSWORD }, 400, "account.bad_name"],
    [{ username: "x".repeat(33), role: "viewer", password: PASSWORD }, 400, "account.bad_name"],
    [{ username: "wang", role: "king", password: PASSWORD }, 400, "request.invalid"],
    [{ username: "wang", role: "viewer", password: "short" }, 400, "password.too_short"],
    [{ username: "wang", role: "viewer" }, 400, "request.invalid"],
    [{ username: "admin", role: "viewer", password: PASSWORD }, 409, "account.exists"],
  ])("%j are refused with %i %s", async (order, status, code) => {
    const answer = await ask("POST", "/accounts", order);
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  test.each([
    ["a new role", { role: "viewer" }],
    ["a new password", { password: NEW_PASSWORD }],
    ["being shut", { disabled: true }],
  ])("lose their log-ins, sockets and streams by %s at once", async (_what, change) => {
    await add("wang", "operator");
    const headers = { cookie: await server.logIn("wang") };
    const base = await listen(server);
    const stream = await readMessages(`${base}/api/v1/state/stream`, headers);
    let close: number | undefined;
    const socket = new WebSocket(`${base.replace("http", "ws")}/api/v1/cameras/pond-east/live`, { headers });
    socket.on("close", (code) => {
      close = code;
    });
    await new Promise((resolve) => socket.once("open", resolve));
    expect((await ask("PATCH", "/accounts/wang", change)).status).toBe(204);
    await until(() => stream.ended() && close === 4001);
    expect(await whoIs(headers)).toBe(401);
    await stream.close();
  });

  test("that are deleted are told no event they waited for, and end in the middle of a download", async () => {
    await add("wang", "operator");
    const headers = { cookie: await server.logIn("wang") };
    const base = await listen(server);
    const clip = await server.evidence.put(Buffer.from("clip"), "video/mp4");
    const found = await server.evidence.find(clip);
    if (!found) throw new Error("no clip");
    // One whose end never comes: larger than every buffer between.
    writeFileSync(found.path, Buffer.alloc(64 * 1024 * 1024));
    server.evidence.find = async () => ({ ...found, sizeBytes: 64 * 1024 * 1024 });
    const download = await fetch(`${base}/api/v1/evidence/${clip}?reason=check`, { headers });
    const reader = download.body?.getReader();
    await reader?.read();
    const before = server.ledger.head;
    const waiting = fetch(`${base}/api/v1/events?wait=60&after=${before}`, { headers }).then(
      (answer) => answer.text(),
      () => "cut",
    );
    let reads = 0;
    const { read } = server.ledger;
    server.ledger.read = (query) => {
      reads += 1;
      return read(query);
    };
    await until(() => reads > 0);
    await ask("DELETE", "/accounts/wang");
    expect(await waiting).toBe("cut");
    const drained = (async () => {
      while (!(await reader?.read())?.done);
    })();
    await expect(drained).rejects.toThrow();
  });

  test("that are shut cannot log in, and get the same answer as a wrong password", async () => {
    await add("wang", "operator");
    await ask("PATCH", "/accounts/wang", { disabled: true });
    const logIn = { username: "wang", password: PASSWORD };
    expect(await ask("POST", "/session", logIn, {})).toMatchObject({ status: 401, code: "session.wrong" });
    await ask("PATCH", "/accounts/wang", { disabled: false });
    expect((await ask("POST", "/session", logIn, {})).status).toBe(201);
  });

  test("keep what another administrator changes while a password is being hashed", async () => {
    await add("wang", "operator");
    meanwhile = () => server.accounts.change("wang", { role: "viewer", disabled: true });
    expect((await ask("PATCH", "/accounts/wang", { password: NEW_PASSWORD })).status).toBe(204);
    expect(await server.accounts.find("wang")).toMatchObject({ role: "viewer", disabled: true });
    meanwhile = () => server.accounts.remove("wang");
    expect((await ask("PATCH", "/accounts/wang", { password: PASSWORD })).code).toBe("account.unknown");
    expect(await server.accounts.find("wang")).toBeUndefined();
  });

  test("keep one administrator", async () => {
    for (const change of [{ role: "viewer" }, { disabled: true }]) {
      expect((await ask("PATCH", "/accounts/admin", change)).code).toBe("account.last_administrator");
    }
    expect((await ask("DELETE", "/accounts/admin")).code).toBe("account.last_administrator");
    expect(await whoIs(admin)).toBe(200);
    expect((await ask("PATCH", "/accounts/admin", { password: NEW_PASSWORD })).code).toBe(
      "account.own_password",
    );
    expect((await ask("PATCH", "/accounts/admin", {})).code).toBe("request.invalid");
  });
});

describe("one's own password", () => {
  const change = (oldPassword: string, newPassword: string, headers = admin) =>
    ask("PUT", "/session/password", { oldPassword, newPassword }, headers);

  test("is changed with the old one; other log-ins end and this one goes on", async () => {
    const other = { cookie: await server.logIn() };
    const answer = await change(PASSWORD, NEW_PASSWORD);
    expect(answer.status).toBe(200);
    const [cookie] = answer.cookies;
    expect(await whoIs({ cookie: `${cookie?.name}=${cookie?.value}` })).toBe(200);
    expect([await whoIs(other), await whoIs(admin)]).toEqual([401, 401]);
    expect((await ask("POST", "/session", { username: "admin", password: PASSWORD }, {})).status).toBe(401);
  });

  test("is not changed with a wrong old one, to a bad one or to itself", async () => {
    expect((await change("wrong", NEW_PASSWORD)).code).toBe("session.wrong");
    expect((await change(PASSWORD, "1234567890")).code).toBe("password.usual");
    expect((await change(PASSWORD, PASSWORD)).code).toBe("password.unchanged");
    expect(await whoIs(admin)).toBe(200);
  });

  test.each<[string, (accounts: PanelServer["accounts"]) => Promise<void>, object | undefined]>([
    ["deleted", (accounts) => accounts.remove("wang"), undefined],
    ["demoted", (accounts) => accounts.change("wang", { role: "viewer" }), { role: "viewer" }],
    ["shut", (accounts) => accounts.change("wang", { disabled: true }), { disabled: true }],
  ])("brings back no account that is %s meanwhile", async (_what, work, left) => {
    await add("wang", "operator");
    const headers = { cookie: await server.logIn("wang") };
    meanwhile = () => work(server.accounts);
    const answer = await change(PASSWORD, NEW_PASSWORD, headers);
    expect([answer.status, answer.code, answer.cookies]).toEqual([409, "account.changed", []]);
    const found = await server.accounts.find("wang");
    if (left) expect(found).toMatchObject(left);
    else expect(found).toBeUndefined();
    expect(await server.accounts.sessions("wang")).toEqual([]);
  });

  test("cannot be guessed with a stolen log-in", async () => {
    const codes: (string | undefined)[] = [];
    for (let attempt = 0; attempt < 7; attempt++) codes.push((await change("wrong", NEW_PASSWORD)).code);
    expect(codes).toEqual([...Array(5).fill("session.wrong"), ...Array(2).fill("session.throttled")]);
  });
});

describe("log-ins", () => {
  test("are listed with where and when, and ended one by one or all at once", async () => {
    const second = { cookie: await server.logIn() };
    const third = { cookie: await server.logIn() };
    const { body } = await ask("GET", "/sessions");
    expect(body).toHaveLength(3);
    expect(body.map(({ current }: { current: boolean }) => current)).toEqual([false, false, true]);
    expect((await ask("DELETE", `/sessions/${body[0].id}`)).status).toBe(204);
    expect([await whoIs(admin), await whoIs(second), await whoIs(third)]).toEqual([200, 200, 401]);
    expect((await ask("DELETE", `/sessions/${body[0].id}`)).code).toBe("session.unknown");
    expect((await ask("DELETE", "/sessions")).status).toBe(204);
    expect([await whoIs(admin), await whoIs(second)]).toEqual([200, 401]);
  });

  test("of others are an administrator's to end, not one's own", async () => {
    await add("wang", "viewer");
    const headers = { cookie: await server.logIn("wang") };
    const [mine] = (await ask("GET", "/sessions")).body;
    expect((await ask("DELETE", `/sessions/${mine.id}`, undefined, headers)).code).toBe("session.unknown");
    const [theirs] = (await ask("GET", "/sessions", undefined, headers)).body;
    expect((await ask("DELETE", `/accounts/wang/sessions/${theirs.id}`)).status).toBe(204);
    expect(await whoIs(headers)).toBe(401);
    const again = { cookie: await server.logIn("wang") };
    expect((await ask("DELETE", "/accounts/wang/sessions")).status).toBe(204);
    expect(await whoIs(again)).toBe(401);
  });
});

describe("tokens", () => {
  const make = (order: object) => ask("POST", "/tokens", order);
  const withToken = (token: string) => ({ authorization: `Bearer ${token}` });

  test("are shown once, do what their scopes say, and end when revoked", async () => {
    const made = await make({ name: "prometheus", scopes: ["metrics"] });
    expect(made.body).toMatchObject({ name: "prometheus", scopes: ["metrics"], madeBy: "admin" });
    const headers = withToken(made.body.token);
    expect((await ask("GET", "/session", undefined, headers)).body).toEqual({
      username: "prometheus",
      role: "machine",
      permissions: ["metrics"],
    });
    expect((await ask("GET", "/cameras", undefined, headers)).code).toBe("access.denied");
    const [listed] = (await ask("GET", "/tokens")).body;
    expect(listed.lastAddress).toBe("127.0.0.1");
    expect(JSON.stringify(listed)).not.toContain(made.body.token);
    expect((await server.tokens.list())[0]?.tokenHash).toMatch(/^[0-9a-f]{64}$/);
    expect((await ask("DELETE", `/tokens/${made.body.id}`)).status).toBe(204);
    expect(await whoIs(headers)).toBe(401);
    expect((await ask("DELETE", `/tokens/${made.body.id}`)).code).toBe("token.unknown");
  });

  test("that are revoked lose their streams at once", async () => {
    const { body } = await make({ name: "wall", scopes: ["look"] });
    const stream = await readMessages(`${await listen(server)}/api/v1/state/stream`, withToken(body.token));
    await ask("DELETE", `/tokens/${body.id}`);
    await until(() => stream.ended());
    await stream.close();
  });

  test.each([
    [{ name: "x", scopes: [] }, "request.invalid"],
    [{ name: "x", scopes: ["accounts"] }, "request.invalid"],
    [{ name: "x", scopes: ["everything"] }, "request.invalid"],
    [{ name: "a b", scopes: ["look"] }, "request.invalid"],
    [{ name: "x", scopes: ["look"], expiresAt: "tomorrow" }, "request.invalid"],
    [{ name: "x", scopes: ["look"], expiresAt: "2001-01-01T00:00:00Z" }, "token.bad_expiry"],
  ])("%j are refused with %s", async (order, code) => {
    expect((await make(order)).code).toBe(code);
  });

  test("of the configuration may have scopes, and change no password", async () => {
    const configured = await makeServer(undefined, {
      tokens: [{ name: "puller", token: "pull", scopes: ["events"] }],
    });
    const from = async (method: Method, url: string, payload?: object) =>
      (
        await configured.app.inject({
          method,
          url: `/api/v1${url}`,
          headers: withToken("pull"),
          ...(payload ? { payload } : {}),
        })
      ).json();
    expect(await from("GET", "/session")).toMatchObject({ role: "machine", permissions: ["events"] });
    expect(await from("GET", "/cameras")).toMatchObject({ code: "access.denied" });
    const change = { oldPassword: "a", newPassword: NEW_PASSWORD };
    expect(await from("PUT", "/session/password", change)).toMatchObject({ code: "session.not_a_person" });
    await configured.app.close();
  });
});

describe("locks", () => {
  test("are listed and lifted by an administrator", async () => {
    for (let attempt = 0; attempt < 5; attempt++) {
      await server.app.inject({
        method: "POST",
        url: "/api/v1/session",
        remoteAddress: "192.168.1.77",
        payload: { username: "admin", password: "no" },
      });
    }
    const { body } = await ask("GET", "/locks");
    expect(body).toMatchObject([
      { kind: "account", subject: "admin", failures: 5 },
      { kind: "address", subject: "192.168.1.77", failures: 5 },
    ]);
    expect((await ask("DELETE", "/locks/address/192.168.1.77")).status).toBe(204);
    expect((await ask("DELETE", "/locks/address/192.168.1.77")).code).toBe("lock.unknown");
    expect((await audit()).map(({ type }) => type)).toEqual([
      "org.cunshao.session.opened",
      ...Array(5).fill("org.cunshao.session.refused"),
      "org.cunshao.session.locked",
      "org.cunshao.session.locked",
      "org.cunshao.lock.lifted",
    ]);
  });
});

describe("the audit", () => {
  test("tells who did what from where, and never a secret", async () => {
    await add("wang", "viewer");
    await ask("PATCH", "/accounts/wang", { role: "operator", password: NEW_PASSWORD });
    const { body } = await ask("POST", "/tokens", { name: "t", scopes: ["look"] });
    await ask("DELETE", `/tokens/${body.id}`);
    await ask("DELETE", "/accounts/wang");
    await ask("DELETE", "/session");
    const events = await audit();
    const by = { kind: "person", name: "admin", role: "administrator" };
    expect(events.slice(1)).toEqual([
      {
        type: "org.cunshao.account.added",
        subject: "wang",
        data: { role: "viewer", by, address: "127.0.0.1" },
      },
      {
        type: "org.cunshao.account.changed",
        subject: "wang",
        data: { role: "operator", password: "changed", by, address: "127.0.0.1" },
      },
      { type: "org.cunshao.token.made", subject: "t", data: { scopes: ["look"], by, address: "127.0.0.1" } },
      { type: "org.cunshao.token.revoked", subject: "t", data: { by, address: "127.0.0.1" } },
      { type: "org.cunshao.account.removed", subject: "wang", data: { by, address: "127.0.0.1" } },
      { type: "org.cunshao.session.closed", subject: "admin", data: { by, address: "127.0.0.1" } },
    ]);
    const all = JSON.stringify(events);
    for (const secret of [PASSWORD, NEW_PASSWORD, body.token, admin["cookie"]?.split("=")[1]]) {
      expect(all).not.toContain(secret);
    }
  });
});

import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { isRole, PERMISSIONS, PERMISSIONS_OF, ROLES, SCOPES } from "../../../src/core/access.ts";
import { demandNeeds } from "../../../src/panel/route-needs.ts";
import { askFromElsewhere, type Operation, operationsOf } from "./described-routes.ts";
import { bearer, listen, makeServer, PAGE_SCRIPT, PASSWORD_HASH, type PanelServer } from "./panel-fixture.ts";

let server: PanelServer;
let base: string;

beforeAll(async () => {
  server = await makeServer();
  base = await listen(server);
});
afterAll(() => server.app.close());

const operations = (): Promise<Operation[]> => operationsOf(server.app);
const ask = (method: string, url: string, headers: Record<string, string> = {}): Promise<string> =>
  askFromElsewhere(server.app, method, url, headers);

/** Opens a real socket. @returns `open`, or the status of the refusal. */
function openSocket(path: string, headers: Record<string, string>, origin?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(base.replace("http", "ws") + path, {
      headers,
      ...(origin ? { origin } : {}),
    });
    socket.on("unexpected-response", (_request, answer) => {
      resolve(String(answer.statusCode));
      socket.terminate();
    });
    socket.on("open", () => {
      resolve("open");
      socket.terminate();
    });
    // `terminate` before the handshake is an error of its own; what matters is resolved by then.
    socket.on("error", (error) => reject(error));
  });
}

/** A log-in of somebody whose role is `role`, whatever that is. */
async function logInAs(role: string): Promise<Record<string, string>> {
  const { accounts } = server;
  const username = `a-${role}`;
  await accounts.save({ username, passwordHash: PASSWORD_HASH, role });
  return { cookie: await server.logIn(username) };
}

/** A machine with every scope but this one. */
async function tokenWithout(scope: string): Promise<Record<string, string>> {
  const scopes = SCOPES.filter((one) => one !== scope);
  const answer = await server.app.inject({
    method: "POST",
    url: "/api/v1/tokens",
    headers: { cookie: await administrator() },
    payload: { name: `not-${scope}`, scopes },
  });
  return { authorization: `Bearer ${answer.json<{ token: string }>().token}` };
}

let cookie: Promise<string> | undefined;
function administrator(): Promise<string> {
  cookie ??= server.logIn();
  return cookie;
}

/** Without the tidying of addresses that `fetch` and `inject` do. */
function rawStatus(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    request({ host: hostname, port, path }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

describe("of every route in the OpenAPI document", () => {
  test("only health and the log-in itself are open, and every other one says what it needs", async () => {
    const all = await operations();
    const open = all.filter(({ isOpen }) => isOpen).map(({ method, path }) => `${method} ${path}`);
    expect(open.sort()).toEqual(["GET /api/v1/health", "POST /api/v1/session"]);
    const known = new Set<string | undefined>([...PERMISSIONS, "log-in"]);
    expect(all.filter(({ isOpen, needs }) => !isOpen && !known.has(needs))).toEqual([]);
    expect(all.length).toBeGreaterThanOrEqual(30);
    expect(all.filter(({ isSocket }) => isSocket).length).toBeGreaterThanOrEqual(1);
  });

  test("a route that hides from it, or says nothing, stops the start", () => {
    const route = {
      method: "GET",
      url: "/x",
      path: "/x",
      routePath: "/x",
      prefix: "",
      handler: () => {},
    } as const;
    for (const more of [
      {},
      { config: {} },
      { config: { needs: "look" as const } },
      { config: { needs: "look" as const }, schema: { hide: true } },
    ]) {
      expect(() => demandNeeds({ ...route, ...more })).toThrow(/route \/x/);
    }
    expect(() => demandNeeds({ ...route, config: { needs: "look" }, schema: {} })).not.toThrow();
  });

  test("none answers without a log-in, with a wrong token or with a forged cookie", async () => {
    for (const { method, path, isSocket } of (await operations()).filter(({ isOpen }) => !isOpen)) {
      for (const headers of [{}, { authorization: "Bearer wrong" }, { cookie: "cunshao_session=forged" }]) {
        expect([method, path, await ask(method, path, headers)]).toEqual([
          method,
          path,
          "401 session.required",
        ]);
        if (isSocket) expect([path, await openSocket(path, headers)]).toEqual([path, "401"]);
      }
    }
  });

  test.each([...ROLES, "nobody"])("none answers a %s who lacks the permission", async (role) => {
    const may = new Set<string | undefined>(isRole(role) ? PERMISSIONS_OF[role] : []);
    const headers = await logInAs(role);
    const denied = (await operations()).filter(({ isOpen, needs }) => {
      return !isOpen && needs !== "log-in" && !may.has(needs);
    });
    for (const { method, path, isSocket } of denied) {
      expect([method, path, await ask(method, path, headers)]).toEqual([method, path, "403 access.denied"]);
      if (isSocket) expect([path, await openSocket(path, headers)]).toEqual([path, "403"]);
    }
    if (role !== "administrator") expect(denied.length).toBeGreaterThan(0);
    const allowed = (await operations()).filter(({ needs }) => may.has(needs));
    // What is allowed gets as far as the route: in whatever it then finds wrong, it is not the role.
    for (const { method, path, needs } of allowed.filter(({ method }) => method !== "GET")) {
      expect([path, needs, await ask(method, path, headers)]).not.toContain("403 access.denied");
    }
  });

  test.each(SCOPES)("none that needs %s answers a token with every other scope", async (scope) => {
    const headers = await tokenWithout(scope);
    for (const { method, path, isSocket } of (await operations()).filter(({ needs }) => needs === scope)) {
      expect([method, path, await ask(method, path, headers)]).toEqual([method, path, "403 access.denied"]);
      if (isSocket) expect([path, await openSocket(path, headers)]).toEqual([path, "403"]);
    }
  });

  test("none that manages accounts answers any token", async () => {
    const managing = (await operations()).filter(({ needs }) => needs === "accounts");
    expect(managing.length).toBeGreaterThanOrEqual(10);
    for (const { method, path } of managing) {
      expect([path, await ask(method, path, bearer)]).toEqual([path, "403 access.denied"]);
    }
  });

  test("no socket opens to a page of another site, even with a log-in", async () => {
    const headers = { cookie: await administrator() };
    for (const { path } of (await operations()).filter(({ isSocket }) => isSocket)) {
      expect([path, await openSocket(path, headers, "http://evil.example")]).toEqual([path, "403"]);
    }
  });
});

describe("what depends on more than the address", () => {
  test("metrics are open to programs on the box, but not to what they pass on", async () => {
    const from = (remoteAddress: string, headers = {}) =>
      server.app.inject({ url: "/api/v1/metrics", remoteAddress, headers });
    expect((await from("192.168.1.9")).statusCode).toBe(401);
    expect((await from("127.0.0.1", { "x-forwarded-for": "192.168.1.9" })).statusCode).toBe(401);
    expect((await from("127.0.0.1")).statusCode).toBe(200);
    expect((await from("192.168.1.9", bearer)).statusCode).toBe(200);
  });

  test("a viewer gets no event of the audit, and may not ask for them", async () => {
    const headers = await logInAs("viewer");
    await server.ledger.append({ type: "org.cunshao.test", class: "state", data: {} });
    const classes = async (who: Record<string, string>) =>
      (await server.app.inject({ url: "/api/v1/events?limit=1000", headers: who }))
        .json<{ class: string }[]>()
        .map((event) => event.class);
    expect(new Set(await classes(headers))).toEqual(new Set(["state"]));
    expect(await classes({ cookie: await administrator() })).toContain("audit");
    expect(await ask("GET", "/api/v1/events?class=audit", headers)).toBe("403 access.denied");
    expect(await ask("GET", "/api/v1/events/stream", headers)).toBe("403 access.denied");
  });

  test("the cursor of a viewer passes what it may not see", async () => {
    const headers = await logInAs("viewer");
    const answer = await server.app.inject({ url: "/api/v1/events?limit=1000", headers });
    expect(Number(answer.headers["cunshao-next"])).toBe(server.ledger.head);
  });

  test("a clip needs more than the present picture does", async () => {
    const picture = await server.evidence.put(Buffer.from("picture"), "image/jpeg");
    const clip = await server.evidence.put(Buffer.from("clip"), "video/mp4");
    const viewer = await logInAs("viewer");
    const technician = await logInAs("technician");
    const operator = await logInAs("operator");
    for (const headers of [viewer, technician]) {
      expect(await ask("GET", `/api/v1/evidence/${picture}`, headers)).toBe("200");
      expect(await ask("GET", `/api/v1/evidence/${clip}`, headers)).toBe("403 access.denied");
    }
    expect(await ask("GET", `/api/v1/evidence/${clip}`, operator)).toBe("400 reason.required");
    expect(await ask("GET", `/api/v1/evidence/${clip}?reason=check`, operator)).toBe("200");
    // A puller fetches what the ledger lists; nobody sits before it who could say why.
    expect(await ask("GET", `/api/v1/evidence/${clip}`, bearer)).toBe("200");
    // What a browser kept for one of them it shows to the next only if that one may see it too.
    const asked = {
      url: `/api/v1/evidence/${clip}?reason=check`,
      headers: { ...operator, "if-none-match": `"${clip}"` },
    };
    const kept = await server.app.inject(asked);
    expect([kept.statusCode, kept.headers["cache-control"]]).toEqual([304, "private, no-cache"]);
    const other = await server.app.inject({ ...asked, headers: { ...asked.headers, ...viewer } });
    expect(other.statusCode).toBe(403);
  });
});

describe("hostile requests", () => {
  test.each([
    "/../package.json",
    "/..%2f..%2fpackage.json",
    "/assets/..%2f..%2f..%2fetc%2fpasswd",
    "/assets/%2e%2e/%2e%2e/etc/passwd",
    "//etc/passwd",
    "/%00",
    "/assets/%",
    "/.env",
    "/api/v1/evidence/..%2f..%2fetc%2fpasswd",
  ])("%s leads out of nothing", async (path) => {
    expect(await rawStatus(path)).toSatisfy((status: number) => status >= 400 && status < 500);
  });

  test("a body over 64 KiB is refused", async () => {
    const answer = await server.app.inject({
      method: "POST",
      url: "/api/v1/broadcasts",
      headers: bearer,
      payload: { text: "长".repeat(64 * 1024), speakers: ["pond"] },
    });
    expect([answer.statusCode, answer.json().code]).toEqual([413, "request.too_large"]);
  });

  test.each([
    ["{", "application/json", 400, "request.bad_json"],
    ["", "application/json", 400, "request.bad_json"],
    ["<a/>", "text/xml", 415, "request.media_type"],
    ['{"__proto__": {"role": "administrator"}}', "application/json", 400, "request.bad_json"],
    ["[]", "application/json", 400, "request.invalid"],
    ["null", "application/json", 400, "request.invalid"],
  ])("the body %j as %s is %i %s", async (payload, type, status, code) => {
    const answer = await server.app.inject({
      method: "POST",
      url: "/api/v1/broadcasts",
      headers: { ...bearer, "content-type": type },
      payload,
    });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(answer.body).not.toMatch(/node_modules|\.ts:|at Object/);
  });

  test("a fault of ours tells its kind but neither message nor stack", async () => {
    const broken = await makeServer();
    broken.evidence.find = async () => {
      throw new Error("secret /var/lib/cunshao");
    };
    const answer = await broken.app.inject({
      url: `/api/v1/evidence/${"a".repeat(64)}`,
      headers: bearer,
    });
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ code: "panel.bug", title: "村哨内部出错" });
    expect(answer.body).not.toContain("secret");
    await broken.app.close();
  });

  test("an unknown address under the API is a problem document", async () => {
    const answer = await server.app.inject({ url: "/api/v1/nothing", headers: bearer });
    expect([answer.statusCode, answer.json().code]).toEqual([404, "route.unknown"]);
  });
});

describe("requests that another site makes with the log-in of the village", () => {
  const acknowledge = { method: "POST", url: "/api/v1/alarms/a1/acknowledge" } as const;

  test.each([
    [{ origin: "http://evil.example" }],
    [{ origin: "null" }],
    [{ "sec-fetch-site": "cross-site" }],
    [{ "sec-fetch-site": "same-site" }],
    [{ "sec-fetch-site": "cross-site", origin: "http://box" }],
  ])("with %j are refused", async (headers) => {
    const cookie = await server.logIn();
    const answer = await server.app.inject({ ...acknowledge, headers: { cookie, host: "box", ...headers } });
    expect([answer.statusCode, answer.json().code]).toEqual([403, "request.other_origin"]);
  });

  test.each([[{ origin: "http://box", "sec-fetch-site": "same-origin" }], [{ origin: "http://box" }], [{}]])(
    "with %j are ours and reach the alarm",
    async (headers) => {
      const cookie = await server.logIn();
      const answer = await server.app.inject({
        ...acknowledge,
        headers: { cookie, host: "box", ...headers },
      });
      expect(answer.json().code).toBe("alarm.unknown");
    },
  );
});

describe("the headers of every answer", () => {
  test("forbid inline scripts, framing and sniffing", async () => {
    for (const url of ["/", "/api/v1/health", "/api/v1/nothing", "/nothing"]) {
      const { headers } = await server.app.inject(url);
      expect(headers["content-security-policy"]).toContain("script-src 'self';");
      expect(headers["content-security-policy"]).toContain("frame-src 'none';");
      expect(headers["content-security-policy"]).not.toContain("unsafe");
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
  });

  test("allow frames only from the companion", async () => {
    const companion = { title: "虚拟套件", url: "http://127.0.0.1:9090/kit?x=1" };
    const kit = await makeServer(undefined, { companion });
    const { headers } = await kit.app.inject("/");
    expect(headers["content-security-policy"]).toContain("frame-src http://127.0.0.1:9090;");
    await kit.app.close();
  });

  test("keep hashed files for a year and the page itself never", async () => {
    const page = await server.app.inject("/");
    const script = await server.app.inject("/assets/index-abc123.js");
    expect(page.headers["cache-control"]).toBe("no-cache");
    expect(script.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  });

  test("send the page's files shrunk to whoever takes them so", async () => {
    const url = "/assets/index-abc123.js";
    const answer = await server.app.inject({ url, headers: { "accept-encoding": "gzip, deflate" } });
    expect(gunzipSync(answer.rawPayload).toString()).toBe(PAGE_SCRIPT);
    expect(answer.headers).toMatchObject({
      "content-encoding": "gzip",
      "content-type": expect.stringContaining("javascript"),
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
    });
    expect((await server.app.inject(url)).body).toBe(PAGE_SCRIPT);
  });

  test("a box without a built page still serves the API and says what is missing", async () => {
    const bare = await makeServer(undefined, { webFolder: "/nonexistent" });
    expect((await bare.app.inject("/")).json().code).toBe("page.missing");
    expect((await bare.app.inject("/api/v1/health")).statusCode).toBe(200);
    await bare.app.close();
  });
});

import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { hashPassword } from "../../../src/panel/passwords.ts";
import { bearer, listen, makeServer, PASSWORD, type PanelServer } from "./panel-fixture.ts";

interface Operation {
  readonly security?: readonly unknown[];
}
type Paths = Record<string, Record<string, Operation>>;

let server: PanelServer;
let base: string;

beforeAll(async () => {
  server = await makeServer();
  base = await listen(server);
});
afterAll(() => server.app.close());

async function operations(): Promise<{ method: string; path: string; open: boolean }[]> {
  const document = (await server.app.inject("/api/openapi.json")).json<{ paths: Paths }>();
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({ method, path, open: security?.length === 0 })),
  );
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

describe("what is reachable without a log-in", () => {
  test("only health and the log-in itself are open", async () => {
    const open = (await operations())
      .filter((one) => one.open)
      .map(({ method, path }) => `${method} ${path}`);
    expect(open.sort()).toEqual(["get /api/v1/health", "post /api/v1/session"]);
  });

  test("every other route of the OpenAPI document answers 401 with a problem document", async () => {
    const closed = (await operations()).filter(({ open, path }) => !open && !path.endsWith("/metrics"));
    expect(closed.length).toBeGreaterThanOrEqual(20);
    for (const { method, path } of closed) {
      for (const headers of [{}, { authorization: "Bearer wrong" }, { cookie: "cunshao_session=forged" }]) {
        const url = path.replace(/\{[^}]+\}/g, "pond-east");
        const answer = await server.app.inject({ method: method.toUpperCase() as "GET", url, headers });
        expect([url, answer.statusCode, answer.json<{ code: string }>().code]).toEqual([
          url,
          401,
          "session.required",
        ]);
        expect(answer.headers["content-type"]).toContain("application/problem+json");
      }
    }
  });

  test("a viewer may look, and is told what is denied", async () => {
    const { accounts, random } = server;
    const passwordHash = await hashPassword(PASSWORD, random);
    await accounts.save({ username: "viewer", passwordHash, role: "viewer" });
    const cookie = await server.logIn("viewer");
    const ask = async (method: string, url: string) => {
      const answer = await server.app.inject({ method: method as "GET", url, headers: { cookie } });
      return answer.headers["content-type"]?.toString().includes("problem")
        ? answer.json<{ code: string }>().code
        : "";
    };
    expect(await ask("POST", "/api/v1/broadcasts")).toBe("access.denied");
    expect(await ask("POST", "/api/v1/alarms/a1/acknowledge")).toBe("access.denied");
    expect(await ask("PUT", "/api/v1/cursors/township")).toBe("access.denied");
    expect(await ask("GET", "/api/v1/cameras")).toBe("");
  });

  test("the socket of a camera is refused before it opens", async () => {
    const status = await new Promise((resolve, reject) => {
      const socket = new WebSocket(`${base.replace("http", "ws")}/api/v1/cameras/pond-east/live`);
      socket.on("unexpected-response", (_request, answer) => resolve(answer.statusCode));
      socket.on("open", () => reject(new Error("It opened")));
      socket.on("error", () => {});
    });
    expect(status).toBe(401);
  });

  test("the socket is refused to a page of another site even with a log-in", async () => {
    const cookie = await server.logIn();
    const status = await new Promise((resolve, reject) => {
      const socket = new WebSocket(`${base.replace("http", "ws")}/api/v1/cameras/pond-east/live`, {
        headers: { cookie },
        origin: "http://evil.example",
      });
      socket.on("unexpected-response", (_request, answer) => resolve(answer.statusCode));
      socket.on("open", () => reject(new Error("It opened")));
      socket.on("error", () => {});
    });
    expect(status).toBe(403);
  });

  test("metrics need a token unless asked from the box itself", async () => {
    const from = (remoteAddress: string, headers = {}) =>
      server.app.inject({ url: "/api/v1/metrics", remoteAddress, headers });
    expect((await from("192.168.1.9")).statusCode).toBe(401);
    expect((await from("127.0.0.1", { "x-forwarded-for": "192.168.1.9" })).statusCode).toBe(401);
    expect((await from("127.0.0.1")).statusCode).toBe(200);
    expect((await from("192.168.1.9", bearer)).statusCode).toBe(200);
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

  test("a box without a built page still serves the API and says what is missing", async () => {
    const bare = await makeServer(undefined, { webFolder: "/nonexistent" });
    expect((await bare.app.inject("/")).json().code).toBe("page.missing");
    expect((await bare.app.inject("/api/v1/health")).statusCode).toBe(200);
    await bare.app.close();
  });
});

import { mkdtempSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { Agent, request as secureRequest } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectSecurely } from "node:tls";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { errorCode } from "../../../../src/core/errors.ts";
import { silentLogger } from "../../../../src/core/log.ts";
import { systemClock } from "../../../../src/core/time.ts";
import { createPanel } from "../../../../src/panel/panel.ts";
import { buildServer } from "../../../../src/panel/server.ts";
import { createCertificates } from "../../../../src/panel/tls/certificates.ts";
import { createOnePortServer } from "../../../../src/panel/tls/one-port.ts";
import { arrived } from "../arrived.ts";
import { ADMIN, makeDependencies, PASSWORD, TOKEN } from "../panel-fixture.ts";

const dependencies = makeDependencies();
const certificates = createCertificates({
  setting: { kind: "auto" },
  folder: mkdtempSync(join(tmpdir(), "tls-")),
  siteName: "龙湾村",
  clock: systemClock,
  isClockSynced: () => true,
  names: () => ["box.local", "192.168.1.9", "localhost", "127.0.0.1", "::1"],
  log: silentLogger,
});
let app: Awaited<ReturnType<typeof buildServer>>;
let port: number;

beforeAll(async () => {
  await certificates.start();
  await dependencies.accounts.save(ADMIN);
  app = await buildServer(dependencies, certificates);
  port = Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
});
afterAll(async () => {
  certificates.stop();
  await app.close();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** By TLS with nothing trusted but the box's own authority. */
function ask(
  path: string,
  options: { secure: boolean; method?: string; body?: string; cookie?: string },
): Promise<Answer> {
  const { secure, method = "GET", body, cookie } = options;
  const headers = {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(cookie === undefined ? {} : { cookie }),
  };
  const common = { host: "127.0.0.1", port, path, method, headers, agent: false };
  return new Promise((resolve, reject) => {
    const call = secure
      ? secureRequest({ ...common, ca: certificates.authority()?.pem })
      : plainRequest(common);
    call.on("error", reject).on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
      );
    });
    call.end(body);
  });
}

const fromElsewhere = (method: string, url: string, more: object = {}) =>
  app.inject({ method: method as "GET", url, remoteAddress: "192.168.1.9", ...more });

describe("one port", () => {
  test("answers HTTPS and, to the box itself, plain HTTP", async () => {
    for (const secure of [true, false]) {
      expect((await ask("/api/v1/health", { secure })).status).toBe(200);
    }
  });

  test("takes a large body by TLS", async () => {
    const body = JSON.stringify({ text: "长".repeat(20_000) });
    expect((await ask("/api/v1/session", { secure: true, method: "POST", body })).status).toBe(400);
  });

  test("gives a cookie that only TLS to this very host carries", async () => {
    const body = JSON.stringify({ username: "admin", password: PASSWORD });
    const answer = await ask("/api/v1/session", { secure: true, method: "POST", body });
    const [cookie = ""] = answer.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(
      /^__Host-cunshao_session=[\w-]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    const [pair = ""] = cookie.split(";");
    expect((await ask("/api/v1/session", { secure: true, cookie: pair })).status).toBe(200);
    expect((await ask("/api/v1/session", { secure: false, cookie: pair })).status).toBe(401);
    expect(answer.headers["strict-transport-security"]).toBeUndefined();
  });

  test("opens WebSockets by TLS, and refuses them without a log-in", async () => {
    const address = `wss://127.0.0.1:${port}/api/v1/cameras/nowhere/live`;
    const ca = certificates.authority()?.pem ?? "";
    const closed = await new Promise((resolve, reject) => {
      const socket = new WebSocket(address, { ca, headers: { authorization: `Bearer ${TOKEN}` } });
      socket.on("close", (code) => resolve(code));
      socket.on("error", reject);
    });
    // Open, and told by the route that this village has no such camera.
    expect(closed).toBe(4004);
    const status = await new Promise((resolve) => {
      const socket = new WebSocket(address, { ca });
      socket.on("unexpected-response", (_request, answer) => resolve(answer.statusCode));
      socket.on("error", () => {});
    });
    expect(status).toBe(401);
  });

  test.each(["\x16\x03\x01garbage", "\x00\x01\x02", "GET", "\x80\x80\x01"])(
    "survives %j and a reset",
    async (bytes) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(bytes);
      await new Promise((resolve) => socket.once("connect", resolve));
      socket.resetAndDestroy();
      expect((await ask("/api/v1/health", { secure: true })).status).toBe(200);
    },
  );

  test("uses a new certificate for new connections without a restart", async () => {
    const server = certificates.current();
    certificates.changed.emit({ ...server, certificate: server.certificate });
    expect((await ask("/api/v1/health", { secure: true })).status).toBe(200);
  });

  test("stops while somebody holds a silent connection open", async () => {
    const other = createPanel({
      ...dependencies,
      config: {
        ...dependencies.config,
        tls: { kind: "auto" },
        tlsFolder: mkdtempSync(join(tmpdir(), "tls-")),
      },
    });
    await other.start();
    expect(other.url()).toMatch(/^http:\/\/127\.0\.0\.1:/);
    expect(other.health()).toEqual({ name: "panel", status: "ok" });
    const socket = connect(Number(new URL(other.url() ?? "").port), "127.0.0.1");
    let ended = false;
    socket
      .on("error", () => {})
      .on("close", () => {
        ended = true;
      });
    await new Promise((resolve) => socket.once("connect", resolve));
    await other.stop();
    await arrived(() => ended || undefined);
  });

  test("stops while a browser keeps an idle TLS connection", async () => {
    const other = await buildServer(dependencies, certificates);
    const base = await other.listen({ host: "127.0.0.1", port: 0 });
    const agent = new Agent({ keepAlive: true, ca: certificates.authority()?.pem });
    onTestFinished(() => agent.destroy());
    await new Promise((resolve, reject) => {
      secureRequest(`https://127.0.0.1:${new URL(base).port}/api/v1/health`, { agent }, (answer) => {
        answer.resume().on("end", resolve);
      })
        .on("error", reject)
        .end();
    });
    await other.close();
  });

  test("lets go of who is too slow with a header by TLS", async () => {
    const options = { headersTimeout: 50, requestTimeout: 100, connectionsCheckingInterval: 20 };
    const slow = createOnePortServer(certificates.current(), options, (_request, answer) => answer.end());
    onTestFinished(() => void slow.close());
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const { port: at } = slow.address() as AddressInfo;
    const socket = connectSecurely({ host: "127.0.0.1", port: at, ca: certificates.authority()?.pem });
    let ended = false;
    socket
      .on("error", () => {})
      .on("close", () => {
        ended = true;
      });
    let code: unknown;
    slow.on("clientError", (error, theirs) => {
      code = errorCode(error);
      theirs.destroy();
    });
    socket.write("GET / HTTP/1.1\r\nX-Slow: ");
    await arrived(() => ended || undefined);
    expect(code).toBe("ERR_HTTP_REQUEST_TIMEOUT");
  });

  test("is called https where others can reach it", async () => {
    const other = createPanel({
      ...dependencies,
      config: {
        ...dependencies.config,
        host: "0.0.0.0",
        tls: { kind: "auto" },
        tlsFolder: mkdtempSync(join(tmpdir(), "tls-")),
      },
    });
    await other.start();
    expect(other.url()).toMatch(/^https:\/\/\d+\.\d+\.\d+\.\d+:\d+$/);
    await other.stop();
  });
});

describe("plain HTTP from another address", () => {
  test.each(["/", "/assets/index-abc123.js", "/nothing?x=1"])("to %s is sent to https", async (url) => {
    const answer = await fromElsewhere("GET", url, { headers: { host: "192.168.1.2:8080" } });
    expect([answer.statusCode, answer.headers.location]).toEqual([308, `https://192.168.1.2:8080${url}`]);
  });

  test.each([
    ["GET", "/api/v1/health"],
    ["GET", "/api/v1/state"],
    ["POST", "/api/v1/session"],
    ["POST", "/"],
    ["GET", "/api/openapi.json"],
  ])("as %s %s is refused, whatever it carries", async (method, url) => {
    const headers = { authorization: `Bearer ${TOKEN}`, host: "192.168.1.2:8080" };
    const payload = method === "POST" ? { username: "admin", password: PASSWORD } : undefined;
    const answer = await fromElsewhere(method, url, { headers, ...(payload ? { payload } : {}) });
    expect([answer.statusCode, answer.json().code]).toEqual([403, "request.insecure"]);
    expect(answer.json().detail).toContain("https://192.168.1.2:8080");
    expect(answer.headers.connection).toBe("close");
  });

  test("to a strange host name is refused, not redirected", async () => {
    const answer = await fromElsewhere("GET", "/", { headers: { host: "x/@evil.example" } });
    expect(answer.statusCode).toBe(403);
  });

  test("gets the authority's certificate, as a phone wants it, and how to install it", async () => {
    const der = await fromElsewhere("GET", "/authority.crt");
    expect([der.statusCode, der.headers["content-type"]]).toEqual([200, "application/x-x509-ca-cert"]);
    expect(der.rawPayload).toEqual(certificates.authority()?.der);
    const pem = await fromElsewhere("GET", "/authority.crt?format=pem");
    expect(pem.body).toBe(certificates.authority()?.pem);
    const page = await fromElsewhere("GET", "/trust", { headers: { host: "<script>" } });
    expect(page.body).toContain(certificates.authority()?.fingerprint);
    expect(page.body).not.toContain("<script");
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
  });

  test.each([
    ["", "zh-CN", "安装"],
    ["?language=en", "en", "Install"],
    ["?language=xx", "zh-CN", "安装"],
  ])("/trust%s explains it in the language of %s", async (query, language, word) => {
    const { body } = await fromElsewhere("GET", `/trust${query}`);
    expect(body).toContain(`<html lang="${language}">`);
    expect(body).toContain(word);
  });
});

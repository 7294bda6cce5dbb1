import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cunshao } from "../support/cunshao-command.ts";
import { PROJECT } from "../support/project.ts";
import { freePort } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";

const PASSWORD = "correct horse battery";

let folder: string;
let port: number;
let running: ChildProcess | undefined;
let log = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cunshao-damaged-"));
  port = await freePort();
  await writeFile(
    join(folder, "cunshao.yaml"),
    "site: {id: damaged, name: 试验村}\nboard: raspberry-pi-4b\npanel: {tls: off}\n",
  );
});
afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

function environment(): Record<string, string> {
  return {
    CUNSHAO_CONFIG: join(folder, "cunshao.yaml"),
    CUNSHAO_DATA: join(folder, "data"),
    CUNSHAO_RUNTIME: join(folder, "run"),
    CUNSHAO_HOST: "127.0.0.1",
    CUNSHAO_PORT: String(port),
    CUNSHAO_ADMIN_PASSWORD: PASSWORD,
  };
}

async function start(): Promise<void> {
  log = "";
  const child = spawn(process.execPath, [join(PROJECT, "dist/src/cli.js"), "run"], {
    env: { ...process.env, ...environment() },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text: Buffer) => {
      log += text.toString();
    });
  }
  running = child;
  await until(async () => (await fetch(`http://127.0.0.1:${port}/api/v1/health`)).ok || undefined, {
    timeoutMs: 60_000,
    what: `a gateway that answers: ${log}`,
  });
}

async function stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
  const child = running;
  running = undefined;
  if (!child || child.exitCode !== null) return child?.exitCode ?? null;
  child.kill(signal);
  const [code] = (await once(child, "close")) as [number | null];
  return code;
}

async function api<T>(path: string): Promise<T> {
  const session = await fetch(`http://127.0.0.1:${port}/api/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "admin", password: PASSWORD }),
  });
  expect(session.status, await session.clone().text()).toBeLessThan(300);
  const cookie = session.headers.get("set-cookie")?.split(";")[0] ?? "";
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, { headers: { cookie } });
  return (await answer.json()) as T;
}

test("a gateway whose database was damaged starts all the same, lets its administrator in and says so; verify proves both", async () => {
  await start();
  const verified = await cunshao(["events", "verify"], environment());
  expect(verified.stderr).toBe("");
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("in order") });
  expect(await stop()).toBe(0);

  const path = join(folder, "data/ledger/cunshao.sqlite");
  const text = Buffer.from("org.cunshao.gateway.started");
  const place = (await readFile(path)).indexOf(text);
  expect(place).toBeGreaterThan(0);
  const file = await open(path, "r+");
  await file.write("O", place);
  await file.close();
  const broken = await cunshao(["events", "verify", "--json"], environment());
  expect(broken.code).toBe(65);
  expect(JSON.parse(broken.stdout)).toMatchObject({
    intact: false,
    ledgers: [{ broken: { fault: "content" } }],
  });

  const damaged = await open(path, "r+");
  await damaged.write(Buffer.alloc(4096), 0, 4096, 0);
  await damaged.close();
  await start();
  const health = await api<{ status: string; parts: { name: string; reason?: string }[] }>("/health");
  expect(health.parts).toContainEqual(
    expect.objectContaining({ name: "ledger", status: "degraded", reason: "ledger.quarantined" }),
  );
  const [first] = await api<{ type: string }[]>("/events?after=0&limit=1");
  expect(first).toMatchObject({
    type: "org.cunshao.ledger.started_anew",
    data: { former: { file: "damaged-1/cunshao.sqlite" }, fromCopy: expect.arrayContaining(["accounts"]) },
  });
  const anew = await cunshao(["events", "verify"], environment());
  expect(anew).toMatchObject({ code: 0, stdout: expect.stringContaining("set aside as damaged") });
});

test("a gateway that finds its database damaged in running ends with 74, and its next start sets it aside", async () => {
  // The first end brings the write-ahead log into the file: what is read after that comes from there.
  await start();
  await stop();
  await start();
  const path = join(folder, "data/ledger/cunshao.sqlite");
  const child = running;
  // Everything but the head: the next statement that looks anything up comes by it.
  const size = (await readFile(path)).length;
  const file = await open(path, "r+");
  await file.write(Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096);
  await file.truncate(size);
  await file.close();
  await until(
    async () => {
      // Logging in writes, and after each write pages are read anew.
      await api("/events").catch(() => undefined);
      return child?.exitCode !== null;
    },
    { timeoutMs: 30_000, what: `an end: ${log}` },
  );
  expect(child?.exitCode).toBe(74);
  await start();
  const [first] = await api<{ type: string }[]>("/events?after=0&limit=1");
  expect(first).toMatchObject({ type: "org.cunshao.ledger.started_anew" });
});

test("verify says what it cannot check", async () => {
  const nothing = await cunshao(["events", "verify"], environment());
  expect(nothing).toMatchObject({ code: 66, stdout: "" });
  expect(nothing.stderr).toContain("There is no ledger at");
  await writeFile(join(folder, "copy.ndjson"), "{}\n");
  const copy = await cunshao(["events", "verify", join(folder, "copy.ndjson")]);
  expect(copy).toMatchObject({ code: 65, stdout: expect.stringContaining("line 1 is no event") });
});

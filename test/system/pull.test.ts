import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBuffer } from "../../src/buffer/buffer.ts";
import { COPY_MIGRATIONS } from "../../src/buffer/copies/sqlite-tables.ts";
import { openDatabase } from "../../src/buffer/database.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { cunshao } from "../support/cunshao-command.ts";
import { PROJECT } from "../support/project.ts";
import { freePort } from "../support/rtsp-cameras.ts";
import { makeCertificates, opensslMissing } from "../support/test-authority.ts";
import { until } from "../support/until.ts";

const TOKEN = "a-token-of-the-township";
const EVENTS = 2500;

let folder: string;
let port: number;
let gateway: ChildProcess | undefined;
let log = "";

/** A box that was cut off for long: its ledger holds a backlog, with a picture. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cunshao-pull-"));
  port = await freePort();
  await writeFile(
    join(folder, "cunshao.yaml"),
    `site: {id: longwan, name: 龙湾村}
board: raspberry-pi-4b
panel: {tokens: [{name: township, token: {secret: township}, scopes: [look, events]}]}
`,
  );
  await writeFile(join(folder, "secrets.yaml"), `township: ${TOKEN}\n`);
  await chmod(join(folder, "secrets.yaml"), 0o600);
  const buffer = await openBuffer({
    ...{ dataFolder: join(folder, "data"), siteId: "longwan", bootId: "boot-1", clock: systemClock },
    ...{ random: Math.random, log: silentLogger, clockQuality: () => "synced" },
  });
  const sha256 = await buffer.evidence.put(Buffer.alloc(300_000, 7), "image/jpeg");
  await Promise.all(
    Array.from({ length: EVENTS }, (_, index) =>
      buffer.ledger.append({
        type: "org.cunshao.test",
        class: index % 10 === 0 ? "alarm" : "state",
        data: { index, text: "东塘水边" },
      }),
    ),
  );
  await buffer.ledger.append({
    ...{ type: "org.cunshao.evidence.added", class: "alarm", subject: "a" },
    data: { kind: "snapshot", sha256, mediaType: "image/jpeg" },
  });
  await buffer.close();
  await start();
  const authority = await fetch(`http://127.0.0.1:${port}/authority.crt?format=pem`);
  await writeFile(join(folder, "authority.pem"), await authority.text());
  await boxes("boxes.yaml", "authority.pem");
});
afterAll(async () => {
  await end("SIGTERM");
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  gateway = spawn(process.execPath, [join(PROJECT, "dist/src/cli.js"), "run"], {
    env: {
      ...process.env,
      CUNSHAO_CONFIG: join(folder, "cunshao.yaml"),
      CUNSHAO_DATA: join(folder, "data"),
      CUNSHAO_RUNTIME: join(folder, "run"),
      CUNSHAO_HOST: "127.0.0.1",
      CUNSHAO_PORT: String(port),
      CUNSHAO_ADMIN_PASSWORD: "correct horse battery",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [gateway.stdout, gateway.stderr]) {
    stream?.on("data", (text: Buffer) => {
      log += text.toString();
    });
  }
  await until(async () => (await fetch(`http://127.0.0.1:${port}/trust`)).ok || undefined, {
    timeoutMs: 120_000,
    what: `a gateway that answers: ${log}`,
  });
}

async function end(signal: NodeJS.Signals): Promise<void> {
  const ending = gateway;
  gateway = undefined;
  if (!ending || ending.exitCode !== null) return;
  ending.kill(signal);
  await once(ending, "close");
}

function boxes(name: string, ca: string): Promise<void> {
  const box = `{id: longwan, url: "https://127.0.0.1:${port}", token: {secret: township}, ca: ${ca}}`;
  return writeFile(join(folder, name), `boxes: [${box}]\n`);
}

/** @param out folder of the copy. */
async function pull(out: string, ...words: string[]) {
  const { code, stdout, stderr } = await cunshao([
    ...["pull", join(folder, "boxes.yaml"), "--out", join(folder, out), "--tries", "2", "--json"],
    ...words,
  ]);
  return { code, stderr, found: stdout === "" ? undefined : JSON.parse(stdout) };
}

const verify = (path: string, ...words: string[]) =>
  cunshao(["events", "verify", join(folder, path), "--json", ...words]);

test("a township pulls a box into SQLite, goes on after the box was killed, and can prove what it has", async () => {
  const first = await pull("copy", "--format", "sqlite");
  expect(first, first.stderr).toMatchObject({
    code: 0,
    found: { boxes: 1, upToDate: 1, files: 1, bytes: 300_000, missing: 0, broken: 0 },
  });
  const { events: had } = first.found;
  expect(had).toBeGreaterThan(EVENTS);

  await end("SIGKILL");
  const cutOff = await pull("copy", "--format", "sqlite");
  expect(cutOff).toMatchObject({ code: 69, found: { each: [{ reason: "box.unreachable" }] } });
  await start();
  const second = await pull("copy", "--format", "sqlite");
  expect(second, second.stderr).toMatchObject({ code: 0, found: { upToDate: 1, missing: 0, broken: 0 } });
  // What the box wrote since it started anew, and nothing twice.
  expect(second.found.events).toBeGreaterThan(0);
  expect(second.found.events).toBeLessThan(200);

  const verified = await verify("copy/pulled.sqlite");
  expect(verified.code, verified.stderr).toBe(0);
  const found = JSON.parse(verified.stdout);
  const { seq } = second.found.each[0];
  expect(found).toMatchObject({
    intact: true,
    ledgers: [{ firstSeq: 1, lastSeq: seq, events: seq, evicted: 0 }],
    evidence: { files: 1, bytes: 300_000, changed: [], missing: [] },
  });
  const ofBox = await cunshao(["events", "verify", join(folder, "data"), "--json"]);
  expect(JSON.parse(ofBox.stdout).ledgers[0]).toMatchObject({ ledger: found.ledgers[0].ledger });

  const status = await pull("copy", "--status");
  expect(status).toMatchObject({ code: 0, found: [{ box: "longwan", waitingEvents: 0, waitingAlarms: 0 }] });
});

test("a copy that was changed, or a file that is gone from it, is found", async () => {
  await pull("changed", "--format", "sqlite", "--name", "changed");
  const path = join(folder, "changed/pulled.sqlite");
  const database = await openDatabase(path, { migrations: COPY_MIGRATIONS });
  await database.transaction(({ run }) =>
    run(`UPDATE events SET event = replace(event, '"index":77,', '"index":78,') WHERE seq = 78`),
  );
  await database.close();
  const changed = await verify("changed/pulled.sqlite");
  expect(changed.code).toBe(65);
  expect(JSON.parse(changed.stdout).ledgers).toMatchObject([{ broken: { seq: 78, fault: "content" } }]);

  await pull("gone", "--format", "sqlite", "--name", "gone");
  await rm(join(folder, "gone/longwan/evidence"), { recursive: true });
  const gone = await verify("gone/pulled.sqlite");
  expect(gone.code).toBe(65);
  expect(JSON.parse(gone.stdout).evidence.missing).toHaveLength(1);
});

test("a copy in lines is proved with its files", async () => {
  expect((await pull("lines", "--name", "lines")).code).toBe(0);
  const [lines = ""] = (await readdir(join(folder, "lines/longwan"))).filter((name) =>
    name.endsWith(".ndjson"),
  );
  const evidence = join(folder, "lines/longwan/evidence");
  const verified = await verify(join("lines/longwan", lines), "--evidence", evidence);
  expect(verified.code, verified.stderr).toBe(0);
  expect(JSON.parse(verified.stdout)).toMatchObject({ intact: true, evidence: { files: 1, missing: [] } });
});

test("a second copy under the same name is refused by the box before it has an event", async () => {
  expect((await pull("one", "--name", "shared")).code).toBe(0);
  const two = await pull("two", "--name", "shared");
  expect(two).toMatchObject({ code: 69, found: { events: 0, each: [{ reason: "cursor.taken" }] } });
});

test.skipIf(opensslMissing)("a box for which another authority vouches gets no token", async () => {
  await boxes("boxes.yaml", makeCertificates()("ca.pem"));
  const refused = await pull("refused", "--name", "refused");
  expect(refused).toMatchObject({ code: 69, found: { events: 0, each: [{ reason: "box.certificate" }] } });
  await boxes("boxes.yaml", "authority.pem");
});

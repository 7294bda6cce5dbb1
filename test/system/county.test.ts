import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { CountyFigures } from "../../src/core/county.ts";
import { cunshao } from "../support/cunshao-command.ts";
import { createMosquitto, type Mosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { createMqttBox } from "../support/mqtt-box.ts";
import { createPostgresServer, type PostgresServer, postgresMissing } from "../support/postgres.ts";
import { PROJECT } from "../support/project.ts";
import { until } from "../support/until.ts";

const missing = mosquittoMissing() ?? postgresMissing();
const WAIT = { timeoutMs: 60_000 };

describe.skipIf(missing !== undefined)(`cunshao county${missing ? ` (${missing})` : ""}`, () => {
  let folder: string;
  let file: string;
  let broker: Mosquitto;
  let server: PostgresServer;
  let database: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cunshao-county-"));
    file = join(folder, "county.yaml");
    [broker, server] = await Promise.all([
      createMosquitto(),
      createPostgresServer({ doors: ["host all auditor 127.0.0.1/32 scram-sha-256"] }),
    ]);
    await Promise.all([broker.start(), server.start()]);
    await server.queryAt(server.url, "CREATE ROLE auditor LOGIN PASSWORD 'right'");
    database = await server.database("county");
    await writeFile(
      file,
      `county: {id: lukou, name: 渌口区}
brokers: {urls: ["${broker.url}"]}
database: {url: "${database}"}
townships:
  - {id: zhuting, name: 朱亭镇, villages: [longwan, taohua]}
`,
    );
    await writeFile(join(folder, "secrets.yaml"), "{}\n", { mode: 0o600 });
  });
  afterAll(async () => {
    await broker?.remove();
    await server?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  function start(...words: string[]): { child: ChildProcess; url: () => Promise<string> } {
    const child = spawn(process.execPath, [join(PROJECT, "dist/src/cli.js"), "county", file, ...words], {
      env: { ...process.env, CUNSHAO_PORT: "0" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const url = () =>
      until(() => said.includes("the broker is there") && /^(http:\S+)\/figures$/m.exec(said)?.[1], WAIT);
    return { child, url };
  }

  test("says what is wrong with a file, and that one is in order", async () => {
    expect(await cunshao(["county", file, "--check"])).toMatchObject({
      code: 0,
      stdout: `${file}: in order\n`,
    });
    const wrong = join(folder, "wrong.yaml");
    await writeFile(wrong, "county: {id: lukou}\n");
    expect(await cunshao(["county", wrong])).toMatchObject({ code: 78 });
  });

  test("tells the figures of a county of 1,744 villages to their end", async () => {
    const villages = Array.from({ length: 1744 }, (_, index) => `village-${index}`);
    const half = villages.length / 2;
    const large = join(folder, "large.json");
    await writeFile(
      large,
      JSON.stringify({
        county: { id: "lukou", name: "渌口区" },
        brokers: { urls: [broker.url] },
        database: { url: await server.database("large") },
        townships: [
          { id: "north", name: "北乡", villages: villages.slice(0, half) },
          { id: "south", name: "南乡", villages: villages.slice(half) },
        ],
      }),
    );
    const { code, stdout } = await cunshao(["county", large, "--figures", "--json"]);
    expect(code).toBe(0);
    const { total, boxes } = JSON.parse(stdout) as CountyFigures;
    expect(total).toMatchObject({ boxes: 1744, never: 1744 });
    expect(boxes).toHaveLength(1744);
  });

  test("keeps what a village publishes, tells it on three roads, and ends well", async () => {
    const { child, url } = start("--reader", "a");
    const at = await url();
    const box = createMqttBox("longwan", broker.url);
    onTestFinished(() => box.upstream.stop());
    const data = { severity: "danger" };
    await box.append({ type: "org.cunshao.alarm.raised", class: "alarm", subject: "alarm-1", data });
    await box.upstream.start();
    await until(() => box.isDone(), { ...WAIT, what: "the alarm to be kept" });

    const figures = (await (await fetch(`${at}/figures`)).json()) as CountyFigures;
    expect(figures).toMatchObject({
      county: { id: "lukou", name: "渌口区" },
      reader: { isConnected: true, isKeeping: true },
    });
    expect(figures.total).toMatchObject({
      boxes: 2,
      there: 1,
      never: 1,
      waiting: 0,
      openAlarms: { danger: 1 },
    });
    const page = await fetch(`${at}/`);
    expect(await page.text()).toContain('<div id="app">');
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const metrics = await (await fetch(`${at}/metrics`)).text();
    expect(metrics).toContain('cunshao_county_boxes{township="zhuting",state="there"} 1\n');
    expect(metrics).toContain('cunshao_county_open_alarms{township="zhuting",severity="danger"} 1\n');
    expect(metrics).toContain("cunshao_county_keeping 1\n");
    const table = await cunshao(["county", file, "--figures"]);
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^zhuting +2 +1 +0 +1 +0 +0 +0 +1$/m);
    expect(table.stdout).toContain("longwan: alarms open: 1 danger, since ");

    child.kill("SIGTERM");
    expect((await once(child, "exit"))[0]).toBe(0);
  });

  test("is proved from the address of its database, by whoever may read there", async () => {
    const verify = (address: string, words: readonly string[] = [], variables = {}) =>
      cunshao(["events", "verify", address, ...words], variables);
    const whole = await verify(database, ["--json"]);
    expect(whole.code).toBe(0);
    expect(JSON.parse(whole.stdout)).toMatchObject({
      intact: true,
      ledgers: [{ box: "longwan", events: 1 }],
    });

    await server.queryAt(database, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO auditor");
    const asAuditor = database.replace("county@", "auditor@");
    const passwords = join(folder, "pgpass");
    await writeFile(passwords, "127.0.0.1:*:*:auditor:right\n", { mode: 0o600 });
    const byFile = await verify(asAuditor, ["--box", "longwan"], { PGPASSFILE: passwords });
    expect(byFile.code).toBe(0);
    expect(byFile.stdout).toMatch(/^longwan, ledger \w+: 1 events, 1 to 1\n {2}chain in order/);
    const wrong = await verify(asAuditor, [], { PGPASSWORD: "wrong" });
    expect(wrong).toMatchObject({ code: 77, stderr: expect.stringContaining("does not let this user in") });
    // Nobody gave one.
    expect((await verify(asAuditor, [], { PGPASSFILE: "/nowhere" })).stderr).toContain("password");
    expect((await verify(database.replace("county@", "county:right@"))).code).toBe(64);
    expect((await verify(database, ["--box", "nowhere"])).code).toBe(66);
    expect((await verify(await server.database("empty"))).code).toBe(66);

    await server.queryAt(database, `UPDATE events SET event = replace(event, '"danger"', '"notice"')`);
    const edited = await verify(database);
    expect(edited.code).toBe(65);
    expect(edited.stdout).toContain("BROKEN at 1: it was changed");
  });

  test("tells of itself while the database is away, and goes on by itself", async () => {
    const { url } = start("--reader", "a");
    const at = await url();
    await server.kill();
    const box = createMqttBox("taohua", broker.url);
    onTestFinished(() => box.upstream.stop());
    await box.append({ type: "org.cunshao.test", class: "alarm", data: {} });
    await box.upstream.start();
    await until(async () => (await (await fetch(`${at}/metrics`)).text()).includes("county_keeping 0"), WAIT);
    const figures = await fetch(`${at}/figures`);
    expect(figures.status).toBe(503);
    expect(await figures.json()).toMatchObject({ reader: { isKeeping: false, isConnected: true } });
    expect((await cunshao(["county", file, "--figures"])).code).toBe(74);
    expect(box.isDone()).toBe(false);
    await server.start();
    await until(() => box.isDone(), { ...WAIT, what: "the alarm to be kept after all" });
  });
});

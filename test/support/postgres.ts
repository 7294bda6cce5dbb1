import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort } from "./rtsp-cameras.ts";
import { until } from "./until.ts";

const PROGRAMS = "/usr/lib/postgresql";
/** Debian's `nobody`: the server refuses to run as root. */
const NOBODY = 65_534;
const USER = "county";

function programsFolder(): string | undefined {
  if (!existsSync(PROGRAMS)) return undefined;
  const newest = readdirSync(PROGRAMS)
    .map(Number)
    .filter((version) => existsSync(join(PROGRAMS, String(version), "bin/initdb")))
    .sort((a, b) => b - a)[0];
  return newest === undefined ? undefined : join(PROGRAMS, String(newest), "bin");
}

/** Why there is no server here; undefined where there is. */
export function postgresMissing(): string | undefined {
  return programsFolder() ? undefined : "Debian's postgresql is missing (apt-get install postgresql)";
}

/** A real server on loopback that syncs to its disk, and can be killed. */
export interface PostgresServer {
  readonly url: string;
  start(): Promise<void>;
  /** As a power cut would: no goodbye, recovery at the next start. */
  kill(): Promise<void>;
  /** Statements of another program, for what the tests look at. */
  queryAt<Row extends object>(url: string, sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Makes a database of that name and gives its address. */
  database(name: string): Promise<string>;
  /** Where its data stand, as root sees it from outside of its mount namespace. */
  dataFolder(): string;
  remove(): Promise<void>;
}

export interface PostgresServerOptions {
  /** Its data on a file system in memory of so many bytes, in a mount namespace of its own; takes root. */
  readonly roomBytes?: number;
  /** Lines of its configuration. */
  readonly settings?: readonly string[];
  /** Lines of pg_hba.conf before those that let everybody in. */
  readonly doors?: readonly string[];
}

export async function createPostgresServer({
  roomBytes,
  settings = [],
  doors = [],
}: PostgresServerOptions = {}): Promise<PostgresServer> {
  const programs = programsFolder();
  if (!programs) throw new Error(postgresMissing());
  const folder = await mkdtemp(join(tmpdir(), "cunshao-postgres-"));
  const data = join(folder, "data");
  const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  await mkdir(data, { mode: 0o700 });
  if ("uid" in asNobody) for (const each of [folder, data]) await chown(each, NOBODY, NOBODY);
  const made = spawnSync(
    join(programs, "initdb"),
    ["-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"],
    { ...asNobody, encoding: "utf8", cwd: folder },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort();
  await writeFile(
    join(data, "postgresql.auto.conf"),
    [
      "listen_addresses = '127.0.0.1'",
      `port = ${port}`,
      "unix_socket_directories = ''",
      "max_connections = 40",
      "shared_buffers = '32MB'",
      "min_wal_size = '2MB'",
      "max_wal_size = '16MB'",
      ...settings,
      "",
    ].join("\n"),
  );
  const doorsFile = join(data, "pg_hba.conf");
  await writeFile(doorsFile, [...doors, await readFile(doorsFile, "utf8")].join("\n"));
  let child: ChildProcess | undefined;
  let said = "";
  const url = `postgres://${USER}@127.0.0.1:${port}/postgres`;

  async function query<Row extends object>(sql: string, values: readonly unknown[] = [], at = url) {
    const client = new pg.Client({ connectionString: at });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  function launch(): ChildProcess {
    const words = ["-D", data];
    if (roomBytes === undefined)
      return spawn(join(programs ?? "", "postgres"), words, { ...asNobody, cwd: folder });
    // What initdb made is copied into the new file system; after a kill that one is gone, so it is never started twice.
    const script = `set -e
      cp -a "$1" "$1.made"; mount -t tmpfs -o size=${roomBytes},uid=${NOBODY},gid=${NOBODY},mode=0700 tmpfs "$1"
      cp -a "$1.made/." "$1"
      exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups "$2" -D "$1"`;
    return spawn("unshare", ["-m", "sh", "-c", script, "sh", data, join(programs ?? "", "postgres")], {
      cwd: folder,
    });
  }

  async function kill(): Promise<void> {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill("SIGQUIT");
    await gone;
  }

  return {
    url,
    async start() {
      child = launch();
      child.stderr?.on("data", (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-20_000);
      });
      // Each look is a process of its own to the server, which after a kill has its disk to go over first.
      const patience = { timeoutMs: 50_000, pollMs: 200, what: "PostgreSQL" };
      await until(() => query("SELECT 1"), patience).catch((error: unknown) => {
        throw new Error(`${String(error)}: ${said.slice(-2000)}`);
      });
    },
    kill,
    queryAt: (at, sql, values) => query(sql, values, at),
    async database(name) {
      await query(`CREATE DATABASE "${name}"`);
      return url.replace(/postgres$/, name);
    },
    dataFolder: () => (roomBytes === undefined ? data : `/proc/${child?.pid}/root${data}`),
    async remove() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

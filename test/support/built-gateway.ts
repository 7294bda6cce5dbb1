import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { LedgerEvent } from "../../src/core/event.ts";
import { BUILT_GATEWAY, BUILT_GUARD, PASSWORD } from "./gateway-rig.ts";
import { productRuntime } from "./product-runtime.ts";
import { freePort } from "./rtsp-cameras.ts";
import { until } from "./until.ts";

const HOST = "127.0.0.1";

export interface BuiltGatewayOptions {
  /** Where its configuration, its data and its logs go. */
  readonly folder: string;
  /** Of the virtual board. */
  readonly socketPath: string;
  readonly site: object;
  readonly secrets: Readonly<Record<string, string>>;
  /** What both are started by: a command that takes theirs as its arguments. */
  readonly within?: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The built gateway and its guard, each a process of its own, with the administrator logged in. */
export interface BuiltGateway {
  readonly url: string;
  /** Headers of who has logged in at the page. */
  readonly asAdmin: Readonly<Record<string, string>>;
  /** @param body a file as it is, anything else as JSON. */
  ask(
    method: string,
    path: string,
    body?: object | Buffer,
    as?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** What the ledger holds after this seq. */
  eventsAfter(seq: number): Promise<LedgerEvent[]>;
  logTail(): Promise<string>;
  /** Sent to the gateway, which is not started again. */
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export async function startBuiltGateway(options: BuiltGatewayOptions): Promise<BuiltGateway> {
  const { folder, socketPath, site, secrets, within = [] } = options;
  const [configFile, secretsFile] = [join(folder, "cunshao.yaml"), join(folder, "secrets.yaml")];
  const logFile = join(folder, "gateway.log");
  await writeFile(secretsFile, stringify(secrets));
  await chmod(secretsFile, 0o600);
  // The configuration takes no aliases.
  await writeFile(configFile, stringify(site, { aliasDuplicateObjects: false }));
  const port = await freePort();
  const url = `http://${HOST}:${port}`;
  const env = {
    ...(await productRuntime()),
    ...process.env,
    CUNSHAO_CONFIG: configFile,
    CUNSHAO_DATA: join(folder, "data"),
    CUNSHAO_RUNTIME: join(folder, "runtime"),
    CUNSHAO_PORT: String(port),
    CUNSHAO_HOST: HOST,
    CUNSHAO_ADMIN_PASSWORD: PASSWORD,
  };
  const log = openSync(logFile, "a");
  const children: readonly ChildProcess[] = [BUILT_GUARD, BUILT_GATEWAY].map((program) => {
    const [command = process.execPath, ...rest] = [...within, process.execPath, program, socketPath];
    return spawn(command, rest, { env, stdio: ["ignore", log, log] });
  });
  closeSync(log);
  const asAdmin: Record<string, string> = { origin: url };

  async function logIn(): Promise<boolean> {
    const login = await fetch(`${url}/api/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url },
      body: JSON.stringify({ username: "admin", password: PASSWORD }),
    });
    asAdmin["cookie"] = login.headers.get("set-cookie")?.split(";")[0] ?? "";
    return login.ok;
  }

  const logTail = async (): Promise<string> =>
    (await readFile(logFile, "utf8")).split("\n").slice(-30).join("\n");

  async function stop(): Promise<void> {
    for (const child of [...children].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
  }

  try {
    await until(logIn, { timeoutMs: 60_000, what: "the gateway" });
  } catch (error) {
    await stop();
    throw new Error(`${String(error)}\n${await logTail()}`);
  }

  return {
    url,
    asAdmin,
    logTail,
    signal: (signal) => children.at(-1)?.kill(signal),
    stop,
    async ask(method, path, body, as = asAdmin) {
      const isFile = Buffer.isBuffer(body);
      const answer = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: {
          origin: url,
          ...as,
          ...(body && { "content-type": isFile ? "audio/wav" : "application/json" }),
        },
        ...(body && { body: isFile ? new Uint8Array(body) : JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === "" ? {} : (JSON.parse(text) as Answer["body"]) };
    },
    async eventsAfter(seq) {
      const all: LedgerEvent[] = [];
      for (;;) {
        const answer = await fetch(`${url}/api/v1/events?after=${all.at(-1)?.seq ?? seq}&limit=1000`, {
          headers: asAdmin,
        });
        const page = (await answer.json()) as LedgerEvent[];
        all.push(...page);
        if (page.length < 1000) return all;
      }
    },
  };
}

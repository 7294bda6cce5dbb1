import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SetUpView } from "../../src/core/set-up.ts";
import {
  createFieldSite,
  FIELD_PASSWORD,
  type FieldSite,
  isHealthy,
  SPEAKER,
  speakAtLength,
} from "../support/field-site.ts";
import { PROJECT } from "../support/project.ts";
import { freePort } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";

let folder: string;
let site: FieldSite;
let url: string;
let cookie = "";
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "cunshao-set-up-"));
  site = await createFieldSite(folder);
});
afterEach(async () => {
  for (const child of children.splice(0).reverse()) await end(child);
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(port: number, command: "run" | "guard"): ChildProcess {
  const child = spawn(process.execPath, [join(PROJECT, "dist/src/cli.js"), command], {
    env: {
      ...process.env,
      CUNSHAO_CONFIG: site.files.config,
      CUNSHAO_DATA: join(folder, "data"),
      CUNSHAO_RUNTIME: join(folder, "runtime"),
      CUNSHAO_HOST: "127.0.0.1",
      CUNSHAO_PORT: String(port),
      CUNSHAO_ADMIN_PASSWORD: FIELD_PASSWORD,
    },
    stdio: "ignore",
  });
  children.push(child);
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const headers = { "content-type": "application/json", origin: url, cookie };
  const answer = await fetch(`${url}/api/v1${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? cookie;
  return (await answer.json()) as T;
}

const channelOf = ({ entries }: SetUpView): unknown => {
  const found = entries.find(({ id }) => id === SPEAKER)?.entry ?? {};
  return (found as { power?: { relay: { serial: { channel: number } } } }).power?.relay.serial.channel;
};

test("a horn that was wired to another relay on the page is driven there by the same process, and made safe there", async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const slow = { timeoutMs: 60_000 };
  start(port, "guard");
  const gateway = start(port, "run");
  await until(() => isHealthy(url), { ...slow, what: "the gateway" });
  await call("POST", "/session", { username: "admin", password: FIELD_PASSWORD });

  const { version, entries } = await call<SetUpView>("GET", "/set-up");
  const entry = entries.find(({ id }) => id === SPEAKER)?.entry;
  const power = { relay: { serial: { bus: "relay-board", profile: "lcus", channel: 2 } } };
  const changes = [{ list: "speakers", id: SPEAKER, entry: { ...entry, power } }];
  expect(await call("POST", "/set-up/changes", { version, changes })).toMatchObject({
    version: 1,
    running: 0,
  });
  // Whoever was logged in still is.
  const view = await until(
    async () => {
      const now = await call<SetUpView>("GET", "/set-up");
      return now.running === 1 && now;
    },
    { ...slow, what: "a gateway with the change" },
  );
  expect([channelOf(view), gateway.exitCode]).toEqual([2, null]);

  await speakAtLength(url);
  await until(() => site.relayOn(2), { ...slow, what: "the second relay" });
  expect(site.relayOn(1)).toBe(false);
  await end(gateway);
  await until(() => !site.relayOn(2), { what: "the guard to switch off what is wired now" });

  start(port, "run");
  await until(() => isHealthy(url), { ...slow, what: "the gateway once more" });
  expect(channelOf(await call<SetUpView>("GET", "/set-up"))).toBe(2);
});

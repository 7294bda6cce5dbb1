import { type ChildProcess, fork, spawn } from "node:child_process";
import { setMaxListeners } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";
import type { DeskState } from "../../src/core/township-desk.ts";
import { PASSWORD } from "../support/gateway-rig.ts";
import { PROJECT } from "../support/project.ts";
import { freePort } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";
import type { VillageOrder, VillagesPlan, VillageWord } from "./desk-words.ts";

const LONGEST_MS = 30_000;
const START_MS = 120_000;
/** The longest that is looked for, less one sign. */
const TAIL = 64;

interface Village {
  readonly id: string;
  readonly token: string;
}

/** A desk in a process of its own, and its villages in another. */
export interface BenchDesk {
  readonly url: string;
  readonly deskPid: number;
  readonly villagesPid: number;
  readonly villages: readonly Pick<Village, "id">[];
  /** Resolves when a village is at the desk, with its page. */
  untilHere(village: string): Promise<void>;
  /** @returns the wall time at which the village had it. */
  raise(village: number, alarm: string): Promise<number>;
  clear(village: number, alarm: string): void;
  /** The wall time at which the desk told of it, and at which the village did to whoever asked it itself. */
  atDesk(alarm: string): Promise<number>;
  straight(alarm: string): Promise<number>;
  /** The wall time at which its horn sounds. */
  sounds(village: number): Promise<number>;
  socket(village: number, path: string): WebSocket;
  stop(): Promise<void>;
}

export async function startBenchDesk(config: {
  readonly villages: number;
  readonly cameras: readonly string[];
  /** One more that comes from elsewhere. */
  readonly guest: Village;
}): Promise<BenchDesk> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-bench-desk-"));
  const villages = Array.from({ length: config.villages }, (_, index) => ({
    id: `village-${index}`,
    token: `token-of-village-number-${index}`,
  }));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(folder, "township.yaml");
  const known: readonly Village[] = [...villages, config.guest];
  const boxes = known.map(({ id }) => `  - {id: ${id}, name: ${id}, reach: reverse, token: {secret: ${id}}}`);
  await writeFile(
    file,
    `desk: {id: desk, name: 朱亭镇}\ndata: data\npanel: {host: 127.0.0.1, port: ${port}, tls: off}\nboxes:\n${boxes.join("\n")}\n`,
  );
  const secrets = known.map(({ id, token }) => `${id}: ${token}`).join("\n");
  await writeFile(join(folder, "secrets.yaml"), `${secrets}\n`, { mode: 0o600 });
  const desk = spawn(process.execPath, [join(PROJECT, "dist/src/cli.js"), "township", file], {
    env: { ...process.env, CUNSHAO_ADMIN_PASSWORD: PASSWORD },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const plan: VillagesPlan = { deskUrl: url, folder, villages, cameras: config.cameras };
  const program = fork(join(PROJECT, "dist/test/bench/desk-villages.js"), [JSON.stringify(plan)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const listeners = new Set<(word: VillageWord) => void>();
  program.on("message", (word: VillageWord) => {
    for (const listener of [...listeners]) listener(word);
  });
  const once = <K extends VillageWord["kind"]>(
    kind: K,
    is: (word: Extract<VillageWord, { kind: K }>) => boolean = () => true,
    timeoutMs = LONGEST_MS,
  ): Promise<Extract<VillageWord, { kind: K }>> =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("the villages say nothing")), timeoutMs);
      const listener = (word: VillageWord): void => {
        const meant = word as Extract<VillageWord, { kind: K }>;
        if (word.kind !== kind || !is(meant)) return;
        clearTimeout(late);
        listeners.delete(listener);
        resolve(meant);
      };
      listeners.add(listener);
    });
  const order = (what: VillageOrder): void => void program.send(what);
  const ended = new AbortController();
  setMaxListeners(0, ended.signal);

  async function stop(): Promise<void> {
    ended.abort();
    if (program.connected) program.disconnect();
    desk.kill("SIGTERM");
    for (const child of [program, desk]) await gone(child);
    await rm(folder, { recursive: true, force: true });
  }

  try {
    const { urls } = await once("ready", undefined, START_MS);
    const headers = await logIn(url);
    const untilHere = async (meant: string): Promise<void> => {
      const isHere = async (): Promise<boolean> => {
        const state = (await (await fetch(`${url}/api/v1/desk`, { headers })).json()) as DeskState;
        return state.boxes.some(({ id, status, village }) => id === meant && status === "here" && village);
      };
      await until(isHere, { timeoutMs: START_MS, what: `the village ${meant}` });
    };
    for (const { id } of villages) await untilHere(id);
    const seen = { desk: new Map<string, number>(), straight: new Map<string, number>() };
    void follow(`${url}/api/v1/desk/stream`, headers, seen.desk, ended.signal);
    for (const [index, base] of urls.entries()) {
      const authorization = `Bearer ${villages[index]?.token}`;
      void follow(`${base}/api/v1/events/stream`, { authorization }, seen.straight, ended.signal);
    }
    const seenIn = (where: Map<string, number>, alarm: string): Promise<number> =>
      until(() => where.get(alarm), { timeoutMs: LONGEST_MS, what: alarm });
    return {
      url,
      deskPid: desk.pid ?? 0,
      villagesPid: program.pid ?? 0,
      villages,
      untilHere,
      async raise(village, alarm) {
        const raised = once("raised", (word) => word.alarm === alarm);
        order({ kind: "raise", village, alarm });
        return (await raised).atMs;
      },
      clear: (village, alarm) => order({ kind: "clear", village, alarm }),
      atDesk: (alarm) => seenIn(seen.desk, alarm),
      straight: (alarm) => seenIn(seen.straight, alarm),
      async sounds(village) {
        const sounded = once("sounded", (word) => word.village === village);
        order({ kind: "listen", village });
        return (await sounded).atMs;
      },
      socket: (village, path) =>
        new WebSocket(`${url.replace("http", "ws")}/api/v1/boxes/${villages[village]?.id}${path}`, {
          headers,
        }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function logIn(url: string): Promise<Record<string, string>> {
  return until(
    async () => {
      const answer = await fetch(`${url}/api/v1/session`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: url },
        body: JSON.stringify({ username: "admin", password: PASSWORD }),
      });
      const cookie = answer.headers.get("set-cookie")?.split(";")[0];
      return answer.ok && cookie ? { origin: url, cookie } : undefined;
    },
    { timeoutMs: START_MS, what: "a desk that answers" },
  );
}

/** Notes when each alarm of this bench is first read in an endless answer. */
async function follow(
  url: string,
  headers: Record<string, string>,
  seen: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const answer = await fetch(url, { headers, signal });
  let tail = "";
  try {
    for await (const chunk of answer.body ?? []) {
      const text = tail + Buffer.from(chunk).toString("latin1");
      for (const [alarm] of text.matchAll(/bench-\d+-/g)) if (!seen.has(alarm)) seen.set(alarm, Date.now());
      tail = text.slice(-TAIL);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function gone(child: ChildProcess): Promise<void> {
  await until(() => child.exitCode !== null || child.signalCode !== null, {
    timeoutMs: LONGEST_MS,
    what: "a program to end",
  });
}

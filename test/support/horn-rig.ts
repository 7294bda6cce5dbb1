import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { serveBoard } from "../../hw/virtual/board/board-server.ts";
import { createVirtualBoard } from "../../hw/virtual/board/virtual-board.ts";
import { createVirtualHorn } from "../../hw/virtual/horn/virtual-horn.ts";
import type { ByteDevice } from "../../hw/virtual/serial/byte-device.ts";
import { createLcusRelayBoard } from "../../hw/virtual/serial/lcus-relay-board.ts";
import { servePty } from "../../hw/virtual/serial/serve-pty.ts";
import type { LedgerEvent } from "../../src/core/event.ts";
import { BUILT_GATEWAY, BUILT_GUARD, PASSWORD, RELAY_LINE } from "./gateway-rig.ts";
import { productRuntime } from "./product-runtime.ts";
import { freePort } from "./rtsp-cameras.ts";
import { until } from "./until.ts";

const CHIP = "virtual-gpio";
const HOST = "127.0.0.1";
/** As systemd's RestartSec, shortened. */
const RESTART_MS = 300;
export const SPEAKERS = ["pond", "square"] as const;

/** Two horns, one relay on an active-low GPIO line and one on a serial board on a real terminal; no camera. */
export interface HornRig {
  readonly relaysOn: () => { readonly pond: boolean; readonly square: boolean };
  readonly horns: Readonly<Record<(typeof SPEAKERS)[number], ReturnType<typeof createVirtualHorn>>>;
  readonly url: string;
  readonly dataFolder: string;
  readonly runtimeFolder: string;
  readonly guardLog: string;
  readonly gatewayPid: () => number;
  readonly guardPid: () => number;
  startGuard(): void;
  endGuard(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Starts the gateway, and again whenever it ends by itself or is ended. */
  startGateway(): void;
  /** Ends the gateway for good. */
  endGateway(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
  /** Sent to the gateway's process, which is started again if that ends it. */
  signalGateway(signal: NodeJS.Signals): void;
  /** Pulls the relay board's cable; its relays stay as they are. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  /** How the relay board answers: as it should (not at all), with garbage, or hearing nothing until it answers again. */
  answer(how: "well" | "garbage" | "not"): void;
  untilUp(): Promise<void>;
  say(text: string, repeat?: number): Promise<string>;
  silence(broadcast: string): Promise<void>;
  health(): Promise<{ readonly name: string; readonly status: string; readonly reason?: string }[]>;
  events(): Promise<LedgerEvent[]>;
  stop(): Promise<void>;
}

export async function startHornRig(): Promise<HornRig> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-horns-"));
  const [dataFolder, runtimeFolder] = [join(folder, "data"), join(folder, "runtime")];
  const [gatewayLog, guardLog] = [join(folder, "gateway.log"), join(folder, "guard.log")];
  const board = createVirtualBoard({ chips: [{ label: CHIP, lines: 16 }] });
  const socketPath = join(folder, "board.sock");
  const boardServer = await serveBoard(board, { socketPath });
  const horns = {
    pond: createVirtualHorn({ host: HOST, port: 0, settleMs: 100 }),
    square: createVirtualHorn({ host: HOST, port: 0, settleMs: 100 }),
  };
  const ports = { pond: (await horns.pond.start()).port, square: (await horns.square.start()).port };
  const on = { pond: false, square: false };
  board.onOutput(({ line, level }) => {
    if (line !== RELAY_LINE) return;
    on.pond = level === 0;
    horns.pond.setPowered(on.pond);
  });
  const relayBoard = createLcusRelayBoard(2);
  relayBoard.onChange(({ channel, on: isOn }) => {
    if (channel !== 1) return;
    on.square = isOn;
    horns.square.setPowered(isOn);
  });
  const line = createTroubledLine(relayBoard);
  const link = join(folder, "relay-board");
  let pty: Awaited<ReturnType<typeof servePty>> | undefined = await servePty(line.device, { link });

  const port = await freePort();
  const url = `http://${HOST}:${port}`;
  const configFile = join(folder, "cunshao.yaml");
  await writeFile(join(folder, "secrets.yaml"), stringify({ township: "unused" }));
  await chmod(join(folder, "secrets.yaml"), 0o600);
  await writeFile(configFile, stringify(siteOf(ports, link)));
  const env = {
    ...(await productRuntime()),
    ...process.env,
    CUNSHAO_CONFIG: configFile,
    CUNSHAO_DATA: dataFolder,
    CUNSHAO_RUNTIME: runtimeFolder,
    CUNSHAO_PORT: String(port),
    CUNSHAO_HOST: HOST,
    CUNSHAO_ADMIN_PASSWORD: PASSWORD,
  };
  let gateway: ChildProcess | undefined;
  let guard: ChildProcess | undefined;
  let restart: NodeJS.Timeout | undefined;
  let isWanted = false;
  let cookie = "";

  function run(program: string, logFile: string): ChildProcess {
    const log = openSync(logFile, "a");
    const child = spawn(process.execPath, [program, socketPath], { env, stdio: ["ignore", log, log] });
    closeSync(log);
    return child;
  }

  function runGateway(): void {
    const started = run(BUILT_GATEWAY, gatewayLog);
    gateway = started;
    started.once("exit", () => {
      if (isWanted) restart = setTimeout(runGateway, RESTART_MS);
    });
  }

  async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<number | null> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
    return child.exitCode;
  }

  async function logIn(): Promise<void> {
    const body = JSON.stringify({ username: "admin", password: PASSWORD });
    const headers = { "content-type": "application/json", origin: url };
    const login = await fetch(`${url}/api/v1/session`, { method: "POST", headers, body });
    cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
  }

  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    if (cookie === "") await logIn();
    return fetch(url + path, {
      ...init,
      headers: { "content-type": "application/json", origin: url, cookie },
    });
  }

  const rig: HornRig = {
    relaysOn: () => ({ ...on }),
    horns,
    url,
    dataFolder,
    runtimeFolder,
    guardLog,
    gatewayPid: () => gateway?.pid ?? 0,
    guardPid: () => guard?.pid ?? 0,
    startGuard() {
      guard = run(BUILT_GUARD, guardLog);
    },
    async endGuard(signal) {
      await end(guard, signal);
    },
    startGateway() {
      isWanted = true;
      runGateway();
    },
    async endGateway(signal) {
      isWanted = false;
      clearTimeout(restart);
      return end(gateway, signal);
    },
    signalGateway(signal) {
      gateway?.kill(signal);
    },
    async unplug() {
      await pty?.stop();
      pty = undefined;
    },
    async plug() {
      pty ??= await servePty(line.device, { link });
    },
    answer: line.answer,
    async untilUp() {
      try {
        await until(
          async () => {
            const parts = await rig.health().catch(() => []);
            // A speaker keeps its last failure until it speaks again.
            const ok = parts.filter(({ status }) => status === "ok").map(({ name }) => name);
            return ok.includes("ledger") && ok.includes("guard");
          },
          { timeoutMs: 60_000, what: "the gateway and its guard" },
        );
      } catch (error) {
        const lines = await Promise.all(
          [gatewayLog, guardLog].map((file) => readFile(file, "utf8").catch(() => "")),
        );
        const tails = lines.map((text) => text.split("\n").slice(-15).join("\n"));
        throw new Error(
          [String(error), JSON.stringify(await rig.health().catch(String)), ...tails].join("\n"),
        );
      }
    },
    async say(text, repeat = 1) {
      const body = JSON.stringify({ speakers: SPEAKERS, text, repeat });
      const answer = await ask("/api/v1/broadcasts", { method: "POST", body });
      if (answer.status !== 202) throw new Error(`refused: ${answer.status} ${await answer.text()}`);
      return ((await answer.json()) as { id: string }).id;
    },
    async silence(broadcast) {
      const answer = await ask(`/api/v1/broadcasts/${broadcast}`, { method: "DELETE", body: "{}" });
      if (!answer.ok) throw new Error(`refused: ${answer.status} ${await answer.text()}`);
    },
    async health() {
      const answer = await ask("/api/v1/health");
      return ((await answer.json()) as { parts?: Awaited<ReturnType<HornRig["health"]>> }).parts ?? [];
    },
    async events() {
      const all: LedgerEvent[] = [];
      for (;;) {
        const answer = await ask(`/api/v1/events?after=${all.at(-1)?.seq ?? 0}&limit=1000`);
        const batch = (await answer.json()) as LedgerEvent[];
        all.push(...batch);
        if (batch.length < 1000) return all;
      }
    },
    async stop() {
      await rig.endGateway("SIGKILL");
      await end(guard, "SIGKILL");
      await rig.unplug();
      await horns.pond.stop();
      await horns.square.stop();
      await boardServer.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return rig;
}

/** A device on a line with troubles of its own. */
function createTroubledLine(device: ByteDevice): {
  readonly device: ByteDevice;
  answer(how: "well" | "garbage" | "not"): void;
} {
  let how: "well" | "garbage" | "not" = "well";
  let unheard: Buffer[] = [];
  return {
    device: {
      receive(bytes, reply) {
        if (how === "not") unheard.push(Buffer.from(bytes));
        else device.receive(bytes, reply);
        // Half of the frame of another order, noise, and the beginning of a third.
        if (how === "garbage") reply(Buffer.from([0xa0, 0x01, 0xff, 0x00, ...bytes.subarray(1), 0xa0]));
      },
    },
    answer(next) {
      how = next;
      if (how === "not") return;
      for (const bytes of unheard.splice(0)) device.receive(bytes, () => {});
      unheard = [];
    },
  };
}

function siteOf(ports: Readonly<Record<(typeof SPEAKERS)[number], number>>, relayBoard: string) {
  const speaker = { settleMs: 100, holdMs: 100, maxOnSeconds: 60 };
  return {
    site: { id: "test-village", name: "试验村" },
    board: "virtual",
    detector: "movement",
    cameras: [],
    buses: [{ id: "relay-board", port: relayBoard }],
    speakers: [
      {
        id: "pond",
        name: "东塘喇叭",
        power: { relay: { gpio: { chip: CHIP, line: RELAY_LINE, activeLow: true } } },
        audio: `rtp://${HOST}:${ports.pond}`,
        ...speaker,
      },
      {
        id: "square",
        name: "广场喇叭",
        power: { relay: { serial: { bus: "relay-board", profile: "lcus", channel: 1 } } },
        audio: `rtp://${HOST}:${ports.square}`,
        ...speaker,
      },
    ],
    rules: [],
  };
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { stringify } from "yaml";
import { serveBoard } from "../../hw/virtual/board/board-server.ts";
import { createVirtualBoard } from "../../hw/virtual/board/virtual-board.ts";
import { createVirtualHorn } from "../../hw/virtual/horn/virtual-horn.ts";
import { createFibre, type Fibre } from "../../hw/virtual/township/fibre.ts";
import { createTownship, type Township } from "../../hw/virtual/township/township.ts";
import type { Polygon, Polyline } from "../../src/core/geometry.ts";
import { productRuntime } from "./product-runtime.ts";
import { PROJECT } from "./project.ts";
import { freePort } from "./rtsp-cameras.ts";
import { until } from "./until.ts";

export const BUILT_GATEWAY = join(PROJECT, "dist/hw/virtual/gateway.js");
export const BUILT_GUARD = join(PROJECT, "dist/hw/virtual/guard.js");
export const RELAY_LINE = 4;
const CHIP = "virtual-gpio";
const MEMORY = "/dev/shm";
/** The township's. */
export const TOKEN = "township-token";
export const PASSWORD = "a-long-test-password";

export interface RigOptions {
  /** RTSP addresses of cameras, each with a zone. */
  readonly cameras: readonly {
    readonly id: string;
    readonly url: string;
    /** A smaller stream beside `url`. */
    readonly sub?: string;
    /** Records `url` without a pause, unless false. */
    readonly record?: boolean;
    readonly polygon: Polygon;
    /** Each line's left is the village. */
    readonly lines?: Readonly<Record<string, Polyline>>;
  }[];
  readonly cooldownSeconds?: number;
  readonly settleMs?: number;
  /** Where the panel listens besides loopback; loopback alone unless told. */
  readonly host?: string;
  readonly say?: string;
  /** By what people are found; the model that comes with the program unless told. */
  readonly detector?: "people" | "movement";
  /** Limits of the horns; no quiet hours unless told. */
  readonly broadcasts?: object;
  /** Of a township in a process of its own, instead of the rig's. */
  readonly townPort?: number;
  /** Further upstreams, after the township. */
  readonly upstreams?: readonly object[];
  /** Further sections of the configuration, and the secrets that they name. */
  readonly more?: object;
  readonly secrets?: Readonly<Record<string, string>>;
}

/** A built gateway in a process of its own, with a horn, a board and a township around it that outlive it. */
export interface GatewayRig {
  readonly horn: ReturnType<typeof createVirtualHorn>;
  readonly township: Township;
  readonly fibre: Fibre;
  readonly dataFolder: string;
  readonly url: string;
  readonly logFile: string;
  /** Level changes of the speaker's relay: true when energised. */
  readonly relayStates: readonly boolean[];
  /** Closes the contact on an input of the board, or opens it. */
  closeInput(line: number, closed: boolean): void;
  /** Of the gateway's process while it runs. */
  readonly pid: number | undefined;
  /** Starts the gateway, and its guard with the first one. */
  startGateway(): void;
  /** Ends the gateway by `signal` and waits until it is gone. */
  endGateway(
    signal: "SIGTERM" | "SIGKILL",
  ): Promise<{ code: number | null; signal: string | null; tookMs: number }>;
  /** Logs in and asks the API. */
  get(path: string): Promise<Response>;
  /** As who has logged in by `get`, with nothing to say. */
  post(path: string): Promise<Response>;
  /** Opens a WebSocket of the API as who has logged in by `get`. */
  socket(path: string): WebSocket;
  stop(): Promise<void>;
}

export async function startRig(options: RigOptions): Promise<GatewayRig> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-rig-"));
  const dataFolder = join(folder, "data");
  // In memory where there is such a place, as /run of a box: a busy disk must not hold up what never goes there.
  const runtimeFolder = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "cunshao-run-"));
  const logFile = join(folder, "gateway.log");
  const board = createVirtualBoard({ chips: [{ label: CHIP, lines: 16 }] });
  const socketPath = join(folder, "board.sock");
  const boardServer = await serveBoard(board, { socketPath });
  const horn = createVirtualHorn({ host: "127.0.0.1", port: 0, settleMs: options.settleMs ?? 300 });
  const { port: hornPort } = await horn.start();
  const township = createTownship({
    host: "127.0.0.1",
    port: 0,
    folder: join(folder, "township"),
    token: TOKEN,
  });
  await township.start();
  const fibre = createFibre({ listenPort: 0, targetHost: "127.0.0.1", targetPort: township.port });
  await fibre.start();
  const relayStates: boolean[] = [];
  board.onOutput(({ line, level }) => {
    if (line !== RELAY_LINE) return;
    // The relay of this rig is active low.
    relayStates.push(level === 0);
    horn.setPowered(level === 0);
  });

  const port = await freePort();
  const runtime = await productRuntime();
  const configFile = join(folder, "cunshao.yaml");
  await writeFile(join(folder, "secrets.yaml"), stringify({ township: TOKEN, ...options.secrets }));
  await chmod(join(folder, "secrets.yaml"), 0o600);
  // The configuration takes no aliases.
  const site = siteOf(options, hornPort, options.townPort ?? fibre.port);
  await writeFile(configFile, stringify(site, { aliasDuplicateObjects: false }));
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let guard: ChildProcess | undefined;
  let cookie = "";

  const rig: GatewayRig = {
    horn,
    township,
    fibre,
    dataFolder,
    url,
    logFile,
    relayStates,
    closeInput: (line, closed) =>
      closed ? board.press({ chip: CHIP, line }) : board.release({ chip: CHIP, line }),
    get pid() {
      return child?.pid;
    },
    startGateway() {
      const log = createWriteStream(logFile, { flags: "a" });
      const env = {
        ...runtime,
        ...process.env,
        CUNSHAO_CONFIG: configFile,
        CUNSHAO_DATA: dataFolder,
        CUNSHAO_RUNTIME: runtimeFolder,
        CUNSHAO_PORT: String(port),
        ...(options.host !== undefined && { CUNSHAO_HOST: options.host }),
        CUNSHAO_ADMIN_PASSWORD: PASSWORD,
      };
      guard ??= spawn(process.execPath, [BUILT_GUARD, socketPath], { env, stdio: "ignore" });
      child = spawn(process.execPath, [BUILT_GATEWAY, socketPath], {
        env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      child.stdout?.pipe(log, { end: false });
      child.stderr?.pipe(log, { end: false });
    },
    async endGateway(signal) {
      const ending = child;
      if (!ending || ending.exitCode !== null)
        return { code: ending?.exitCode ?? null, signal: null, tookMs: 0 };
      const startedMs = performance.now();
      const gone = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
        ending.once("exit", (code, by) => resolve({ code, signal: by })),
      );
      ending.kill(signal);
      const exit = await gone;
      child = undefined;
      return { ...exit, tookMs: performance.now() - startedMs };
    },
    async get(path) {
      const answer = await fetch(url + path, { headers: { cookie } });
      if (answer.status !== 401) return answer;
      const login = await fetch(`${url}/api/v1/session`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: url },
        body: JSON.stringify({ username: "admin", password: PASSWORD }),
      });
      cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
      return fetch(url + path, { headers: { cookie } });
    },
    post: (path) => fetch(url + path, { method: "POST", headers: { cookie, origin: url } }),
    socket: (path) =>
      new WebSocket(`${url.replace("http", "ws")}${path}`, { headers: { cookie, origin: url } }),
    async stop() {
      await rig.endGateway("SIGKILL");
      if (guard?.kill("SIGKILL")) await once(guard, "exit");
      await fibre.stop();
      await township.stop();
      await horn.stop();
      await boardServer.stop();
      for (const each of [folder, runtimeFolder]) await rm(each, { recursive: true, force: true });
    },
  };
  return rig;
}

function siteOf(options: RigOptions, hornPort: number, townPort: number) {
  const { cameras, cooldownSeconds = 0, settleMs = 300, say, detector = "people" } = options;
  const { broadcasts, more, upstreams = [] } = options;
  return {
    site: { id: "test-village", name: "试验村" },
    board: "virtual",
    detector,
    cameras: cameras.map(({ id, url, sub, record = true, polygon, lines = {} }) => ({
      id,
      name: id,
      main: url,
      ...(sub !== undefined && { sub }),
      zones: [{ id: "bank", name: "塘埂", polygon }],
      record: { mode: record ? "continuous" : "off", keep: { days: 1, maxBytes: "1GB" } },
      lines: Object.entries(lines).map(([line, points]) => ({ id: line, name: line, points, in: "left" })),
    })),
    speakers: [
      {
        id: "pond",
        name: "东塘喇叭",
        power: { relay: { gpio: { chip: CHIP, line: RELAY_LINE, activeLow: true } } },
        audio: `rtp://127.0.0.1:${hornPort}`,
        settleMs,
      },
    ],
    rules: cameras.map(({ id }) => ({
      id: `${id}-bank`,
      name: "有人靠近水边",
      when: { person: { camera: id, zone: "bank", dwellSeconds: 0 } },
      cooldownSeconds,
      // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
      then: [
        { say: say ?? "水边危险，请速离开", on: ["pond"] },
        { alarm: { severity: "warning" }, evidence: true },
      ],
    })),
    // Whatever the hour at which it runs.
    broadcasts: { quietHours: [], ...broadcasts },
    ...more,
    upstreams: [
      { id: "township", kind: "http", url: `http://127.0.0.1:${townPort}`, token: { secret: "township" } },
      ...upstreams,
    ],
  };
}

/** Waits until the gateway says that everything runs; shows its log when it does not. */
export async function untilArmed(rig: GatewayRig): Promise<void> {
  try {
    await until(
      async () => {
        const answer = await fetch(`${rig.url}/api/v1/health`).catch(() => undefined);
        return answer?.ok === true && ((await answer.json()) as { status: string }).status === "ok";
      },
      { timeoutMs: 60_000, what: "the gateway to be armed" },
    );
  } catch (error) {
    const log = existsSync(rig.logFile) ? await readFile(rig.logFile, "utf8") : "(no log)";
    throw new Error(`${String(error)}\n${log.split("\n").slice(-30).join("\n")}`);
  }
}

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { serveBoard } from "../../hw/virtual/board/board-server.ts";
import { createVirtualBoard } from "../../hw/virtual/board/virtual-board.ts";
import { createVirtualHorn } from "../../hw/virtual/horn/virtual-horn.ts";
import type { LedgerEvent } from "../../src/core/event.ts";
import { BUILT_GATEWAY, BUILT_GUARD, PASSWORD } from "../support/gateway-rig.ts";
import { productRuntime } from "../support/product-runtime.ts";
import { PROJECT } from "../support/project.ts";
import { CHAOS_TOKEN } from "./chaos-words.ts";
import { isJudged, originOf } from "./judge.ts";
import { createPond } from "./pond.ts";
import { BUTTONS, CHIP, chaosSite, RELAY_LINE } from "./site.ts";

const PANEL_PORT = 8080;
export const PANEL_URL = `http://127.0.0.1:${PANEL_PORT}`;
const LOOK_EVERY_MS = 250;
/** `RestartSec` of systemd/cunshao.service. */
const RESTART_MS = 3000;
const PRESSED_MS = 120;
/** Between two calls for help, on average. */
const CALL_EVERY_MS = 350;

export interface VillageConfig {
  readonly folder: string;
  readonly disk: string;
  readonly httpsPort: number;
  readonly mqttPort: number;
  /** PEM file. */
  readonly authority: string;
  readonly random: () => number;
}

/** The built gateway and its guard in the village's network, with people who press its buttons and water that rises. */
export interface ChaosVillage {
  readonly dataFolder: string;
  start(): void;
  /** Resolves when the gateway is gone. */
  kill(): Promise<void>;
  /** People call for help, and the water comes and goes, from now on; returns how that stops. */
  raiseAlarms(): () => void;
  /**
   * Alarms, and what became of their evidence, that the box told of when it was asked, by the id under which each was written
   * first.
   */
  readonly told: ReadonlyMap<string, LedgerEvent>;
  /** Reads what the box tells of; nothing while it cannot be asked. */
  listen(): Promise<void>;
  answers(): Promise<boolean>;
  /** How many horns were heard so far. */
  utterances(): number;
  /** The wall clock of the gateway is off by so much from now on. */
  setClockOff(seconds: number): void;
  logTail(): string;
  stop(): Promise<void>;
}

export async function createChaosVillage(config: VillageConfig): Promise<ChaosVillage> {
  const { folder, disk, random } = config;
  const board = createVirtualBoard({ chips: [{ label: CHIP, lines: 16 }] });
  const socketPath = join(folder, "board.sock");
  const boardServer = await serveBoard(board, { socketPath });
  const horn = createVirtualHorn({ host: "127.0.0.1", port: 0, settleMs: 50 });
  const { port: hornPort } = await horn.start();
  board.onOutput(({ line, level }) => line === RELAY_LINE && horn.setPowered(level === 0));

  const [configFile, clockFile, logFile] = ["cunshao.yaml", "clock", "gateway.log"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const pond = await createPond(random);
  const site = chaosSite({ ...config, ...pond, hornPort });
  await writeFile(configFile, stringify(site, { aliasDuplicateObjects: false }));
  await writeFile(join(folder, "secrets.yaml"), stringify({ township: CHAOS_TOKEN }));
  await chmod(join(folder, "secrets.yaml"), 0o600);
  const shim = join(folder, "wall-clock.so");
  execFileSync("gcc", [
    "-shared",
    "-fPIC",
    "-O2",
    "-o",
    shim,
    join(PROJECT, "test/chaos/wall-clock.c"),
    "-ldl",
  ]);
  const setClockOff = (seconds: number): void => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // In place: the process has this file mapped.
    writeFileSync(clockFile, bytes, { flag: "r+" });
  };
  await writeFile(clockFile, Buffer.alloc(8));

  const dataFolder = join(disk, "data");
  const env = {
    ...(await productRuntime()),
    ...process.env,
    CUNSHAO_CONFIG: configFile,
    CUNSHAO_DATA: dataFolder,
    CUNSHAO_RUNTIME: join(folder, "runtime"),
    CUNSHAO_PORT: String(PANEL_PORT),
    CUNSHAO_HOST: "0.0.0.0",
    CUNSHAO_ADMIN_PASSWORD: PASSWORD,
  };
  const run = (program: string, more: Readonly<Record<string, string>>): ChildProcess => {
    const log = openSync(logFile, "a");
    const child = spawn(process.execPath, [program, socketPath], {
      env: { ...env, ...more },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    return child;
  };
  const guard = run(BUILT_GUARD, {});
  let gateway: ChildProcess | undefined;

  const told = new Map<string, LedgerEvent>();
  const openAlarms = new Map<string, LedgerEvent>();
  let heardTo = { ledger: "", seq: 0 };

  async function ask(path: string, method = "GET"): Promise<Response | undefined> {
    const headers = { authorization: `Bearer ${CHAOS_TOKEN}` };
    const signal = AbortSignal.timeout(5000);
    return fetch(PANEL_URL + path, { method, headers, signal }).catch(() => undefined);
  }

  /** Somebody sees to it, so that the next call of the same button is another alarm. */
  async function seeTo({ subject = "" }: LedgerEvent): Promise<void> {
    await ask(`/api/v1/alarms/${encodeURIComponent(subject)}/clear`, "POST");
  }

  async function listen(): Promise<void> {
    for (;;) {
      const answer = await ask(`/api/v1/events?after=${heardTo.seq}&limit=1000`);
      if (!answer) return;
      const events = answer.ok ? ((await answer.json().catch(() => [])) as LedgerEvent[]) : [];
      const last = events.at(-1);
      const isOther =
        !answer.ok || (last !== undefined && heardTo.ledger !== "" && last.ledger !== heardTo.ledger);
      if (isOther && heardTo.seq > 0) heardTo = { ledger: "", seq: 0 };
      if (!last || isOther) return;
      for (const event of events) {
        const { type, subject = "" } = event;
        if (isJudged(event)) told.set(originOf(event), event);
        if (type === "org.cunshao.alarm.raised") openAlarms.set(subject, event);
        else if (type === "org.cunshao.alarm.cleared") openAlarms.delete(subject);
      }
      heardTo = last;
    }
  }

  /** One that ends by itself, as on a disk that takes nothing, is started again, as systemd does. */
  function start(): void {
    const started = run(BUILT_GATEWAY, { LD_PRELOAD: shim, CUNSHAO_CHAOS_CLOCK: clockFile });
    gateway = started;
    started.once("exit", () => {
      setTimeout(() => gateway === started && start(), RESTART_MS);
    });
  }

  async function endOf(child: ChildProcess | undefined): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  return {
    dataFolder,
    told,
    listen,
    setClockOff,
    utterances: () => horn.utterances().length,
    logTail: () => readFileSync(logFile, "utf8").split("\n").slice(-25).join("\n"),
    answers: async () => (await ask("/api/v1/health")) !== undefined,
    start,
    async kill() {
      const ending = gateway;
      gateway = undefined;
      await endOf(ending);
    },
    raiseAlarms() {
      let isOver = false;
      const settle = pond.stir();
      const timers = new Set<NodeJS.Timeout>();
      const after = (ms: number, work: () => void): void => {
        const timer = setTimeout(() => {
          timers.delete(timer);
          work();
        }, ms);
        timers.add(timer);
      };
      const press = (line: number): void => {
        board.press({ chip: CHIP, line });
        after(PRESSED_MS, () => board.release({ chip: CHIP, line }));
        if (!isOver) after(PRESSED_MS + CALL_EVERY_MS * 2 * random(), () => press(line));
      };
      const look = async (): Promise<void> => {
        await listen();
        await Promise.all([...openAlarms.values()].map(seeTo));
        if (!isOver) after(LOOK_EVERY_MS, () => void look());
      };
      for (const line of Object.values(BUTTONS)) press(line);
      void look();
      return () => {
        isOver = true;
        settle();
        for (const timer of timers) clearTimeout(timer);
        for (const line of Object.values(BUTTONS)) board.release({ chip: CHIP, line });
      };
    },
    async stop() {
      const ending = gateway;
      gateway = undefined;
      await endOf(ending);
      await endOf(guard);
      await pond.stop();
      await horn.stop();
      await boardServer.stop();
    },
  };
}

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { lockDataFolder } from "../../../src/config/data-folder-lock.ts";
import type { Environment } from "../../../src/config/environment.ts";
import { errorCode, GatewayError } from "../../../src/core/errors.ts";
import { createKitProcess } from "./kit-process.ts";
import { createKitPage } from "./page-server.ts";
import { writeSiteFile } from "./site-file.ts";
import { createVirtualVillage } from "./village.ts";

const DEFAULT_PORT = 8080;
const READY_POLL_MS = 100;
const UNAVAILABLE = 69;

/** The whole village on this machine: devices, township, controls and the gateway. Runs until it is told to end. */
export async function runVirtualKit(environment: Environment): Promise<number> {
  const dataFolder = environment.dataFolder ?? join(projectFolder(), ".data");
  const port = environment.port ?? DEFAULT_PORT;
  const host = environment.host ?? "127.0.0.1";
  // Before anything is touched: a village that already lives here or on this port goes on undisturbed.
  await mkdir(join(dataFolder, "kit"), { recursive: true });
  const unlock = await lockDataFolder(join(dataFolder, "kit"));
  await expectFreePort(host, port);
  const password = await rememberedPassword(join(dataFolder, "kit"), environment.adminPassword);
  say("虚拟村正在启动：3 台摄像机、3 组喇叭、1 个警报器、2 支水位计、1 个雨量计、求助按钮、乡镇平台");

  const village = await createVirtualVillage(join(dataFolder, "kit"));
  const wiring = await village.start();
  let failure: number | undefined;
  const page = createKitPage(village, join(projectFolder(), "hw/virtual/kit/page"), () => gateway.cutPower());
  const { url: kitUrl } = await page.start();
  const configFile = await writeSiteFile(join(dataFolder, "kit"), { ...wiring, kitUrl, desk: deskToJoin() });
  const logFile = join(dataFolder, "kit/gateway.log");
  const variables = {
    CUNSHAO_CONFIG: configFile,
    CUNSHAO_DATA: join(dataFolder, "gateway"),
    CUNSHAO_RUNTIME: join(dirname(village.boardSocket), "runtime"),
    CUNSHAO_PORT: String(port),
    CUNSHAO_HOST: host,
    CUNSHAO_ADMIN_PASSWORD: password,
  };
  const { boardSocket: socketPath } = village;
  const guardLog = join(dataFolder, "kit/guard.log");
  const guard = createKitProcess({ program: "guard", variables, socketPath, logFile: guardLog });
  guard.start();
  const gateway = createKitProcess({
    program: "gateway",
    variables,
    socketPath,
    logFile,
    onExit: (code) => {
      failure = code ?? undefined;
    },
  });
  gateway.start();

  const stopped = new Promise<void>((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => done());
  });
  const address = `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`;
  const started = await Promise.race([waitForHealth(address, () => failure), stopped]);
  let exitCode = 0;
  if (typeof started === "number") {
    process.stderr.write(`${await lastLine(logFile)}\n`);
    exitCode = started;
  } else if (started === "up") {
    say(`\n村哨  ${address}\n账号  admin\n密码  ${password}\n\n日志 ${logFile}，按 Ctrl+C 结束`);
    await stopped;
  }
  await gateway.stop();
  await guard.stop();
  await page.stop();
  await village.stop();
  unlock();
  return exitCode;
}

/** `CUNSHAO_KIT_DESK` and `CUNSHAO_KIT_DESK_TOKEN`: a township's desk, to try one with a whole village. */
function deskToJoin(): { url: string; token: string } | undefined {
  const { CUNSHAO_KIT_DESK: url, CUNSHAO_KIT_DESK_TOKEN: token } = process.env;
  return url && token ? { url, token } : undefined;
}

/** Otherwise the answers of the program that has it would pass for the gateway's. */
async function expectFreePort(host: string, port: number): Promise<void> {
  const probe = createServer().listen(port, host);
  try {
    await once(probe, "listening");
  } catch (cause) {
    // Whatever else is wrong with the address, the gateway says it better.
    if (errorCode(cause) !== "EADDRINUSE") return;
    throw new GatewayError(
      `Port ${port} is taken on ${host}: stop the other program (ss -ltnp shows it) or set CUNSHAO_PORT`,
      { code: "panel.port_taken", kind: "permanent", cause },
    );
  }
  probe.close();
  await once(probe, "close");
}

/** `up` once the panel answers, or the exit code of a gateway that gave up. */
async function waitForHealth(address: string, failure: () => number | undefined): Promise<"up" | number> {
  for (;;) {
    const code = failure();
    if (code !== undefined) return code === 0 ? UNAVAILABLE : code;
    const answer = await fetch(`${address}/api/v1/health`).catch(() => undefined);
    if (answer?.ok && answer.headers.get("content-type")?.includes("json")) return "up";
    await new Promise((wait) => setTimeout(wait, READY_POLL_MS));
  }
}

/** The one of the first start, whatever is wished later: the gateway has made its account with it. */
async function rememberedPassword(folder: string, wished: string | undefined): Promise<string> {
  const file = join(folder, "admin-password");
  if (existsSync(file)) return (await readFile(file, "utf8")).trim();
  const password = wished ?? randomBytes(6).toString("hex");
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

async function lastLine(file: string): Promise<string> {
  const lines = (await readFile(file, "utf8")).trim().split("\n");
  return lines.findLast((line) => line.startsWith("cunshao:")) ?? lines.at(-1) ?? "";
}

function projectFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [resolve(here, "../../.."), resolve(here, "../../../..")];
  return candidates.find((folder) => existsSync(join(folder, "package.json"))) ?? process.cwd();
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

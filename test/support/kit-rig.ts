import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { AmplifierView, KitView } from "../../hw/virtual/kit/amplifier-view.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, logInOn } from "./browser.ts";
import { PROJECT } from "./project.ts";
import { freePort } from "./rtsp-cameras.ts";
import { until } from "./until.ts";

/** What the virtual kit and its page need of this machine and is not there. */
export function missingForKit(): readonly string[] {
  return [
    ...(existsSync(CHROMIUM) ? [] : [CHROMIUM]),
    ...["ffmpeg", "espeak-ng", "socat"].filter((command) => spawnSync("which", [command]).status !== 0),
  ];
}

export interface VirtualKit {
  readonly url: string;
  readonly password: string;
  /** What it has said on the terminal. */
  printed(): string;
  village(): Promise<KitView>;
  amplifier(id: string): Promise<AmplifierView | undefined>;
  /** Presses one of the buttons that trouble the village. */
  order(what: string, details?: object): Promise<void>;
  stop(): Promise<void>;
}

/** What a new user has after `npm start`: the whole village in a process of its own. */
export async function startVirtualKit(
  environment: Readonly<Record<string, string>> = {},
): Promise<VirtualKit> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-kit-test-"));
  const port = await freePort();
  let printed = "";
  const kit: ChildProcess = spawn(process.execPath, [join(PROJECT, "dist/src/cli.js"), "virtual-kit"], {
    env: { ...process.env, CUNSHAO_DATA: folder, CUNSHAO_PORT: String(port), ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  kit.stdout?.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const stop = async (): Promise<void> => {
    kit.kill("SIGTERM");
    await until(() => kit.exitCode !== null || kit.signalCode !== null, {
      timeoutMs: 30_000,
      what: "the kit to end",
    });
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until(() => /密码 +\S+/.test(printed), { timeoutMs: 180_000, what: "the address and the login" });
    const site = await readFile(join(folder, "kit/cunshao.yaml"), "utf8");
    const kitUrl = /companion:\s+title: .*\s+url: (\S+)/.exec(site)?.[1] ?? "";
    const village = async () => (await (await fetch(`${kitUrl}/state`)).json()) as KitView;
    return {
      url: `http://127.0.0.1:${port}`,
      password: /密码 +(\S+)/.exec(printed)?.[1] ?? "",
      printed: () => printed,
      village,
      amplifier: async (id) => (await village()).amplifiers.find((each) => each.id === id),
      async order(what, details = {}) {
        const answer = await fetch(`${kitUrl}/orders`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ what, ...details }),
        });
        if (!answer.ok) throw new Error(`The kit refuses ${what}: ${await answer.text()}`);
      },
      stop,
    };
  } catch (error) {
    // What went wrong first is what has to be told.
    await stop().catch(() => undefined);
    throw error;
  }
}

export interface KitRig extends VirtualKit {
  readonly page: Page;
}

/** The same with its page, logged in. */
export async function startKit(options: BrowserContextOptions): Promise<KitRig> {
  const kit = await startVirtualKit();
  let browser: Browser | undefined;
  const stop = async (): Promise<void> => {
    await browser?.close();
    await kit.stop();
  };
  try {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
    const context = await browser.newContext({ locale: "zh-CN", ...options });
    const page = await context.newPage();
    await page.goto(kit.url);
    await logInOn(page, kit.password);
    return { ...kit, page, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

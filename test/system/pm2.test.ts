import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createFieldSite,
  FIELD_PASSWORD,
  type FieldSite,
  isHealthy,
  speakAtLength,
} from "../support/field-site.ts";
import { freePort } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";

const project = join(import.meta.dirname, "../..");
const pm2Script = join(project, "node_modules/pm2/bin/pm2");

interface Listed {
  readonly name: string;
  readonly pid: number;
  readonly pm2_env: { readonly status: string; readonly restart_time: number; readonly exit_code?: number };
}

/** ecosystem.config.js, unchanged, runs the built gateway under a pm2 of its own. */
describe("the gateway under pm2", () => {
  let folder: string;
  let site: FieldSite;
  let url: string;
  let environment: NodeJS.ProcessEnv;

  async function pm2(...words: readonly string[]): Promise<string> {
    const options = { cwd: project, env: environment, maxBuffer: 10_000_000 };
    return (await promisify(execFile)(process.execPath, [pm2Script, ...words], options)).stdout;
  }

  async function listed(wanted = "cunshao"): Promise<Listed> {
    const text = await pm2("jlist");
    const apps = JSON.parse(text.slice(text.indexOf("["))) as Listed[];
    const app = apps.find(({ name }) => name === wanted);
    if (!app) throw new Error("pm2 lists nothing");
    return app;
  }

  async function untilHealthy(): Promise<void> {
    try {
      await until(() => isHealthy(url), { timeoutMs: 60_000, what: "the gateway to answer" });
    } catch (error) {
      throw new Error(`${String(error)}\n${await pm2("logs", "cunshao", "--lines", "30", "--nostream")}`);
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cunshao-pm2-"));
    site = await createFieldSite(folder);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    environment = {
      ...process.env,
      PM2_HOME: join(folder, "pm2"),
      CUNSHAO_CONFIG: site.files.config,
      CUNSHAO_DATA: join(folder, "data"),
      CUNSHAO_RUNTIME: join(folder, "runtime"),
      CUNSHAO_PORT: String(port),
      CUNSHAO_HOST: "127.0.0.1",
      CUNSHAO_ADMIN_PASSWORD: FIELD_PASSWORD,
    };
    await pm2("start", "ecosystem.config.js", "--only", "cunshao,cunshao-guard");
  });

  afterAll(async () => {
    await pm2("kill");
    await site.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("starts and answers", async () => {
    await untilHealthy();
    expect((await listed()).pm2_env.status).toBe("online");
  });

  it("comes back after a kill", async () => {
    const before = await listed();
    process.kill(before.pid, "SIGKILL");
    const after = await until(
      async () => {
        const now = await listed();
        return now.pm2_env.status === "online" && now.pid > 0 && now.pid !== before.pid && now;
      },
      { timeoutMs: 30_000, what: "the restart" },
    );
    expect(after.pm2_env.restart_time).toBe(1);
    await untilHealthy();
  });

  it("is made safe by its guard when it hangs in the middle of a broadcast, and comes back", async () => {
    const before = await listed();
    await speakAtLength(url);
    await until(() => site.relayOn(), { what: "the amplifier to go on" });
    process.kill(before.pid, "SIGSTOP");
    await until(() => !site.relayOn(), { timeoutMs: 15_000, what: "the amplifier to go off" });
    await until(
      async () => {
        const now = await listed();
        return now.pm2_env.status === "online" && now.pid > 0 && now.pid !== before.pid;
      },
      { timeoutMs: 30_000, what: "the restart" },
    );
    await untilHealthy();
    expect((await listed("cunshao-guard")).pm2_env.restart_time).toBe(0);
  });

  it("stops by itself within 10 s in the middle of a broadcast, with its amplifier off", async () => {
    await speakAtLength(url);
    await until(() => site.relayOn(), { what: "the amplifier to go on" });
    const { pid } = await listed();
    const startedMs = performance.now();
    await pm2("stop", "cunshao");
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    await until(() => !site.relayOn(), { timeoutMs: 1_000, what: "the last frame to the relay board" });
    expect(() => process.kill(pid, 0)).toThrow();
    const { pm2_env } = await listed();
    expect(pm2_env.status).toBe("stopped");
    expect(pm2_env.exit_code).toBe(0);
  });
});

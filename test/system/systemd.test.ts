import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type BootedContainer,
  bootContainer,
  bootObstacle,
  createContainerRoot,
} from "../support/booted-container.ts";
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

/** The unit of systemd/, unchanged, runs the built gateway in a container that was booted by systemd. */
describe("the gateway as a service of systemd", () => {
  let obstacle: string | undefined;
  let container: BootedContainer | undefined;
  let site: FieldSite;
  let folder: string;
  let url: string;

  const run = async (...words: readonly string[]): Promise<string> => (await container?.run(...words)) ?? "";
  const systemctl = (...words: readonly string[]): Promise<string> => run("systemctl", ...words);
  const show = (property: string): Promise<string> => systemctl("show", "--value", "-p", property, "cunshao");
  const guardShows = (property: string): Promise<string> =>
    systemctl("show", "--value", "-p", property, "cunshao-guard");
  const journal = (): Promise<string> =>
    run("journalctl", "-u", "cunshao", "-n", "30", "--no-pager", "-o", "cat");

  async function untilActive(): Promise<void> {
    try {
      await until(async () => (await show("ActiveState")) === "active", {
        timeoutMs: 60_000,
        what: "the unit to be active",
      });
    } catch (error) {
      throw new Error(`${String(error)}\n${await journal()}`);
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cunshao-systemd-"));
    site = await createFieldSite(folder);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    obstacle = bootObstacle();
    if (obstacle) return;

    const root = createContainerRoot();
    mkdirSync(join(root.folder, "etc/cunshao"));
    mkdirSync(join(root.folder, "opt/cunshao/node/bin"), { recursive: true });
    for (const unit of ["cunshao.service", "cunshao-guard.service"]) {
      cpSync(join(project, "systemd", unit), join(root.folder, "etc/systemd/system", unit));
    }
    cpSync(join(project, "systemd/cunshao.sysusers.conf"), join(root.folder, "etc/sysusers.d/cunshao.conf"));
    execFileSync("systemd-sysusers", [`--root=${root.folder}`], { stdio: "pipe" });
    cpSync(site.files.config, join(root.folder, "etc/cunshao/cunshao.yaml"));
    cpSync(site.files.secrets, join(root.folder, "etc/cunshao/secrets.yaml"));
    writeFileSync(
      join(root.folder, "etc/cunshao/cunshao.env"),
      `CUNSHAO_PORT=${port}\nCUNSHAO_HOST=127.0.0.1\nCUNSHAO_ADMIN_PASSWORD=${FIELD_PASSWORD}\n`,
    );
    const program = ["dist", "node_modules", "hw", "package.json"];
    try {
      container = await bootContainer(root, {
        [process.execPath]: "/opt/cunshao/node/bin/node",
        ...Object.fromEntries(program.map((name) => [join(project, name), `/opt/cunshao/${name}`])),
      });
    } catch (error) {
      obstacle = `no container boots on this machine: ${String(error)}`;
      return;
    }
    await run("chown", "cunshao:", "/etc/cunshao/secrets.yaml");
  });

  afterAll(async () => {
    await container?.stop();
    await site.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(({ skip }) => {
    if (obstacle) skip(obstacle);
  });

  it("has been built", () => {
    expect(existsSync(join(project, "dist/src/cli.js"))).toBe(true);
  });

  it("is active only once it serves", async () => {
    await systemctl("start", "--no-block", "cunshao");
    await untilActive();
    expect(await isHealthy(url)).toBe(true);
    const startedUs = Number(await show("InactiveExitTimestampMonotonic"));
    const activeUs = Number(await show("ActiveEnterTimestampMonotonic"));
    // No Node program is up in a tenth of a second: systemd has waited for the word of the gateway.
    expect(activeUs - startedUs).toBeGreaterThan(100_000);
  });

  it("runs as a user of its own, without capabilities and behind a system call filter", async () => {
    const pid = await show("MainPID");
    expect(await run("ps", "-o", "user=", "-p", pid)).toBe("cunshao");
    const status = await run("cat", `/proc/${pid}/status`);
    expect(status).toMatch(/^CapBnd:\s+0{16}$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
  });

  it("brings its guard, which is as small and as confined", async () => {
    await until(async () => (await guardShows("ActiveState")) === "active", {
      timeoutMs: 30_000,
      what: "the guard to be active",
    });
    const pid = await guardShows("MainPID");
    expect(await run("ps", "-o", "user=", "-p", pid)).toBe("cunshao");
    const status = await run("cat", `/proc/${pid}/status`);
    expect(status).toMatch(/^CapBnd:\s+0{16}$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
  });

  it("is ended by its guard when it hangs, with its amplifier off, and comes back", async () => {
    await speakAtLength(url);
    await until(() => site.relayOn(), { what: "the amplifier to go on" });
    await run("kill", "-STOP", await show("MainPID"));
    await until(() => !site.relayOn(), { timeoutMs: 15_000, what: "the amplifier to go off" });
    await until(async () => (await show("NRestarts")) === "1", { timeoutMs: 30_000, what: "the restart" });
    await untilActive();
    expect(await isHealthy(url)).toBe(true);
    expect(await journal()).not.toContain("Watchdog timeout");
    expect(await run("journalctl", "-u", "cunshao-guard", "--no-pager", "-o", "cat")).toContain(
      '"why":"hung"',
    );
  }, 120_000);

  it("keeps its guard when it dies, and its guard comes back by itself", async () => {
    const before = await guardShows("MainPID");
    await systemctl("kill", "--signal=KILL", "cunshao");
    await until(async () => (await show("NRestarts")) === "2", { timeoutMs: 30_000, what: "the restart" });
    await untilActive();
    expect(await guardShows("MainPID")).toBe(before);
    await systemctl("kill", "--signal=KILL", "cunshao-guard");
    await until(
      async () =>
        !["0", before].includes(await guardShows("MainPID")) &&
        (await guardShows("ActiveState")) === "active",
      { timeoutMs: 30_000, what: "the guard's restart" },
    );
    expect(await show("NRestarts")).toBe("2");
  }, 120_000);

  it("without a guard is killed by the watchdog when it hangs, with its amplifier off at once, and comes back", async () => {
    await systemctl("stop", "cunshao-guard");
    await speakAtLength(url);
    await until(() => site.relayOn(), { what: "the amplifier to go on" });
    await run("kill", "-STOP", await show("MainPID"));
    await until(() => !site.relayOn(), { timeoutMs: 40_000, what: "the amplifier to go off" });
    // That was ExecStopPost: the gateway itself is not running again yet.
    expect(["stop-watchdog", "stop-post", "final-sigterm", "final-sigkill", "auto-restart"]).toContain(
      await show("SubState"),
    );
    await until(async () => (await show("NRestarts")) === "3", { timeoutMs: 30_000, what: "the restart" });
    await untilActive();
    expect(await isHealthy(url)).toBe(true);
    expect(await journal()).toContain("Watchdog timeout");
    await systemctl("start", "cunshao-guard");
  }, 120_000);

  it("stops within 10 s in the middle of a broadcast, with its amplifier off and nothing left running", async () => {
    await speakAtLength(url);
    await until(() => site.relayOn(), { what: "the amplifier to go on" });
    const startedMs = performance.now();
    await systemctl("stop", "cunshao");
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    await until(() => !site.relayOn(), { timeoutMs: 1_000, what: "the last frame to the relay board" });
    expect(await show("ActiveState")).toBe("inactive");
    expect(await show("Result")).toBe("success");
    expect(await run("pgrep", "-u", "cunshao")).toBe(await guardShows("MainPID"));
  });

  it("makes outputs safe after a kill by the kernel too", async () => {
    await systemctl("start", "cunshao");
    await untilActive();
    await speakAtLength(url);
    await until(() => site.relayOn(), { what: "the amplifier to go on" });
    await systemctl("kill", "--signal=KILL", "cunshao");
    await until(() => !site.relayOn(), { timeoutMs: 20_000, what: "the amplifier to go off" });
    expect(await show("SubState")).not.toBe("running");
  });

  it("is not started again and again without a configuration", async () => {
    await systemctl("stop", "cunshao");
    await run("mv", "/etc/cunshao/cunshao.yaml", "/etc/cunshao/elsewhere.yaml");
    await systemctl("start", "cunshao");
    await until(async () => (await show("ActiveState")) === "failed", {
      timeoutMs: 30_000,
      what: "the unit to give up",
    });
    expect(await show("ExecMainStatus")).toBe("78");
    expect(await show("NRestarts")).toBe("0");
  });
});

import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { until } from "./until.ts";

/** A Debian that was booted by its own systemd, with this machine's /usr and an /etc and /var of its own. */
export interface BootedContainer {
  /** Runs a command inside and gives what it prints, whatever its exit code. */
  run(...words: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

export interface ContainerRoot {
  readonly folder: string;
  readonly machineId: string;
}

/** Why no container can be booted on this machine, or undefined. */
export function bootObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "booting a container needs root";
  for (const tool of ["systemd-nspawn", "nsenter", "systemd-sysusers"]) {
    if (spawnSync(tool, ["--version"]).error) return `${tool} is not installed (package systemd-container)`;
  }
  if (!existsSync("/usr/lib/systemd/systemd")) return "this machine has no systemd of its own";
  return undefined;
}

/** A root with nothing but the links into /usr and the accounts every system has. */
export function createContainerRoot(): ContainerRoot {
  const folder = mkdtempSync(join(tmpdir(), "cunshao-container-"));
  // It becomes "/", which every user enters.
  chmodSync(folder, 0o755);
  for (const name of [
    "etc/systemd/system",
    "etc/sysusers.d",
    "usr",
    "var",
    "tmp",
    "run",
    "proc",
    "sys",
    "dev",
    "root",
    "opt",
  ]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  for (const link of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${link}`, join(folder, link));
  const machineId = readFileSync("/proc/sys/kernel/random/uuid", "utf8").replaceAll("-", "").trim();
  const files = {
    "etc/machine-id": `${machineId}\n`,
    "etc/os-release": "ID=debian\n",
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    // Nothing of what this machine has installed is started, only the base and what the test asks for.
    "etc/systemd/system/default.target":
      "[Unit]\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return { folder, machineId };
}

/**
 * Boots `root` and waits until its systemd is done. It shares the network with this machine, so that tests reach it
 * on loopback.
 * @param binds read-only, from a path here to a path inside.
 */
export async function bootContainer(
  { folder, machineId }: ContainerRoot,
  binds: Readonly<Record<string, string>>,
): Promise<BootedContainer> {
  const name = basename(folder);
  const options = [
    ["--directory", folder],
    ["--machine", name],
    ["--uuid", machineId],
    ["--bind-ro=/usr"],
    // Some libraries are found by way of these.
    ["--bind-ro=/etc/alternatives"],
    ...Object.entries(binds).map(([from, to]) => [`--bind-ro=${realpathSync(from)}:${to}`]),
    [
      "--register=no",
      "--keep-unit",
      "--link-journal=no",
      "--resolv-conf=off",
      "--timezone=off",
      "--console=pipe",
    ],
    ["--boot"],
  ].flat();
  const nspawn = spawn("systemd-nspawn", options, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [nspawn.stdout, nspawn.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const container: BootedContainer = {
    run(...words) {
      const enter = ["-t", String(leaderOf(nspawn)), "-m", "-u", "-i", "-n", "-p", "--", ...words];
      return new Promise((resolve) => {
        execFile("nsenter", enter, { timeout: 30_000 }, (_, stdout) => resolve(stdout.trim()));
      });
    },
    async stop() {
      await end(nspawn);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await until(
      async () => {
        if (nspawn.exitCode !== null) throw new Error("systemd-nspawn ended");
        return ["running", "degraded"].includes(await container.run("systemctl", "is-system-running"));
      },
      { timeoutMs: 30_000, what: "the container's systemd" },
    );
  } catch (error) {
    await container.stop();
    throw new Error(`${String(error)}: ${output.trim().split("\n").slice(-3).join(" | ")}`, { cause: error });
  }
  return container;
}

/** Process 1 of the container, as this machine numbers it. */
function leaderOf({ pid }: ChildProcess): number {
  const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  return Number(children.trim().split("\n").at(-1));
}

async function end(nspawn: ChildProcess): Promise<void> {
  if (nspawn.exitCode !== null || nspawn.signalCode !== null) return;
  const gone = new Promise((resolve) => nspawn.once("exit", resolve));
  // Asks the container's systemd to power off.
  nspawn.kill("SIGTERM");
  const patience = setTimeout(() => nspawn.kill("SIGKILL"), 15_000);
  await gone;
  clearTimeout(patience);
}

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root, runQuietly } from "./run.mjs";
import { EX_UNAVAILABLE, SetupStop, say } from "./say.mjs";

/** Commands the gateway itself calls, and the Debian package of each. */
const NEEDED = [
  { command: "ffmpeg", debian: "ffmpeg" },
  { command: "ffprobe", debian: "ffmpeg" },
  { command: "espeak-ng", debian: "espeak-ng" },
  { command: "socat", debian: "socat" },
];

/** Needed only while npm packages are compiled. */
const COMPILERS = [
  { command: "python3", debian: "python3" },
  { command: "make", debian: "make" },
  { command: "g++", debian: "g++" },
];

/** What some tests use; those skip where it is missing. */
const FOR_TESTS = [
  { command: "chromium", debian: "chromium" },
  { command: "certutil", debian: "libnss3-tools" },
  { command: "ip", debian: "iproute2" },
  { command: "systemd-nspawn", debian: "systemd-container" },
  { command: "mosquitto", debian: "mosquitto" },
  { command: "pg_ctlcluster", debian: "postgresql" },
  { command: "nft", debian: "nftables" },
  { command: "gcc", debian: "gcc" },
];

/** Parts without a command of their own, for the RTSP server that stands beside the project on some machines. */
const FOR_THIRD_PARTY_CAMERAS = [
  "python3-gi",
  "gir1.2-gst-rtsp-server-1.0",
  "gstreamer1.0-plugins-good",
  "gstreamer1.0-plugins-bad",
];

/** @param searched folders separated as in PATH; those of the administrator are searched in any case. */
export function hasCommand(command, searched = process.env.PATH ?? "") {
  return [...searched.split(delimiter), "/usr/sbin", "/sbin"].some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function packagesOf(parts) {
  return [...new Set(parts.filter(({ command }) => !hasCommand(command)).map(({ debian }) => debian))];
}

function isMissing(debian) {
  return spawnSync("dpkg-query", ["--show", debian], { stdio: "ignore" }).status !== 0;
}

/** @throws SetupStop when something the gateway needs is missing and cannot be installed from here. */
export async function provideDebianPackages(mode, compiling) {
  const needed = packagesOf(compiling ? [...NEEDED, ...COMPILERS] : NEEDED);
  const wanted = mode === "test" ? packagesOf(FOR_TESTS) : [];
  if (mode === "test" && existsSync(join(root, "../shared/tools/rtsp-cameras"))) {
    wanted.push(...FOR_THIRD_PARTY_CAMERAS.filter(isMissing));
  }
  const missing = [...needed, ...wanted];
  if (missing.length === 0) {
    say("Debian packages: all there");
    return;
  }
  const { asRoot, obstacle: hindrance } = waysToInstall();
  let obstacle = hindrance;
  if (obstacle === undefined) {
    say(`Debian packages: installing ${missing.join(", ")}`);
    obstacle = await aptInstall(asRoot, missing);
  }
  const line = `sudo apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (obstacle === undefined) {
    say("Debian packages: installed");
  } else if (needed.length > 0) {
    throw new SetupStop(
      `These Debian packages have to be installed (${obstacle}): ${needed.join(", ")}. Please run:\n  ${line}`,
      EX_UNAVAILABLE,
    );
  } else {
    say(`Debian packages: some tests skip without ${wanted.join(", ")} (${obstacle}); to have them: ${line}`);
  }
}

/** The words before a command that root must run, or why there are none. */
function waysToInstall() {
  if (!hasCommand("apt-get")) return { obstacle: "there is no apt-get here" };
  if (process.getuid?.() === 0) return { asRoot: [] };
  if (spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0) return { asRoot: ["sudo", "-n"] };
  return { obstacle: "that needs root" };
}

/** @returns what went wrong, or undefined. */
async function aptInstall(asRoot, packages) {
  const apt = (...words) =>
    runQuietly([...asRoot, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...words], "apt-get");
  const install = () => apt("install", "-y", "--no-install-recommends", ...packages);
  const lists = existsSync("/var/lib/apt/lists") ? readdirSync("/var/lib/apt/lists") : [];
  let result = lists.some((name) => name.includes("_Packages")) ? await install() : undefined;
  if (!result?.ok) {
    const update = await apt("update");
    result = update.ok ? await install() : update;
  }
  if (result.ok) return undefined;
  process.stderr.write(result.tail);
  return "apt-get failed, its words stand above";
}

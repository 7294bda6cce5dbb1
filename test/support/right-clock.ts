import { spawnSync } from "node:child_process";
import { clockQuality } from "../../src/drivers/clock/clock-source.ts";

/** In a mount namespace of its own: there is the mark that systemd-timesyncd leaves once the network has set the clock. */
const MARKED = [
  "mount -t tmpfs tmpfs /run",
  "mkdir -p /run/systemd/timesync",
  "touch /run/systemd/timesync/synchronized",
  'exec "$@"',
].join(" && ");

/**
 * The command before which a program knows its clock to be right, though this machine has neither battery nor time server; empty
 * where it has. Undefined where neither can be had.
 */
export function withRightClock(): readonly string[] | undefined {
  if (clockQuality() === "synced") return [];
  const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const command = ["unshare", ...asRoot, "--mount", "sh", "-c", MARKED, "sh"];
  return spawnSync(command[0] ?? "", [...command.slice(1), "true"]).status === 0 ? command : undefined;
}

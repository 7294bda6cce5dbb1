import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mosquittoMissing } from "../support/mosquitto.ts";

// The village and the township each in a network namespace of its own, in a mount namespace that nobody else sees: whatever
// is cut, filled or made read-only here ends with the run.

export const VILLAGE_HOST = "10.77.0.1";
export const TOWN_HOST = "10.77.0.2";
export const TOWN_NAME = "town.test";
const TOWN = "town";
const TABLE = "chaos";
const INSIDE = "CUNSHAO_CHAOS_INSIDE";

/** Says that the clock was set by the network, as systemd-timesyncd does: events of the run have a known time. */
const CLOCK_MARK = "/run/systemd/timesync/synchronized";

const NEEDED = [
  ["nft", "--version", "nftables"],
  ["ip", "-V", "iproute2"],
  ["gcc", "--version", "gcc"],
] as const;

/** Why there can be no chaos here; undefined where there can. */
export function chaosMissing(): string | undefined {
  for (const [command, word, debian] of NEEDED) {
    if (spawnSync(command, [word]).status !== 0) return `${command} is missing (apt-get install ${debian})`;
  }
  const [command = "", ...words] = AMONG_ITSELF;
  const trial = "mount -t tmpfs t /run && ip link add v0 type veth peer name v1 && nft list ruleset";
  const tried = spawnSync(command, [...words, "sh", "-c", trial]);
  return (
    mosquittoMissing() ??
    (tried.status === 0 ? undefined : "needs to be root, with namespaces, veth and nftables")
  );
}

/** The command before which the run is among itself; nothing that it started outlives it. */
export const AMONG_ITSELF = [
  ...["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"],
  ...["env", `${INSIDE}=1`],
] as const;

export function isAmongItself(): boolean {
  return process.env[INSIDE] === "1";
}

/** What runs in the township's network. */
export const inTown = (...command: readonly string[]): readonly string[] => [
  "ip",
  "netns",
  "exec",
  TOWN,
  ...command,
];

export interface Land {
  /** Where the village keeps its data: a small disk of its own. */
  readonly disk: string;
  /** Packets between the two are dropped, refused, or have no way; `none` mends it. */
  cut(how: "drop" | "reject" | "blackhole" | "none"): void;
  /** Whether the village can find the township by name. */
  setNameKnown(isKnown: boolean): void;
  setDiskWritable(isWritable: boolean): void;
  /** Lets go of the disk, so that its folder can be removed. */
  leave(): void;
}

/** Must run inside of `AMONG_ITSELF`. @param folder for files of the run. */
export function createLand(folder: string, diskMegabytes: number): Land {
  if (!isAmongItself()) throw new Error("this would cut the machine itself");
  const run = (line: string): void => {
    const [command = "", ...words] = line.split(" ");
    execFileSync(command, words, { stdio: ["ignore", "ignore", "inherit"] });
  };
  run("mount -t tmpfs tmpfs /run");
  mkdirSync(join(CLOCK_MARK, ".."), { recursive: true });
  writeFileSync(CLOCK_MARK, "");
  run("ip link set lo up");
  run(`ip netns add ${TOWN}`);
  run(`ip link add village type veth peer name town netns ${TOWN}`);
  run(`ip addr add ${VILLAGE_HOST}/24 dev village`);
  run("ip link set village up");
  for (const line of [`addr add ${TOWN_HOST}/24 dev town`, "link set town up", "link set lo up"])
    run(`ip -n ${TOWN} ${line}`);

  const [hosts, resolver, disk] = [join(folder, "hosts"), join(folder, "resolv.conf"), join(folder, "disk")];
  // Nobody answers questions there: what is not in the file of hosts is not known.
  writeFileSync(resolver, `nameserver ${TOWN_HOST}\noptions timeout:1 attempts:1\n`);
  const setNameKnown = (isKnown: boolean): void =>
    writeFileSync(hosts, `127.0.0.1 localhost\n${isKnown ? `${TOWN_HOST} ${TOWN_NAME}\n` : ""}`);
  setNameKnown(true);
  run(`mount --bind ${hosts} /etc/hosts`);
  run(`mount --bind ${resolver} /etc/resolv.conf`);
  mkdirSync(disk);
  run(`mount -t tmpfs -o size=${diskMegabytes}m tmpfs ${disk}`);
  const filter = (rules: readonly string[]): void => {
    const chain = `chain way { type filter hook output priority 0; ${rules.map((rule) => `ip daddr ${TOWN_HOST} ${rule};`).join(" ")} }`;
    execFileSync("nft", ["-f", "-"], {
      input: `table inet ${TABLE}\ndelete table inet ${TABLE}\ntable inet ${TABLE} {\n${chain}\n}\n`,
    });
  };
  let isBlackhole = false;
  return {
    disk,
    setNameKnown,
    cut(how) {
      filter(
        how === "drop"
          ? ["drop"]
          : how === "reject"
            ? ["meta l4proto tcp reject with tcp reset", "reject"]
            : [],
      );
      if (isBlackhole !== (how === "blackhole"))
        run(`ip route ${isBlackhole ? "del" : "add"} blackhole ${TOWN_HOST}/32`);
      isBlackhole = how === "blackhole";
    },
    leave: () => run(`umount --lazy ${disk}`),
    setDiskWritable(isWritable) {
      run(`mount -o remount,${isWritable ? "rw" : "ro"} ${disk}`);
    },
  };
}

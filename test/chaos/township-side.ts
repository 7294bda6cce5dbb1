import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PROJECT } from "../support/project.ts";
import { CHAOS_SITE, CHAOS_TOKEN } from "./chaos-words.ts";
import type { FrontMode } from "./front.ts";
import type { Copy } from "./judge.ts";
import { makeCertificate } from "./lasting-certificate.ts";
import { inTown, TOWN_HOST, TOWN_NAME, VILLAGE_HOST } from "./namespaces.ts";
import { createEventReader, createFileCheck } from "./received.ts";
import { PANEL_URL } from "./village.ts";

const TOWN = fileURLToPath(new URL("./town.js", import.meta.url));
const CLI = join(PROJECT, "dist/src/cli.js");
export const HTTPS_PORT = 8443;
export const MQTT_PORT = 1883;

/** What stands at the township: receiver and keeper in one process, the broker, and a puller; each can be killed. */
export interface TownshipSide {
  readonly authority: string;
  start(part: "town" | "broker" | "puller"): Promise<void>;
  kill(part: "town" | "broker" | "puller"): Promise<void>;
  setDoor(mode: FrontMode): void;
  /** What each receiver has on its disk. */
  copies(): Copy[];
  /** Of the files that the puller wrote. */
  pulledFiles(): string[];
  logTail(): string;
  stop(): Promise<void>;
}

export async function createTownshipSide(folder: string): Promise<TownshipSide> {
  mkdirSync(folder);
  for (const name of ["town", "stranger"]) await makeCertificate(folder, name, TOWN_NAME);
  const brokerFile = join(folder, "mosquitto.conf");
  mkdirSync(join(folder, "broker"));
  writeFileSync(
    brokerFile,
    [
      `listener ${MQTT_PORT} ${TOWN_HOST}`,
      "allow_anonymous true",
      "persistence true",
      `persistence_location ${join(folder, "broker")}/`,
      "autosave_interval 1",
      "user root",
      "",
    ].join("\n"),
  );
  const logFile = join(folder, "town.log");
  const children = new Map<string, ChildProcess>();

  const stdio = (more: readonly "ipc"[] = []) => {
    const log = openSync(logFile, "a");
    return {
      stdio: ["ignore", log, log, ...more] as ("ignore" | "ipc" | number)[],
      close: () => closeSync(log),
    };
  };

  async function start(part: "town" | "broker" | "puller"): Promise<void> {
    const [command = "", ...words] = commandOf(part);
    const files = stdio(part === "town" ? ["ipc"] : []);
    const child = spawn(command, words, { stdio: files.stdio });
    files.close();
    children.set(part, child);
    if (part === "town") await Promise.race([once(child, "message"), once(child, "exit")]);
  }

  function commandOf(part: "town" | "broker" | "puller"): readonly string[] {
    if (part === "broker") return inTown("/usr/sbin/mosquitto", "-c", brokerFile);
    if (part === "town")
      return inTown(process.execPath, TOWN, folder, String(HTTPS_PORT), `mqtt://${TOWN_HOST}:${MQTT_PORT}`);
    const out = ["--out", join(folder, "pulled"), "--follow"];
    return inTown(process.execPath, CLI, "pull", join(folder, "boxes.yaml"), ...out);
  }

  async function kill(part: string): Promise<void> {
    const child = children.get(part);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  const pulled = join(folder, "pulled", CHAOS_SITE);
  const pulledFiles = (): string[] => {
    const names = existsSync(pulled) ? readdirSync(pulled) : [];
    return names
      .filter((name) => name.endsWith(".ndjson") && !name.endsWith(".ahead.ndjson"))
      .map((name) => join(pulled, name));
  };
  const readers = new Map<string, ReturnType<typeof createEventReader>>();
  const eventsIn = (path: string) => {
    const reader = readers.get(path) ?? createEventReader(path);
    readers.set(path, reader);
    return reader();
  };
  const hasPushed = createFileCheck(join(folder, "http/evidence"));
  const hasPulled = createFileCheck(join(pulled, "evidence"), (sha256) => join(sha256.slice(0, 2), sha256));

  return {
    authority: join(folder, "town.pem"),
    start,
    kill,
    pulledFiles,
    setDoor(mode) {
      const town = children.get("town");
      if (town?.connected) town.send(mode);
    },
    copies: () => [
      { name: "http", events: eventsIn(join(folder, "http/events.ndjson")), hasFile: hasPushed },
      { name: "mqtt", events: eventsIn(join(folder, "mqtt/events.ndjson")) },
      { name: "pull", events: pulledFiles().flatMap(eventsIn), hasFile: hasPulled },
    ],
    // The broker notes each second that it has saved what it holds.
    logTail: () =>
      readFileSync(logFile, "utf8")
        .split("\n")
        .filter((line) => !line.includes("Saving in-memory database"))
        .slice(-25)
        .join("\n"),
    async stop() {
      for (const part of children.keys()) await kill(part);
    },
  };
}

/** The puller trusts the box's own authority, as a township does that fetched it once. */
export async function introducePuller(folder: string): Promise<void> {
  const authority = await fetch(`${PANEL_URL}/authority.crt?format=pem`);
  await writeFile(join(folder, "village.pem"), await authority.text());
  const box = `{id: ${CHAOS_SITE}, url: "https://${VILLAGE_HOST}:8080", token: {secret: box}, ca: village.pem}`;
  await writeFile(join(folder, "boxes.yaml"), `boxes: [${box}]\n`);
  await writeFile(join(folder, "secrets.yaml"), `box: ${CHAOS_TOKEN}\n`);
  await chmod(join(folder, "secrets.yaml"), 0o600);
}

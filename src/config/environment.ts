import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { GatewayError } from "../core/errors.ts";

/** The settings that a process is given by its environment. */
export interface Environment {
  /** Configuration file; undefined when none was named. */
  readonly configFile: string | undefined;
  /** Everything the box writes. */
  readonly dataFolder: string | undefined;
  /** Where gateway and guard meet; in memory, for this user alone. */
  readonly runtimeFolder: string | undefined;
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly adminPassword: string | undefined;
}

export const DEFAULT_CONFIG_FILE = "/etc/cunshao/cunshao.yaml";
export const DEFAULT_DATA_FOLDER = "/var/lib/cunshao";

/** @throws GatewayError `environment.port` (permanent) when CUNSHAO_PORT is not a port. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const given = (name: string): string | undefined => variables[name] || undefined;
  const portText = given("CUNSHAO_PORT");
  const port = portText === undefined ? undefined : Number(portText);
  if (portText !== undefined && !(/^\d{1,5}$/.test(portText) && Number(portText) <= 65_535)) {
    throw new GatewayError(`CUNSHAO_PORT is ${JSON.stringify(portText)}; expected a port from 0 to 65535`, {
      code: "environment.port",
      kind: "permanent",
    });
  }
  return {
    configFile: given("CUNSHAO_CONFIG"),
    dataFolder: given("CUNSHAO_DATA"),
    runtimeFolder: given("CUNSHAO_RUNTIME"),
    port,
    host: given("CUNSHAO_HOST"),
    adminPassword: given("CUNSHAO_ADMIN_PASSWORD"),
  };
}

/** The runtime folder as configured, or the one of this user and this data folder, the same for gateway and guard. */
export function runtimeFolderOf({
  dataFolder = DEFAULT_DATA_FOLDER,
  runtimeFolder,
}: Pick<Environment, "dataFolder" | "runtimeFolder">): string {
  if (runtimeFolder !== undefined) return resolve(runtimeFolder);
  const key = createHash("sha256").update(resolve(dataFolder)).digest("hex").slice(0, 16);
  const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  return join(memory, `cunshao-${process.getuid?.() ?? 0}-${key}`);
}

import { generateKeyPairSync, sign } from "node:crypto";
import canonicalize from "canonicalize";
import { type CommandDependencies, createCommandDesk } from "../../../src/command/command-desk.ts";
import { COMMAND_KINDS, type CommandOrigin, type CommandSettings } from "../../../src/core/command.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { createVillageDouble } from "../../support/village-double.ts";
import { scratchBuffer, scratchFolder } from "../buffer/scratch.ts";

const township = generateKeyPairSync("ed25519");
export const stranger = generateKeyPairSync("ed25519").privateKey;
export const KEYS = [
  {
    id: "township-2026",
    publicKey: township.publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64"),
  },
];

export const token: CommandOrigin = { via: "centre", mayOrder: new Set(COMMAND_KINDS) };
export const broker: CommandOrigin = { via: "county", mayOrder: new Set() };

/** A command of the township to the village `longwan`, of now, for an hour. */
export function command(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: "c-1",
    site: "longwan",
    kind: "broadcast",
    issued: "2026-07-01T06:00:00Z",
    expires: "2026-07-01T07:00:00Z",
    data: { speakers: ["pond"], text: "请大家远离河边" },
    ...overrides,
  };
}

export function signed(
  overrides: Record<string, unknown> = {},
  privateKey = township.privateKey,
): Record<string, unknown> {
  const unsigned = { ...command(overrides), key: "township-2026" };
  const signature = sign(null, Buffer.from(canonicalize(unsigned) ?? ""), privateKey);
  return { ...unsigned, signature: signature.toString("base64url") };
}

/** The real desk on a real buffer. `restart` opens the same folder again, as the next start does. */
export async function makeRig(
  settings: Partial<CommandSettings> = {},
  others: Partial<CommandDependencies> = {},
) {
  const clock = createSteppedClock();
  const dataFolder = await scratchFolder();
  const village = createVillageDouble(clock);
  const time = { isKnown: true, told: [] as number[] };
  async function open() {
    const buffer = await scratchBuffer({ dataFolder, clock });
    const desk = createCommandDesk(
      {
        ...buffer,
        village,
        clipOf: async () => undefined,
        tellTime: (wallMs) => time.told.push(wallMs),
        clock,
        isClockSynced: () => time.isKnown,
        log: silentLogger,
        ...others,
      },
      { site: { id: "longwan" }, commands: { keys: KEYS, signedOnly: false, ...settings } },
    );
    async function told(): Promise<string[]> {
      const events = await buffer.ledger.read({ after: 0, limit: 1000 });
      return events.map(({ type, data }) => {
        const reason = data["refusal"] ?? data["reason"];
        return `${type.replace("org.cunshao.command.", "")}${reason === undefined ? "" : ` ${String(reason)}`}`;
      });
    }
    return { desk, buffer, told };
  }
  let opened = await open();
  return {
    clock,
    village,
    time,
    get desk() {
      return opened.desk;
    },
    get ledger() {
      return opened.buffer.ledger;
    },
    told: () => opened.told(),
    async restart() {
      await opened.buffer.close();
      opened = await open();
    },
  };
}

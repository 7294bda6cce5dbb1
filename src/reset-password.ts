// A forgotten administrator's password, mended by a technician at the box: works on the data folder while no gateway runs.
// Composes buffer/ and panel/ for that; called by cli.ts.
import { randomBytes } from "node:crypto";
import { openBuffer } from "./buffer/buffer.ts";
import { lockDataFolder } from "./config/data-folder-lock.ts";
import { errorCode, errorMessage, GatewayError } from "./core/errors.ts";
import type { Logger } from "./core/log.ts";
import { systemClock } from "./core/time.ts";
import { bootId, createClockQuality } from "./drivers/clock/clock-source.ts";
import { readablePassword } from "./panel/administrator.ts";
import { hashPassword } from "./panel/passwords.ts";

export interface ResetOptions {
  readonly dataFolder: string;
  readonly siteId: string;
  readonly username: string;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly log: Logger;
}

/**
 * Gives the account a generated password, opens it where it was shut, lifts every lock and ends its log-ins; the audit
 * tells of it. Makes the account, as administrator, where no administrator is left.
 * @returns the password: the only time it is known.
 * @throws GatewayError `data.in_use`, `account.unknown` (permanent), `ledger.*`.
 */
export async function resetPassword({
  dataFolder,
  siteId,
  username,
  random,
  log,
}: ResetOptions): Promise<string> {
  const unlock = await lockDataFolder(dataFolder);
  try {
    const buffer = await openBuffer({
      dataFolder,
      siteId,
      bootId: bootId(),
      clock: systemClock,
      random,
      log,
      clockQuality: createClockQuality(systemClock).current,
    });
    try {
      const accounts = await buffer.accounts.list();
      const known = accounts.find((account) => account.username === username);
      const isAnyLeft = accounts.some(({ role, disabled }) => role === "administrator" && !disabled);
      if (!known && isAnyLeft) {
        const names = accounts.map((account) => account.username).join(", ");
        throw new GatewayError(`There is no account ${username}; there are ${names}`, {
          code: "account.unknown",
          kind: "permanent",
        });
      }
      const password = readablePassword(randomBytes);
      const passwordHash = await hashPassword(password, randomBytes);
      const role = known?.role ?? "administrator";
      await buffer.accounts.save({ username, passwordHash, role, disabled: false });
      for (const { kind, subject } of await buffer.locks.list()) await buffer.locks.remove(kind, subject);
      const data = { by: { kind: "person", name: "technician", role: "technician" }, address: "console" };
      await buffer.ledger
        .append({ type: "org.cunshao.account.password_reset", class: "audit", subject: username, data })
        .catch((error: unknown) => {
          // On a full disk people must get in all the same.
          log.error({ code: errorCode(error), error: errorMessage(error) }, "No audit entry");
        });
      return password;
    } finally {
      await buffer.close();
    }
  } finally {
    unlock();
  }
}

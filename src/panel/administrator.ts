import type { AccountStore } from "../core/accounts.ts";
import { hashPassword, type RandomBytes } from "./passwords.ts";

// 32 signs, so that five random bits choose one; without l, o, 0 and 1, which people misread.
const SIGNS = "abcdefghijkmnpqrstuvwxyz23456789";

/**
 * Makes the account `admin` when there is no account at all.
 * @returns the password if it had to be generated (60 bits, `xxxx-xxxx-xxxx`): the only time it is known.
 */
export async function ensureAdministrator(options: {
  accounts: AccountStore;
  password?: string | undefined;
  random: RandomBytes;
}): Promise<string | undefined> {
  const { accounts, password, random } = options;
  if ((await accounts.count()) > 0) return undefined;
  const generated = password ? undefined : readablePassword(random);
  await accounts.save({
    username: "admin",
    passwordHash: await hashPassword(password || (generated ?? ""), random),
    role: "administrator",
  });
  return generated;
}

/** 60 bits that can be read out on the telephone: `xxxx-xxxx-xxxx`. */
export function readablePassword(random: RandomBytes): string {
  const signs = [...random(12)].map((byte) => SIGNS[byte % SIGNS.length]).join("");
  return [signs.slice(0, 4), signs.slice(4, 8), signs.slice(8)].join("-");
}

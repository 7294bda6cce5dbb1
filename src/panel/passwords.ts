import { scrypt, timingSafeEqual } from "node:crypto";
import { GatewayError } from "../core/errors.ts";

/** `size` bytes nobody can guess; `randomBytes` of node:crypto outside tests. */
export type RandomBytes = (size: number) => Uint8Array;

// Cost of the OWASP password storage cheat sheet's smallest scrypt setting that fits a 1 GB board: 32 MiB a log-in.
const COST = { N: 2 ** 15, r: 8, p: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** `scrypt$N$r$p$salt$hash` with salt and hash in base64. */
export async function hashPassword(password: string, random: RandomBytes): Promise<string> {
  const salt = random(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES, COST);
  return ["scrypt", COST.N, COST.r, COST.p, base64(salt), base64(hash)].join("$");
}

/**
 * True when `password` is the one that was hashed, whatever parameters it was hashed with.
 * @throws GatewayError `account.bad_hash` (bug) when `stored` is not such a hash.
 */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [name, costN, r, p, saltText, hashText, ...rest] = stored.split("$");
  const cost = { N: Number(costN), r: Number(r), p: Number(p) };
  const whole = Object.values(cost).every((value) => Number.isInteger(value) && value > 0);
  if (name !== "scrypt" || !whole || !saltText || !hashText || rest.length > 0) {
    throw new GatewayError("A stored password hash is not readable", {
      code: "account.bad_hash",
      kind: "bug",
    });
  }
  const expected = Buffer.from(hashText, "base64");
  return timingSafeEqual(
    await derive(password, Buffer.from(saltText, "base64"), expected.length, cost),
    expected,
  );
}

function derive(
  password: string,
  salt: Uint8Array,
  length: number,
  cost: { N: number; r: number; p: number },
): Promise<Buffer> {
  // scrypt needs 128 * N * r bytes; Node refuses what is above maxmem.
  const maxmem = 256 * cost.N * cost.r;
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, length, { ...cost, maxmem }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

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

const LEAST_LENGTH = 10;

/** Of the usual lists of stolen passwords those that are long enough to be typed here, and what this box suggests. */
const USUAL = new Set([
  ..."password12 password123 password1234 passw0rd12 passw0rd123 qwertyuiop qwerty12345 qwerty123456".split(
    " ",
  ),
  ..."1q2w3e4r5t 1qaz2wsx3edc q1w2e3r4t5 zaq12wsxcde asdfghjkl1 asdfghjkl; qazwsxedcr".split(" "),
  ..."admin12345 admin123456 admin@12345 administrator administrator1 admin888888 root123456".split(" "),
  ..."iloveyou12 iloveyou123 woaini1314 woaini520 woaini5201314 5201314520 a123456789 aa123456789".split(" "),
  ..."abc1234567 abcd123456 abc123456789 abcdefghij abcdefghijk 1122334455 112233445566 147258369".split(" "),
  ..."1472583690 9876543210 0987654321 7894561230 1029384756 cunshao123 cunshao12345 cunshao123456".split(
    " ",
  ),
  ..."hikvision123 hik12345678 dahua123456 welcome123 letmein1234 changeme123 test123456 user123456".split(
    " ",
  ),
]);

/**
 * What is wrong with a new password, as a stable code: `password.too_short`, `password.is_name`, `password.usual`.
 * Length counts, not signs of many kinds (NIST SP 800-63B 3.1.1.2).
 */
export function passwordFault(password: string, username: string): string | undefined {
  const plain = password.normalize("NFKC").toLowerCase();
  const name = username.normalize("NFKC").toLowerCase();
  if ([...plain].length < LEAST_LENGTH) return "password.too_short";
  if (plain === name || plain === name + name) return "password.is_name";
  return USUAL.has(plain) || isRepeated(plain) || isRun(plain) ? "password.usual" : undefined;
}

/** `1111111111`, `abababababab`, `123123123123`. */
function isRepeated(text: string): boolean {
  return /^(.{1,4})\1+$/u.test(text);
}

/** `1234567890`, `abcdefghijkl`, and backwards. */
function isRun(text: string): boolean {
  const steps = [...text].slice(1).map((sign, index) => (sign.codePointAt(0) ?? 0) - text.charCodeAt(index));
  const [first = 0] = steps;
  // From 9 to 0 the row of keys goes on.
  return Math.abs(first) === 1 && steps.every((step) => step === first || Math.abs(step) === 9);
}

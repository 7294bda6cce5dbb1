import { createHash } from "node:crypto";
import type { IngestRequest } from "../../core/media.ts";

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** XM's hash of a password: sums of two bytes of its MD5, as one of 62 letters each. The empty one is `tlJwpbo6`. */
function xmHash(password: string): string {
  const digest = createHash("md5").update(password).digest();
  const sums = Array.from({ length: 8 }, (_, n) => digest.readUInt8(2 * n) + digest.readUInt8(2 * n + 1));
  return sums.map((sum) => LETTERS.charAt(sum % LETTERS.length)).join("");
}

/** The address with the login in it, also where a make has it in the path. Never to be logged. */
export function withLogin(url: string, login: IngestRequest["login"]): string {
  if (!login) return url;
  const [username, password] = [encodeURIComponent(login.username), encodeURIComponent(login.password)];
  const filled = url
    .replaceAll("{username}", () => username)
    .replaceAll("{password}", () => password)
    .replaceAll("{passwordHash}", () => xmHash(login.password));
  const address = new URL(filled);
  address.username = username;
  address.password = password;
  return address.href;
}

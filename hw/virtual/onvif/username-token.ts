import { createHash } from "node:crypto";
import { textOf } from "./soap.ts";

/** A token signed with a clock further off than this is refused, as by cameras that guard against replay. */
const MOST_SKEW_MS = 10_000;

/**
 * WS-Security UsernameToken, PasswordDigest = Base64(SHA-1(nonce + created + password)) (OASIS Username Token Profile
 * 1.0, 3.1).
 */
export function tokenIsRight(
  request: string,
  login: { readonly username: string; readonly password: string },
  cameraClockMs: number,
): boolean {
  const [username, digest, nonce, created] = ["Username", "Password", "Nonce", "Created"].map((name) =>
    textOf(request, name),
  );
  if (username !== login.username || !digest || !nonce || !created) return false;
  if (!(Math.abs(Date.parse(created) - cameraClockMs) <= MOST_SKEW_MS)) return false;
  const expected = createHash("sha1")
    .update(Buffer.from(nonce, "base64"))
    .update(created)
    .update(login.password)
    .digest("base64");
  return digest === expected;
}

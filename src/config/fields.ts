import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";

// Each place says the same whatever is wrong there: what it expects, with the range.

export function whole(min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`;
  return z.int(expected).min(min, expected).max(max, expected);
}

export function decimal(min: number, max: number) {
  const expected = `a number from ${min} to ${max}`;
  return z.number(expected).min(min, expected).max(max, expected);
}

export function words(longest: number, what: string) {
  const expected = `${what} of at most ${longest} characters`;
  return z.string(expected).trim().min(1, expected).max(longest, expected);
}

export function text(pattern: RegExp, expected: string) {
  return z.string(expected).regex(pattern, expected);
}

export const id = text(
  /^[a-z0-9][a-z0-9-]{0,62}$/,
  "an id: lower-case letters, digits and hyphens, at most 63",
);
export const truth = z.boolean("true or false");
export const name = words(60, "a name");

/** A name, an IPv4 address, or an IPv6 address in brackets. What looks like an IPv4 address must be one. */
export function isHost(host: string): boolean {
  if (host.startsWith("[")) return host.endsWith("]") && isIPv6(host.slice(1, -1));
  return /^[\d.]+$/.test(host) ? isIPv4(host) : /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host);
}

export function isPort(port: string): boolean {
  return /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
}

export function networkUrl(protocols: readonly string[]) {
  const expected = `an address like ${protocols[0]}//host:port/path without a user name or password in it`;
  return z.string(expected).refine((address) => {
    if (/\s/.test(address) || !URL.canParse(address)) return false;
    const url = new URL(address);
    return protocols.includes(url.protocol) && isHost(url.hostname) && !/^[^/]*\/\/[^/?#]*@/.test(address);
  }, expected);
}

/** The place of a secret: its name in the secrets file, never the secret itself. */
export const secret = z.strictObject({ secret: id }, { error: "{secret: <its name in secrets.yaml>}" });

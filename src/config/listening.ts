import { isIPv6 } from "node:net";
import { z } from "zod";
import { SCOPES } from "../core/access.ts";
import type { TlsSetting } from "../core/certificates.ts";
import { isHost, text } from "./fields.ts";

const listenOn = "an address to listen on, e.g. 0.0.0.0";
export const host = z.string(listenOn).refine((address) => isIPv6(address) || isHost(address), listenOn);

const pemFile = text(/^\/\S+$/, "the path of a PEM file, from /");
const tlsExpected = "auto, off or {certificate: <file>, key: <file>}";
export const tls = z
  .union([z.literal(["auto", "off"]), z.strictObject({ certificate: pemFile, key: pemFile })], {
    error: tlsExpected,
  })
  .transform(
    (setting): TlsSetting =>
      typeof setting === "string" ? { kind: setting } : { kind: "files", ...setting },
  );

/** What a machine may do with its token; without, it counts as the township. */
export const scopes = z
  .array(z.enum(SCOPES, `one of ${SCOPES.join(", ")}`), "a list of scopes")
  .min(1, "at least one scope")
  .optional();

const zoneExpected = "a time zone like Asia/Shanghai";
export const timezone = z.string(zoneExpected).refine(isTimezone, zoneExpected).default("Asia/Shanghai");

function isTimezone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

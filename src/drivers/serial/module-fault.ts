import { GatewayError } from "../../core/errors.ts";
import type { SerialLink } from "./serial-link.ts";

const PERMANENT: readonly string[] = ["voice.track_missing", "voice.unspeakable", "voice.too_long"];

/** What went wrong with a device on a line, in the words of a technician. */
export function moduleFault(
  { name }: { readonly name: string },
  link: SerialLink,
  code: string,
  message: string,
): GatewayError {
  const kind = PERMANENT.includes(code) ? "permanent" : "transient";
  return new GatewayError(`${name} on bus ${link.bus}: ${message}`, { code, kind, device: link.bus });
}

import canonicalize from "canonicalize";
import { GatewayError } from "../core/errors.ts";

/** Deeper data is refused: everything that reads it later recurses. */
const MAX_DEPTH = 64;
/** More values cannot fit into an event; ends the walk when shared parts multiply what looks small in memory. */
const MAX_VALUES = 65_536;

function notJson(why: string): never {
  throw new GatewayError(`The data of an event is not JSON: ${why}`, {
    code: "event.not_json",
    kind: "permanent",
  });
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

// Half of a surrogate pair has no UTF-8 form, and RFC 8785 (3.2.2.2) refuses it.
const LONE_SURROGATE = /\p{Surrogate}/u;

function checkText(text: string): void {
  if (LONE_SURROGATE.test(text)) notJson("a text holds half a character");
}

interface Walk {
  values: number;
}

function check(value: unknown, depth: number, walk: Walk): void {
  walk.values += 1;
  if (walk.values > MAX_VALUES) {
    throw new GatewayError("The data of an event has too many values", {
      code: "event.too_large",
      kind: "permanent",
    });
  }
  if (depth > MAX_DEPTH) notJson(`it is nested deeper than ${MAX_DEPTH}, perhaps in a circle`);
  if (value === null || typeof value === "boolean") return;
  if (typeof value === "string") {
    checkText(value);
    return;
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) notJson("a number is not finite");
    return;
  }
  if (Array.isArray(value)) {
    // By index, because `forEach` and `entries` of a sparse array differ on its holes.
    for (let index = 0; index < value.length; index += 1) check(value[index], depth + 1, walk);
    return;
  }
  if (typeof value !== "object" || !isPlain(value))
    notJson(`it holds a ${typeof value} that is no plain value`);
  for (const [name, member] of Object.entries(value)) {
    checkText(name);
    if (member !== undefined) check(member, depth + 1, walk);
  }
}

/**
 * RFC 8785 canonical JSON of a plain object. Members that are `undefined` are left out, as the optional members of the
 * core types are; `undefined` elsewhere is refused.
 * @throws GatewayError `event.not_json` (permanent) for what JSON cannot say: NaN, circles, dates, functions, …;
 *   `event.too_large` (permanent) above 65,536 values.
 */
export function canonicalJson(value: Readonly<Record<string, unknown>>): string {
  if (value === null || typeof value !== "object" || Array.isArray(value)) notJson("it is no object");
  check(value, 0, { values: 0 });
  return canonicalize(value) ?? notJson("it is empty");
}

import { isPermission, type Permission } from "./access.ts";

// A program that stands between people and a box says for whom it asks. It never gets more by that, only less.

/** Who asks, percent-encoded UTF-8. */
export const PERSON_HEADER = "cunshao-person";
/** All that this person may do where the program stands, e.g. `look,handle`. */
export const MAY_HEADER = "cunshao-person-may";

export const LONGEST_PERSON = 64;

export function spokenForHeaders(
  person: string,
  may: Iterable<Permission>,
): Readonly<Record<typeof PERSON_HEADER | typeof MAY_HEADER, string>> {
  return { [PERSON_HEADER]: encodeURIComponent(person), [MAY_HEADER]: [...may].join(",") };
}

/** Undefined where nobody is named, or not in words that can be shown. */
export function personIn(header: string | undefined): string | undefined {
  if (header === undefined || header.length > LONGEST_PERSON * 12) return undefined;
  try {
    const name = decodeURIComponent(header).trim();
    const isPlain = name !== "" && name.length <= LONGEST_PERSON && !/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(name);
    return isPlain ? name : undefined;
  } catch {
    return undefined;
  }
}

/** Of a header that is there; what it does not list may not be done. */
export function mayIn(header: string): ReadonlySet<Permission> {
  return new Set(
    header
      .split(",")
      .map((word) => word.trim())
      .filter(isPermission),
  );
}

import { GatewayError } from "../../core/errors.ts";
import { isTooDeep } from "../../core/nesting.ts";
import type { SetUpChange, StandingChange, WrittenEntry } from "../../core/set-up.ts";
import { secretUses } from "../load.ts";
import { isSamePlace, writtenEntry } from "./laid-over.ts";
import type { SetUpState } from "./set-up-file.ts";

/** A rule with sixteen steps takes some 5,000. */
const LONGEST_ENTRY = 20_000;

interface Standing {
  readonly written: unknown;
  readonly standing: readonly StandingChange[];
  /** Secrets that came with the change. */
  readonly typed: SetUpState["secrets"];
}

/** What the page never does, whatever the schema allows. */
export function checkChange(change: SetUpChange, { written, standing, typed }: Standing): void {
  const { list, id, camera, entry } = change;
  if ((list === "zones") !== (camera !== undefined)) {
    throw refused("set_up.invalid", "a zone, and nothing else, is of a camera");
  }
  if (isTooDeep(entry) || JSON.stringify(entry).length > LONGEST_ENTRY) {
    throw refused("set_up.invalid", `${id}: expected an entry of at most ${LONGEST_ENTRY} characters`);
  }
  const before = [writtenEntry(written, change), standing.find((one) => isSamePlace(one, change))?.entry];
  const isThere = before.some((one) => one);
  const isNowhere = camera !== undefined && !writtenEntry(written, { list: "cameras", id: camera });
  if (isNowhere || (entry === null && !isThere)) throw refused("set_up.nothing", `there is no ${list} ${id}`);
  // Zones and rules of the file are changed where they are drawn and read, and do not go.
  if ((list === "zones" || list === "rules") && writtenEntry(written, change)) {
    throw refused("set_up.of_the_file", `${id} stands in the configuration file`);
  }
  checkSecrets(entry, before, typed);
  // What passes every pause and every quiet hour is made by whoever writes the file.
  if (list === "rules" && isEmergency(entry)) {
    throw refused("set_up.emergency", `${id}: an emergency is made in the configuration file`);
  }
}

/** Nobody has a secret sent elsewhere, nor reads it so: what is not typed with the change stays with its entry and its addresses. */
function checkSecrets(
  entry: WrittenEntry | null,
  before: readonly (WrittenEntry | null | undefined)[],
  typed: Standing["typed"],
): void {
  const kept = secretUses(entry).filter(
    // What signs is not sent itself.
    ({ name, path }) => !Object.hasOwn(typed, name) && !(path.includes("signing") && before.some(uses(name))),
  );
  const isKeptSafe = before.some(
    (one) =>
      kept.every(({ name }) => uses(name)(one)) &&
      originsIn(entry).every((origin) => originsIn(one).includes(origin)),
  );
  if (kept.length > 0 && !isKeptSafe) {
    throw refused("set_up.secret_needed", `${kept[0]?.name}: the secret has to be typed with a new address`);
  }
}

function uses(name: string): (entry: unknown) => boolean {
  return (entry) => secretUses(entry).some((use) => use.name === name);
}

/** Scheme, host and port of every address in an entry. */
function originsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return /^[a-z]+:\/\/[^/?#]+/i.exec(value) ?? [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(originsIn) : [];
}

function isEmergency(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([key, one]) =>
      (key === "emergency" && one === true) ||
      (key === "severity" && one === "emergency") ||
      isEmergency(one),
  );
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

import type { WrittenEntry } from "../../../core/set-up.ts";
import { isRecord, textOf } from "./event-data.ts";

// An upstream as the configuration file would have it, and as its fields show it.

export const UPSTREAM_KINDS = ["http", "mqtt"] as const;
export type UpstreamKind = (typeof UPSTREAM_KINDS)[number];

/** A type, no interface: it is kept among the drafts of all kinds of entries. */
export type UpstreamDraft = {
  readonly id: string;
  readonly kind: UpstreamKind;
  readonly url: string;
  /** Empty: the one that it has. */
  readonly token: string;
  /** As it is typed, in kbit/s; empty: as much as there is. */
  readonly evidence: string;
  /** Empty: without a log-in. */
  readonly username: string;
  /** Empty: the one that it has. */
  readonly password: string;
  /** Empty: `cunshao`. */
  readonly topic: string;
};

const NEW_UPSTREAM: UpstreamDraft = {
  id: "",
  kind: "http",
  url: "",
  token: "",
  evidence: "",
  username: "",
  password: "",
  topic: "",
};

/** Of an id that is made here: the names of its secrets begin with it, and have 63 characters at most. */
export const LONGEST_ID = 40;
const ID = /^[a-z0-9][a-z0-9-]*$/;
const TOPIC = /^[^\s#+/][^\s#+]{0,100}$/;
export const LEAST_KBIT = 16;
export const MOST_KBIT = 1_000_000;
const PROTOCOLS = { http: ["https:", "http:"], mqtt: ["mqtts:", "mqtt:"] } as const;

export function upstreamDraft(entry?: WrittenEntry): UpstreamDraft {
  if (!entry) return NEW_UPSTREAM;
  const { id, kind, url, evidenceKbitPerSecond: evidence, login, topic } = entry;
  return {
    ...NEW_UPSTREAM,
    id: textOf(id),
    kind: kind === "mqtt" ? "mqtt" : "http",
    url: textOf(url),
    evidence: typeof evidence === "number" ? String(evidence) : "",
    username: isRecord(login) ? textOf(login["username"]) : "",
    topic: textOf(topic),
  };
}

/** What was typed otherwise than it stands there: kept by itself, it lies on top of whatever somebody else has made of the rest. */
export function typedOf(draft: UpstreamDraft, entry?: WrittenEntry): Partial<UpstreamDraft> {
  const base = upstreamDraft(entry);
  const keys = Object.keys(base) as (keyof UpstreamDraft)[];
  return Object.fromEntries(keys.filter((key) => draft[key] !== base[key]).map((key) => [key, draft[key]]));
}

/**
 * The entry as the box takes it, with what has no field here untouched, and the secrets that it speaks of by their new names.
 * @param before of an upstream that is there.
 */
export function upstreamEntry(
  draft: UpstreamDraft,
  before: WrittenEntry = {},
): { readonly id: string; readonly entry: WrittenEntry; readonly secrets: Readonly<Record<string, string>> } {
  const { token, evidenceKbitPerSecond: _limit, login, topic: _topic, ...rest } = before;
  const { kind } = draft;
  const [id, url, username, topic, evidence] = [
    draft.id,
    draft.url,
    draft.username,
    draft.topic,
    draft.evidence,
  ].map((typed) => typed.trim()) as [string, string, string, string, string];
  const common = { ...rest, id, kind, url };
  if (kind === "http") {
    const fresh = secretOf(id, "token", draft.token);
    const limit = evidence === "" ? {} : { evidenceKbitPerSecond: Number(evidence) };
    return {
      id,
      entry: { ...common, token: fresh?.entry ?? token, ...limit },
      secrets: fresh?.secrets ?? {},
    };
  }
  // Whoever has no name has no password either.
  const fresh = username === "" ? undefined : secretOf(id, "password", draft.password);
  const password = fresh?.entry ?? (isRecord(login) ? login["password"] : undefined);
  return {
    id,
    entry: {
      ...common,
      ...(username !== "" && { login: { username, password } }),
      ...(topic !== "" && { topic }),
    },
    secrets: fresh?.secrets ?? {},
  };
}

function secretOf(id: string, what: "token" | "password", typed: string) {
  const value = typed.trim();
  if (value === "") return undefined;
  const secret = `page-${id.slice(0, 48)}-${what}`;
  return { entry: { secret }, secrets: { [secret]: value } };
}

export type UpstreamFault =
  | "idMissing"
  | "idBad"
  | "idTaken"
  | "urlMissing"
  | "urlBad"
  | "urlLogin"
  | "tokenMissing"
  | "tokenMoved"
  | "usernameMissing"
  | "passwordMissing"
  | "passwordMoved"
  | "topicBad"
  | "evidenceBad";

/** What people get wrong, as the box would refuse it. @param taken ids of upstreams, for one that is new. */
export function upstreamFault(
  draft: UpstreamDraft,
  before: WrittenEntry | undefined,
  taken: readonly string[],
): UpstreamFault | undefined {
  return (
    (before ? undefined : idFault(draft.id.trim(), taken)) ??
    urlFault(draft) ??
    (draft.kind === "http" ? httpFault(draft, before) : mqttFault(draft, before))
  );
}

function idFault(id: string, taken: readonly string[]): UpstreamFault | undefined {
  if (id === "") return "idMissing";
  if (id.length > LONGEST_ID || !ID.test(id)) return "idBad";
  return taken.includes(id) ? "idTaken" : undefined;
}

function urlFault({ kind, url }: UpstreamDraft): UpstreamFault | undefined {
  const address = url.trim();
  if (address === "") return "urlMissing";
  if (/^[^/]*\/\/[^/?#]*@/.test(address)) return "urlLogin";
  const found = urlOf(address);
  const fits =
    found && found.hostname !== "" && (PROTOCOLS[kind] as readonly string[]).includes(found.protocol);
  return fits && !/\s/.test(address) ? undefined : "urlBad";
}

function urlOf(address: string): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}

/** The box has no secret sent elsewhere that is not typed with the address. */
function isMoved(url: string, before: WrittenEntry | undefined): boolean {
  const [now, old] = [urlOf(url.trim()), urlOf(textOf(before?.["url"]))];
  return old !== undefined && (now?.protocol !== old.protocol || now.host !== old.host);
}

function httpFault(
  { token, evidence, url }: UpstreamDraft,
  before?: WrittenEntry,
): UpstreamFault | undefined {
  if (token.trim() === "" && !hasToken(before)) return "tokenMissing";
  const limit = evidence.trim();
  const fits = /^\d{1,7}$/.test(limit) && Number(limit) >= LEAST_KBIT && Number(limit) <= MOST_KBIT;
  if (limit !== "" && !fits) return "evidenceBad";
  return token.trim() === "" && isMoved(url, before) ? "tokenMoved" : undefined;
}

function mqttFault(
  { username, password, topic, url }: UpstreamDraft,
  before?: WrittenEntry,
): UpstreamFault | undefined {
  const isNamed = username.trim() !== "";
  if (!isNamed && password.trim() !== "") return "usernameMissing";
  if (isNamed && password.trim() === "" && !hasPassword(before)) return "passwordMissing";
  if (topic.trim() !== "" && !TOPIC.test(topic.trim())) return "topicBad";
  return isNamed && password.trim() === "" && isMoved(url, before) ? "passwordMoved" : undefined;
}

export function hasToken(entry: WrittenEntry | undefined): boolean {
  return isRecord(entry?.["token"]);
}

export function hasPassword(entry: WrittenEntry | undefined): boolean {
  const login = entry?.["login"];
  return isRecord(login) && isRecord(login["password"]);
}

/** Whether others on the way can read what goes there. */
export function isPlain(url: string): boolean {
  return /^(http|mqtt):/i.test(url.trim());
}

/** What an entry has beyond the fields, and keeps. */
export function untouchedParts(
  entry: WrittenEntry | undefined,
): readonly ("tls" | "signing" | "acknowledge")[] {
  return (["tls", "signing", "acknowledge"] as const).filter((part) => entry?.[part] !== undefined);
}

import type { WrittenEntry } from "../../../core/set-up.ts";
import { isSameEntry } from "./entry-work.ts";
import { isRecord, textOf } from "./event-data.ts";
import { typedOf, type UpstreamDraft, upstreamDraft, upstreamEntry } from "./upstream-entry.ts";

/** What is typed of an upstream; a type, no interface: it is kept among the drafts of all kinds of entries. */
export type UpstreamWork = {
  readonly typed: Partial<UpstreamDraft>;
  /** What stood there when it was begun, or was seen last; null: nothing. */
  readonly over: WrittenEntry | null;
  /** As it stood last; none of one that is new. */
  readonly last?: WrittenEntry | undefined;
  /** It went to the box as it is; the answer may have got lost. */
  readonly isSent?: boolean;
};

/** Whether something else stands there now than what it was typed over. */
export function isRivalled({ over }: UpstreamWork, now: WrittenEntry | null): boolean {
  return over === null || now === null ? over !== now : !isSameEntry(over, now);
}

/** Whether what was sent stands there as it was sent. Of a new secret alone nobody can tell: the entry says the same as before. */
export function isSettled(work: UpstreamWork, now: WrittenEntry | undefined): boolean {
  if (!work.isSent || now === undefined || !isRivalled(work, now)) return false;
  const { typed, last } = work;
  return isSameEntry(upstreamEntry({ ...upstreamDraft(last), ...typed }, last).entry, now);
}

/** What was typed on while the rest of it was saved; undefined where that is nothing. @param saved what stands there now. */
export function stillTyped(
  work: UpstreamWork,
  sent: UpstreamWork,
  saved: WrittenEntry,
): UpstreamWork | undefined {
  const fresh = (secret: "token" | "password") =>
    work.typed[secret] === sent.typed[secret] ? "" : (work.typed[secret] ?? "");
  const { id, kind } = upstreamDraft(saved);
  const draft = {
    ...{ ...upstreamDraft(work.last), ...work.typed },
    ...{ id, kind, token: fresh("token"), password: fresh("password") },
  };
  const typed = typedOf(draft, saved);
  return Object.keys(typed).length === 0 ? undefined : { typed, over: saved, last: saved };
}

/** Of one that was taken out the box has forgotten what the page had told it in secret. */
export function withoutPageSecrets(entry: WrittenEntry): WrittenEntry {
  const { token, login, ...rest } = entry;
  return {
    ...rest,
    ...(token !== undefined && !isOfThePage(token) && { token }),
    ...(isRecord(login) && {
      login: isOfThePage(login["password"]) ? { username: login["username"] } : login,
    }),
  };
}

function isOfThePage(secret: unknown): boolean {
  return isRecord(secret) && textOf(secret["secret"]).startsWith("page-");
}

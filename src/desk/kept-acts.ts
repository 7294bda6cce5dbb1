import { z } from "zod";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { spokenForHeaders } from "../core/spoken-for.ts";
import { type Clock, isoTime } from "../core/time.ts";
import type {
  ActOutcome,
  BoxDoor,
  DeskAct,
  DeskActKind,
  KeptAct,
  TownshipBook,
} from "../core/township-desk.ts";
import { callBox } from "./box-call.ts";

const MOST_ANSWER_BYTES = 2 * 1024 * 1024;
/** What people here did to one box that has not answered for weeks; then somebody has to drive there. */
const MOST_KEPT = 500;
const PATHS: Readonly<Record<DeskActKind, string>> = {
  acknowledge: "acknowledge",
  clear: "clear",
  note: "notes",
};

const Alarms = z.array(
  z.object({ id: z.string(), notes: z.array(z.object({ by: z.string(), text: z.string() })).default([]) }),
);
const Problem = z.object({ code: z.string().regex(/^[a-z_]+(\.[a-z_]+)+$/) });

export interface KeptActs {
  /** Oldest first. */
  list(): readonly KeptAct[];
  /** Does it now where the box is there; otherwise it is kept. @throws GatewayError `desk.too_many_acts`, `copy.*`. */
  submit(act: DeskAct): Promise<ActOutcome>;
  /** The box is there: it is told what was kept for it. Never rejects. */
  deliver(box: string): Promise<void>;
}

export interface KeptActsDependencies {
  readonly book: TownshipBook;
  /** Undefined while the box cannot be asked. */
  readonly door: (box: string) => BoxDoor | undefined;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly onChange: () => void;
  /** The box will never do it. */
  readonly onRefused: (act: KeptAct, code: string) => void;
  readonly log: Logger;
}

/** What people at the desk did with alarms: on disk before it is sent, sent in its order, and no more than once. */
export function createKeptActs(
  { book, door, clock, newId, onChange, onRefused, log }: KeptActsDependencies,
  known: readonly KeptAct[],
): KeptActs {
  let acts = known;
  /** Those of an earlier run may have been sent, and the answer lost. */
  const tried = new Set(known.map(({ id }) => id));
  const outcomes = new Map<string, ActOutcome>();
  const turns = new Map<string, Promise<void>>();

  async function settle(act: KeptAct, outcome: ActOutcome): Promise<void> {
    await book.settle(act.id);
    acts = acts.filter(({ id }) => id !== act.id);
    tried.delete(act.id);
    outcomes.set(act.id, outcome);
    onChange();
    if (outcome.status === "refused") onRefused(act, outcome.code);
  }

  /** A note that is there already is not written once more. */
  async function isThere({ alarm, person, text }: KeptAct, to: BoxDoor): Promise<boolean> {
    const answer = await callBox(clock, to, { method: "GET", path: "/alarms", mostBytes: MOST_ANSWER_BYTES });
    const alarms = Alarms.safeParse(answer.body);
    if (answer.status !== 200 || !alarms.success) throw busy();
    const notes = alarms.data.find(({ id }) => id === alarm)?.notes ?? [];
    return notes.some((note) => note.text === text && note.by.startsWith(`${person}@`));
  }

  /** @throws GatewayError (transient) where the box did not say. */
  async function send(act: KeptAct, to: BoxDoor): Promise<ActOutcome> {
    const { id, alarm, kind, person, text } = act;
    if (kind === "note" && tried.has(id) && (await isThere(act, to))) return { status: "done" };
    tried.add(id);
    const { status, body } = await callBox(clock, to, {
      method: "POST",
      path: `/alarms/${encodeURIComponent(alarm)}/${PATHS[kind]}`,
      headers: spokenForHeaders(person, ["look", "handle"]),
      body: kind === "note" ? { text } : {},
      mostBytes: MOST_ANSWER_BYTES,
    });
    if (status >= 200 && status < 300) return { status: "done" };
    const problem = Problem.safeParse(body);
    // What is wrong with the token or the pace is not wrong with the act.
    if (status < 400 || status >= 500 || [401, 408, 429].includes(status) || !problem.success) throw busy();
    return { status: "refused", code: problem.data.code };
  }

  async function deliverNow(box: string): Promise<void> {
    for (const act of acts.filter((one) => one.box === box)) {
      const to = door(box);
      if (!to) return;
      try {
        await settle(act, await send(act, to));
      } catch (error) {
        // The next one would come before it.
        log.warn(
          { box, code: errorCode(error), act: act.kind },
          "what was done at the desk waits for the box",
        );
        return;
      }
    }
  }

  function deliver(box: string): Promise<void> {
    const turn = (turns.get(box) ?? Promise.resolve()).then(() => deliverNow(box));
    turns.set(box, turn);
    return turn;
  }

  return {
    list: () => acts,
    deliver,
    async submit(act) {
      if (acts.filter(({ box }) => box === act.box).length >= MOST_KEPT) {
        throw new GatewayError(`${MOST_KEPT} acts wait for ${act.box}`, {
          code: "desk.too_many_acts",
          kind: "permanent",
        });
      }
      const kept: KeptAct = { ...act, id: newId(), at: isoTime(clock.now().wallMs) };
      await book.keep(kept);
      acts = [...acts, kept];
      onChange();
      await deliver(act.box);
      const outcome = outcomes.get(kept.id) ?? { status: "kept" };
      outcomes.delete(kept.id);
      return outcome;
    },
  };
}

function busy(): GatewayError {
  return new GatewayError("The box has no time for it", { code: "box.throttled", kind: "transient" });
}

import { z } from "zod";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { type Clock, isoTime, type Timer } from "../core/time.ts";
import type { BoxDoor } from "../core/township-desk.ts";
import { callBox } from "./box-call.ts";
import type { DeskCursor } from "./desk-cursor.ts";

/** The village counts what each puller has still to get: that is not to be asked all the time. */
const LOOK_MS = 300_000;
/** After that it was switched off. */
const REMEMBER_MS = 86_400_000;
const MOST_ANSWER_BYTES = 256 * 1024;

const Cursors = z
  .array(z.object({ name: z.string(), ledger: z.string(), seq: z.number(), at: z.string().optional() }))
  .max(1000);

export interface OtherDesks {
  /** ISO time at which another desk was seen that pulls as this one; of the last day. */
  seenAt(): string | undefined;
  /** Looks at one box now. Never rejects. */
  look(box: string): Promise<void>;
  start(): void;
  stop(): void;
}

/**
 * Whether another desk of this id pulls beside this one: its disk was copied, or two were given one id. A cursor that only stands there
 * is that of a desk which is no more; one that moves is somebody's.
 */
export function createOtherDesks({
  cursor,
  boxes,
  door,
  clock,
  log,
  onChange,
}: {
  readonly cursor: Pick<DeskCursor, "isNamesake" | "lost">;
  readonly boxes: readonly string[];
  /** Undefined while the box cannot be asked. */
  readonly door: (box: string) => BoxDoor | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChange: () => void;
}): OtherDesks {
  /** By box, where each of its cursors stood. */
  const stood = new Map<string, ReadonlyMap<string, string>>();
  let seenMs: number | undefined;
  let timer: Timer | undefined;
  let stopListening: (() => void) | undefined;

  function see(): void {
    seenMs = clock.now().wallMs;
    onChange();
  }

  async function ask(box: string, to: BoxDoor): Promise<void> {
    const answer = await callBox(clock, to, {
      method: "GET",
      path: "/cursors",
      mostBytes: MOST_ANSWER_BYTES,
    });
    const cursors = Cursors.safeParse(answer.body);
    if (answer.status !== 200 || !cursors.success) return;
    const before = stood.get(box);
    const stands = new Map(
      cursors.data
        .filter(({ name }) => cursor.isNamesake(name))
        .map(({ name, ledger, seq, at }) => [name, JSON.stringify([ledger, seq, at])]),
    );
    stood.set(box, stands);
    const hasMoved = [...stands].some(([name, place]) => (before?.get(name) ?? place) !== place);
    if (hasMoved) see();
  }

  async function look(box: string): Promise<void> {
    const to = door(box);
    if (!to) return;
    await ask(box, to).catch((error: unknown) => {
      // Whether it is there at all is the puller's to say.
      if (!(error instanceof GatewayError)) log.error({ box, code: errorCode(error) }, "its pullers");
    });
  }

  async function lookAround(): Promise<void> {
    for (const box of boxes) {
      if (!stopListening) return;
      await look(box);
    }
  }

  function plan(): void {
    if (stopListening) timer = clock.after(LOOK_MS, () => void lookAround().finally(plan));
  }

  return {
    look,
    seenAt() {
      const isPast = seenMs === undefined || clock.now().wallMs - seenMs > REMEMBER_MS;
      return isPast || seenMs === undefined ? undefined : isoTime(seenMs);
    },
    start() {
      stopListening = cursor.lost.on(see);
      plan();
    },
    stop() {
      stopListening?.();
      stopListening = undefined;
      timer?.cancel();
    },
  };
}

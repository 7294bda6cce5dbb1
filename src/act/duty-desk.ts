import { type DutyBook, type DutyDesk, type DutyRoster, onDuty, type WrittenRoster } from "../core/duty.ts";
import { GatewayError } from "../core/errors.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { DutyTurn } from "../core/site.ts";
import { type Clock, isoTime } from "../core/time.ts";
import { createTurns } from "../core/turns.ts";

export interface DutyDependencies {
  readonly clock: Clock;
  readonly timezone: string;
  readonly book: DutyBook;
}

/** Who is to be called: as configured, or as people wrote it since. */
export function createDutyDesk(
  { clock, timezone, book }: DutyDependencies,
  configured: readonly DutyTurn[],
  kept: WrittenRoster | undefined,
): DutyDesk & { readonly changes: Signal<void> } {
  const changes = createSignal<void>();
  let written = kept;
  /** Of two that were read at the same version, the second is told. */
  const writers = createTurns(1);

  function roster(): DutyRoster {
    if (!written) return { turns: configured, version: 0 };
    const { turns, version, by, at } = written;
    return { turns, version, written: { by, at } };
  }

  return {
    roster,
    now: () => onDuty(roster().turns, clock.now().wallMs, timezone),
    write: (turns, version, by) =>
      writers.take(async () => {
        if (version !== roster().version) {
          throw new GatewayError("somebody changed the roster meanwhile", {
            code: "duty.changed",
            kind: "permanent",
          });
        }
        const { wallMs } = clock.now();
        const next = { turns, by, at: isoTime(wallMs), version: wallMs };
        await book.write(next);
        written = next;
        changes.emit();
        return roster();
      }),
    restore: (by) =>
      writers.take(async () => {
        if (written) {
          await book.forget(by);
          written = undefined;
          changes.emit();
        }
        return roster();
      }),
    changes,
  };
}

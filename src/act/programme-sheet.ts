import type { BroadcastContent, BroadcastSource } from "../core/broadcast.ts";
import { GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { HornLimits } from "../core/horn-limits.ts";
import { startOfDay } from "../core/local-day.ts";
import type { Programme, ProgrammeDraft, WrittenProgramme } from "../core/programme.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Clock } from "../core/time.ts";
import { createTurns } from "../core/turns.ts";
import type { SpeakerOutlet } from "./broadcast-desk.ts";
import { faultOf, judgeSpeaking } from "./guards.ts";
import { timesBetween } from "./programme-times.ts";

const MOST_PROGRAMMES = 200;
const DAY_MS = 86_400_000;
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
/** As the configuration's usual. */
const LATEST_MINUTES = 10;

export interface ProgrammeSheetDependencies {
  readonly clock: Clock;
  readonly timezone: string;
  readonly limits: HornLimits;
  readonly ledger: Pick<Ledger, "append">;
  readonly outlets: ReadonlyMap<string, Pick<SpeakerOutlet, "voice">>;
  readonly clipOf: (id: string) => Promise<Extract<BroadcastContent, { kind: "clip" }> | undefined>;
}

/** The programmes that hold: as configured, and as people wrote them over it. */
export interface ProgrammeSheet {
  /** In the order of the configuration; new ones after them. */
  current(): readonly Programme[];
  writtenOf(id: string): WrittenProgramme | undefined;
  isConfigured(id: string): boolean;
  /** Configured ones that somebody took out. */
  takenOut(): readonly (WrittenProgramme & { readonly name: string })[];
  /** Throws as `ProgrammeDesk.write`. */
  write(id: string, draft: ProgrammeDraft, version: number, by: BroadcastSource): Promise<Programme>;
  /** Throws as `ProgrammeDesk.takeOut`. */
  takeOut(id: string, version: number, by: BroadcastSource): Promise<void>;
  /** Throws as `ProgrammeDesk.restore`. */
  restore(id: string, by: BroadcastSource): Promise<Programme>;
  readonly changes: Signal<void>;
}

export function createProgrammeSheet(
  { clock, timezone, limits, ledger, outlets, clipOf }: ProgrammeSheetDependencies,
  configured: readonly Programme[],
  kept: readonly WrittenProgramme[],
): ProgrammeSheet {
  const changes = createSignal<void>();
  const written = new Map(kept.map((one) => [one.id, one]));
  let current = merged();
  /** Of two that were read at the same version, the second is told. */
  const writers = createTurns(1);

  function merged(): readonly Programme[] {
    const ids = new Set(configured.map(({ id }) => id));
    const added = [...written.values()].filter(({ id }) => !ids.has(id));
    const overConfigured = configured.map((one) => {
      const over = written.get(one.id);
      return over ? over.programme : one;
    });
    return [...overConfigured, ...added.map(({ programme }) => programme)].filter((one) => one !== undefined);
  }

  function changed(): void {
    current = merged();
    changes.emit();
  }

  const isConfigured = (id: string): boolean => configured.some((one) => one.id === id);
  const configuredOne = (id: string): Programme => {
    const found = configured.find((one) => one.id === id);
    if (found) return found;
    throw refused("programme.unknown", `the configuration has no programme ${id}`);
  };

  function mustBe(id: string, version: number): void {
    const isThere = current.some((one) => one.id === id);
    // What was taken out may be written anew, as by whoever took it out by mistake.
    if (version === (isThere ? (written.get(id)?.version ?? 0) : 0)) return;
    throw refused("programme.changed", `somebody changed the programme ${id} meanwhile`);
  }

  async function tell(
    kind: "written" | "taken_out" | "restored",
    { id, name }: Pick<Programme, "id" | "name">,
    data: Readonly<Record<string, unknown>>,
  ) {
    return ledger.append({
      type: `org.cunshao.programme.${kind}`,
      class: "audit",
      subject: id,
      data: { programme: id, name, ...data },
    });
  }

  /** What would be refused each time is refused once, while somebody is there to mend it. */
  async function check({ speakers, content, repeat, volume, minutes }: Programme): Promise<void> {
    const said = content.kind === "text" ? content : await clipOf(content.clip);
    if (!said) throw refused("clips.unknown", "there is no such recording");
    const order = {
      id: "programme",
      source: { kind: "schedule", name: "programme" },
      priority: "schedule",
      ...{ speakers, content: said, repeat, volume },
    } as const;
    const fault = faultOf(order);
    if (fault) throw refused(fault, "it cannot be said like this");
    const fromMs = startOfDay(clock.now().wallMs, timezone) - 1;
    const times = timesBetween({ days: EVERY_DAY, minutes }, fromMs, fromMs + DAY_MS, timezone);
    for (const speaker of speakers) {
      const outlet = outlets.get(speaker);
      if (!outlet) throw refused("broadcast.unknown_speaker", `there is no speaker ${speaker}`);
      for (const { wallMs } of times) {
        const now = { wallMs, monotonicMs: 0 };
        const context = { now, timezone, clockSynced: true, limits, isKilled: false };
        if (judgeSpeaking(order, speaker, context).may) continue;
        throw refused("programme.quiet_hours", "horns are silent at one of these times");
      }
      await outlet.voice.prepare(said);
    }
  }

  return {
    current: () => current,
    writtenOf: (id) => written.get(id),
    isConfigured,
    takenOut: () =>
      configured.flatMap(({ id, name }) => {
        const over = written.get(id);
        return over && !over.programme ? [{ ...over, name }] : [];
      }),
    write: (id, draft, version, by) =>
      writers.take(async () => {
        mustBe(id, version);
        const isNew = !current.some((one) => one.id === id);
        if (isNew && current.length >= MOST_PROGRAMMES) {
          throw refused("programme.too_many", `at most ${MOST_PROGRAMMES} programmes`);
        }
        const { latestMinutes = LATEST_MINUTES } = configured.find((one) => one.id === id) ?? {};
        const minutes = [...new Set(draft.minutes)].sort((a, b) => a - b);
        const programme: Programme = { ...draft, id, minutes, latestMinutes };
        await check(programme);
        const { seq, time } = await tell("written", programme, { by, as: programme });
        written.set(id, { id, programme, by, at: time, version: seq });
        changed();
        return programme;
      }),
    takeOut: (id, version, by) =>
      writers.take(async () => {
        const programme = current.find((one) => one.id === id);
        if (!programme) throw refused("programme.unknown", `there is no programme ${id}`);
        mustBe(id, version);
        const { seq, time } = await tell("taken_out", programme, { by });
        written.set(id, { id, programme: undefined, by, at: time, version: seq });
        changed();
      }),
    restore: (id, by) =>
      writers.take(async () => {
        const programme = configuredOne(id);
        if (written.has(id)) {
          await tell("restored", programme, { by });
          written.delete(id);
          changed();
        }
        return programme;
      }),
    changes,
  };
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

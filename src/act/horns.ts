import type { Effect } from "../core/alarm.ts";
import type { BroadcastContent, OrderBook, SpeakerGroup } from "../core/broadcast.ts";
import type { Relay } from "../core/devices.ts";
import { GatewayError } from "../core/errors.ts";
import type { EventDraft, Ledger } from "../core/event.ts";
import { type HornLimits, silentHours } from "../core/horn-limits.ts";
import type { HornsView } from "../core/horns-view.ts";
import type { Logger } from "../core/log.ts";
import type { Observation } from "../core/observation.ts";
import type { Part } from "../core/part.ts";
import type { ProgrammeBook } from "../core/programme.ts";
import type { RightOfWay } from "../core/right-of-way.ts";
import { saysOf } from "../core/rule-words.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Rule, SayAction, Site, Switch } from "../core/site.ts";
import type { Clock } from "../core/time.ts";
import { type BroadcastDesk, createBroadcastDesk, type SpeakerOutlet } from "./broadcast-desk.ts";
import type { RunningDrills } from "./drill-desk.ts";
import { createProgrammeDesk, type RunningProgrammes } from "./programme-desk.ts";
import type { ProgrammeSheet } from "./programme-sheet.ts";
import type { ProofOfSound } from "./proof-of-sound.ts";
import { createSecondKeys, deviceOf } from "./second-keys.ts";
import { createSwitchDesk, type SwitchDesk } from "./switch-desk.ts";

export interface HornDependencies {
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  readonly ledger: Pick<Ledger, "append">;
  readonly orderBook: OrderBook;
  readonly programmeBook: Pick<ProgrammeBook, "marks">;
  readonly programmeSheet: ProgrammeSheet;
  readonly newId: () => string;
  readonly proof: Pick<ProofOfSound, "hearing" | "drills">;
  readonly rightOfWay: Pick<RightOfWay, "take">;
  /** Takes an event for the ledger; never throws. */
  readonly record: (draft: EventDraft) => void;
  /** A recording of the clip shelf, where there is one. */
  readonly clipOf?:
    | ((id: string) => Promise<Extract<BroadcastContent, { kind: "clip" }> | undefined>)
    | undefined;
  readonly log: Logger;
}

export interface HornSite {
  readonly site: Pick<Site, "timezone">;
  /** As they are now. */
  readonly rules: readonly Rule[];
  readonly hornLimits: HornLimits;
  readonly speakerGroups: readonly SpeakerGroup[];
}

export interface Horns {
  readonly desk: BroadcastDesk;
  readonly switches: SwitchDesk;
  readonly programmes: RunningProgrammes;
  readonly drills: RunningDrills;
  /** Started after the speakers, stopped before them. */
  readonly parts: readonly Part[];
  /** What the rules want done with horns, sirens and lights; and what else they decided, which may agree with it. Never throws. */
  act(effect: Effect): void;
  /** The kill switch is an input. */
  observe(observation: Observation): void;
  view(): HornsView;
  /** Makes ready the words of the rules. Never rejects. */
  prepare(): Promise<void>;
  /** Makes ready words that are not a rule's yet. @throws GatewayError `speech.*`, `speaker.*` where a speaker cannot say them. */
  rehearse(says: readonly SayAction[]): Promise<void>;
  readonly changes: Signal<void>;
}

/** Everything that is heard in the village: broadcasts, sirens, programmes, and the guards that all of them pass. */
export function createHorns(
  dependencies: HornDependencies,
  village: HornSite,
  outlets: ReadonlyMap<string, SpeakerOutlet>,
  switchRelays: readonly (readonly [Switch, Relay])[],
): Horns {
  const { clock, isClockSynced, orderBook, programmeBook, newId, proof, record, ledger, log } = dependencies;
  const { rightOfWay } = dependencies;
  const { site, hornLimits: limits, speakerGroups: groups } = village;
  const { hearing } = proof;
  const { timezone } = site;
  const keys = createSecondKeys(clock, limits.twoKeySeconds * 1000);
  const desk = createBroadcastDesk(
    {
      ...{ clock, isClockSynced, timezone, limits, groups, book: orderBook, keys, hearing, rightOfWay },
      ...{ record, log },
    },
    outlets,
  );
  const switches = createSwitchDesk({ clock, log, record, keys }, switchRelays);
  const programmes = createProgrammeDesk({
    ...{ clock, isClockSynced, timezone, ledger, record, log },
    take: desk.take,
    orders: orderBook,
    book: programmeBook,
    sheet: dependencies.programmeSheet,
    clipOf: dependencies.clipOf ?? (async () => undefined),
  });
  const drills = proof.drills(desk);
  const changes = createSignal<void>();
  for (const part of [desk, programmes, drills, hearing]) part.changes.on(() => changes.emit());
  const devices = new Map(village.rules.map(({ id, when }) => [id, deviceOf(when)]));
  let isKilled = false;

  /** A rule that acts is a key, before what it wants is judged. */
  function turnKey(effect: Effect): void {
    const rule = effect.kind === "raise" ? effect.alarm.rule : "rule" in effect ? effect.rule : undefined;
    const device = rule === undefined ? undefined : devices.get(rule);
    if (device !== undefined) keys.turn(device);
  }

  function say({ rule, text, emergency, kind: _kind, ...rest }: Extract<Effect, { kind: "say" }>): void {
    const source = { kind: "rule", name: rule } as const;
    const priority = emergency ? "emergency" : "rule";
    const content = { kind: "text", text } as const;
    try {
      desk.submit({ id: newId(), source, priority, content, whenPreempted: "resume", ...rest });
    } catch (error) {
      // The refusal is in the ledger; what else the rule wants goes on.
      if (!(error instanceof GatewayError)) throw error;
      log.warn({ code: error.code, rule }, "a rule's words were refused");
    }
  }

  return {
    desk,
    switches,
    programmes,
    drills,
    parts: [desk, programmes, drills],
    changes,
    act(effect) {
      turnKey(effect);
      if (effect.kind === "say") say(effect);
      else if (effect.kind === "switch-on" || effect.kind === "switch-off") switches.order(effect);
      else if (effect.kind === "clear") desk.hush(effect.alarm, "waiting");
    },
    observe(observation) {
      if (observation.kind !== "contact" || observation.input !== limits.killSwitch) return;
      isKilled = observation.closed;
      desk.kill(isKilled);
      switches.kill(isKilled);
      changes.emit();
    },
    view: () => ({
      queue: desk.queue(),
      groups,
      quiet: silentHours(limits),
      twoKeySeconds: limits.twoKeySeconds,
      ...(limits.killSwitch !== undefined && { killSwitch: { input: limits.killSwitch, closed: isKilled } }),
    }),
    prepare: () => desk.prepare(village.rules.flatMap(saysOf)),
    rehearse: desk.rehearse,
  };
}

import { BY_GRAVITY } from "../core/desk-order.ts";
import type { BoxView } from "../core/pull-view.ts";
import { countOf, type LedgerAccount, undeclaredGaps } from "../core/pulled-copy.ts";
import { type Clock, isoTime } from "../core/time.ts";
import type {
  BoxDoor,
  BoxNames,
  ContestedBox,
  DeskAlarm,
  DeskBox,
  DeskBoxStatus,
  DeskLedger,
} from "../core/township-desk.ts";
import { actsByAlarm, cameTooLate, type DeskActs, withActs } from "./alarm-acts.ts";
import { type AlarmTrace, createAlarmTrace, type TracedAlarm } from "./alarm-trace.ts";
import { createBoxWatch } from "./box-watch.ts";

/** So often it is written down that a box was heard. */
const REMEMBER_MS = 60_000;
/** What a person has to see to: the box answers, and what it is or says is not taken. */
const REFUSALS: ReadonlySet<string> = new Set([
  "box.other_site",
  "box.rewound",
  "box.certificate",
  "box.unauthorized",
  "box.denied",
  "box.too_old",
  "box.redirected",
  "box.bad_answer",
  "box.too_many_ledgers",
  "cursor.taken",
  "cursor.too_many",
  "cursor.future",
  "copy.damaged",
]);
/** For the name and place of one alarm. */
const MOST_NAMELESS_LOOKS = 5;

export interface SeenBoxConfig {
  readonly id: string;
  readonly name: string;
  readonly location?: readonly [number, number] | undefined;
  readonly reach: "direct" | "reverse";
  /** In an earlier run. */
  readonly lastHeardAt?: string | undefined;
  readonly names?: BoxNames | undefined;
  readonly mostFileBytes: number;
  readonly mostEventBytes: number;
}

export interface SeenBoxDependencies {
  readonly clock: Clock;
  readonly door: () => BoxDoor | undefined;
  readonly contested: () => ContestedBox | undefined;
  /** To be written down. */
  readonly onHeard: (at: string) => void;
  readonly onRenamed: (names: BoxNames) => void;
  readonly onChange: () => void;
}

/** One village, as the desk sees it. */
export interface SeenBox {
  readonly trace: AlarmTrace;
  /** Knows what the copy has of its alarms; undefined where that cannot be read: then what is known stays, and it says so. */
  read(told: AlarmTrace | undefined): void;
  pulled(view: BoxView): void;
  /** @returns whether alarms that came ahead turned out to be others since it was told last. */
  accounted(accounts: readonly LedgerAccount[]): boolean;
  isHere(): boolean;
  /** Stable code of why nothing of it is taken. */
  fault(): string | undefined;
  look(): void;
  view(acts: DeskActs): DeskBox;
  alarms(acts: DeskActs): readonly DeskAlarm[];
  /** Whether the village has another ledger now than the one in which this alarm stands. */
  isOfLostLedger(alarm: string): boolean;
  stop(): void;
}

export function createSeenBox(dependencies: SeenBoxDependencies, config: SeenBoxConfig): SeenBox {
  const { clock, contested, onHeard, onRenamed } = dependencies;
  const trace = createAlarmTrace();
  let names: BoxNames = config.names ?? { rules: new Map(), alarms: new Map() };
  /** The box tells of an alarm a moment before its own page has it. */
  let namelessLooks = 0;
  const watch = createBoxWatch(
    {
      ...dependencies,
      onChange() {
        learn();
        dependencies.onChange();
        const newest = trace.alarms().at(-1);
        const isNameless = newest !== undefined && !names.alarms.has(newest.id);
        if (!isNameless || namelessLooks >= MOST_NAMELESS_LOOKS) return;
        namelessLooks++;
        watch.look();
      },
    },
    config.id,
  );
  const startedAt = isoTime(clock.now().wallMs);
  let status: DeskBoxStatus = "connecting";
  let since = startedAt;
  let lastHeardAt = config.lastHeardAt;
  let rememberedMs = Number.NEGATIVE_INFINITY;
  let reason: string | undefined;
  let answers = 0;
  let pulledView: BoxView | undefined;
  let accounts: readonly LedgerAccount[] = [];
  let isUnread = false;

  /** A box forgets alarms sooner than the desk. */
  function learn(): void {
    const told = watch.told()?.names;
    if (!told) return;
    const alarms = trace.alarms().flatMap(({ id }) => {
      const named = told.alarms.get(id) ?? names.alarms.get(id);
      return named ? [[id, named] as const] : [];
    });
    const next = { rules: told.rules, alarms: new Map(alarms) };
    const isSame = JSON.stringify(listed(next)) === JSON.stringify(listed(names));
    names = next;
    if (!isSame) onRenamed(names);
  }

  /** How far the clock is off now tells nothing of a time that the box has corrected, or wrote while it knew better. */
  function raisedAt({ raisedAt: at, correctedAt, clock: quality }: TracedAlarm): string {
    const { clockOffSeconds = 0, clock: present } = watch.told()?.village ?? {};
    const isOtherClock = quality === "synced" && present === "unsynced";
    const offMs = correctedAt === undefined && !isOtherClock ? clockOffSeconds * 1000 : 0;
    return isoTime(Math.min(clock.now().wallMs, Date.parse(correctedAt ?? at) - offMs));
  }

  function become(next: DeskBoxStatus, why: string | undefined): void {
    reason = why;
    if (next === status) return;
    status = next;
    // Of one that is away it is told since when nobody has heard it.
    since = next === "away" ? (lastHeardAt ?? startedAt) : isoTime(clock.now().wallMs);
  }

  function hear(): void {
    const { wallMs, monotonicMs } = clock.now();
    lastHeardAt = isoTime(wallMs);
    become("here", undefined);
    if (monotonicMs - rememberedMs < REMEMBER_MS) return;
    rememberedMs = monotonicMs;
    onHeard(lastHeardAt);
  }

  function ledgerOf(): DeskLedger | undefined {
    const last = accounts.at(-1);
    if (!last) return undefined;
    const sum = (count: (account: LedgerAccount) => number): number => sumOf(accounts, count);
    const isPresent = pulledView?.ledger === last.ledger;
    return {
      id: last.ledger,
      seq: last.seq,
      head: Math.max(last.seq, isPresent ? (pulledView?.head ?? 0) : 0),
      missing: sum((account) => countOf(undeclaredGaps(account))),
      letGo: sum(({ evicted }) => countOf(evicted)),
      broken: sum(({ breaks }) => breaks.length),
      differed: sum(({ differed }) => differed),
      before: accounts.length - 1,
    };
  }

  function alarms(acts: DeskActs): readonly DeskAlarm[] {
    const actsOf = actsByAlarm(acts, config.id);
    return trace.alarms().map((traced) => {
      const done = actsOf(traced.id);
      const { id, rule, severity, status, seq, acknowledgedBy, falseBy, notes, snapshot, clip, camera } =
        withActs(traced, done);
      const named = names.alarms.get(id);
      const isTaken = status === "acknowledged" || status === "cleared";
      return {
        ...{ id, rule, severity, status, seq, acknowledgedBy, falseBy, notes, snapshot, clip },
        taken: isTaken || done.kept.some(({ kind }) => kind !== "note"),
        box: config.id,
        raisedAt: raisedAt(traced),
        name: named?.name ?? names.rules.get(rule) ?? rule,
        place: named?.place ?? "",
        camera: named?.camera ?? camera,
        kept: done.kept,
        refused: done.refused.filter((act) => !cameTooLate(act, act.code)),
        ...(done.own.length > 0 && { isForgotten: true }),
      };
    });
  }

  return {
    trace,
    alarms,
    read(told) {
      isUnread = told === undefined;
      if (told) trace.become(told);
    },
    pulled(view) {
      pulledView = view;
      // Another run of the puller counts from its own beginning.
      const hasAnswered = view.answers !== answers && view.answers > 0;
      answers = view.answers;
      if (hasAnswered) hear();
      if (view.phase !== "resting" && view.phase !== "failed") return;
      const { reason: code = "box.unreachable" } = view;
      become(REFUSALS.has(code) ? "refused" : "away", code);
    },
    accounted(known) {
      const before = sumOf(accounts, ({ differed }) => differed);
      accounts = known;
      return sumOf(known, ({ differed }) => differed) > before;
    },
    isHere: () => status === "here",
    fault: () => watch.fault() ?? (status === "refused" ? reason : undefined),
    look() {
      namelessLooks = 0;
      watch.look();
    },
    isOfLostLedger(id) {
      const alarm = trace.alarms().find((one) => one.id === id);
      const present = accounts.at(-1)?.ledger;
      return alarm !== undefined && present !== undefined && alarm.ledger !== present;
    },
    view(acts) {
      const ledger = ledgerOf();
      const open = alarms(acts).filter((alarm) => alarm.status !== "cleared");
      const unseen = open.filter(({ taken }) => !taken);
      const fault = watch.fault();
      return {
        id: config.id,
        name: config.name,
        location: config.location,
        reach: config.reach,
        status: fault === undefined ? status : "refused",
        since,
        lastHeardAt,
        reason: fault ?? reason,
        waitingEvents: ledger ? ledger.head - ledger.seq : (pulledView?.head ?? 0),
        openAlarms: open.length,
        waitingAlarms: unseen.length,
        worst: BY_GRAVITY.find((severity) => unseen.some((alarm) => alarm.severity === severity)),
        ...(isUnread && { alarmsUnread: true }),
        ledger,
        files: {
          bytes: pulledView?.fileBytes ?? 0,
          mostBytes: config.mostFileBytes,
          letGo: pulledView?.filesLetGo ?? 0,
          tooLarge: pulledView?.filesTooLarge ?? 0,
          denied: pulledView?.filesDenied ?? 0,
          reason: pulledView?.filesReason,
        },
        events: {
          bytes: pulledView?.eventBytes ?? 0,
          mostBytes: config.mostEventBytes,
          held: pulledView?.eventsHeld,
        },
        village: watch.told()?.village,
        contested: contested(),
        keptActs: acts.kept.filter(({ box }) => box === config.id).length,
      };
    },
    stop: () => watch.stop(),
  };
}

function sumOf(accounts: readonly LedgerAccount[], count: (account: LedgerAccount) => number): number {
  return accounts.reduce((total, account) => total + count(account), 0);
}

function listed({ rules, alarms }: BoxNames): readonly unknown[] {
  return [[...rules], [...alarms]];
}

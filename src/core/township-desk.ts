import type { Agent } from "node:http";
import type { AlarmNote, AlarmStatus } from "./alarm.ts";
import type { EventsHeld } from "./pull-view.ts";
import type { Severity } from "./site.ts";

// The villages of a township as its desk sees them. The desk implements this, the panel asks here.

/** `refused`: it answers, and what it is or says is not taken until a person has seen to it. */
export type DeskBoxStatus = "connecting" | "here" | "away" | "refused";

/** Whether all that a box ever wrote is here, by its own numbers and chain. */
export interface DeskLedger {
  readonly id: string;
  /** How far it was pulled, and where it ends as far as the box said. */
  readonly seq: number;
  readonly head: number;
  /** Numbers of which nobody knows anything. */
  readonly missing: number;
  /** Numbers that the box itself says it let go. */
  readonly letGo: number;
  /** Events that are not as they were written, or do not follow each other. */
  readonly broken: number;
  /** Alarms that came before their turn with other words than in their place; the latter are what is shown. */
  readonly differed: number;
  /** Ledgers of this box that came before, e.g. of a card that was lost. */
  readonly before: number;
}

export interface DeskFiles {
  readonly bytes: number;
  readonly mostBytes: number;
  /** Files that went again so that newer ones had room, and those that were larger than a file may be. */
  readonly letGo: number;
  readonly tooLarge: number;
  /** Files that the box does not give to this desk: its token may not look at recordings. */
  readonly denied: number;
  /** Stable code of why they do not come, though the events do. */
  readonly reason?: string | undefined;
}

export interface DeskEvents {
  readonly bytes: number;
  readonly mostBytes: number;
  /** Why it is not given all of its events now; they wait in the village. */
  readonly held?: EventsHeld | undefined;
}

/** What a box says of itself. */
export interface DeskVillage {
  readonly version: string;
  readonly cameras: number;
  readonly blindCameras: number;
  readonly clock: "synced" | "unsynced";
  /** Its clock minus the desk's, where that is more than anybody would overlook. */
  readonly clockOffSeconds?: number | undefined;
}

/** A second box came with the token of a village, and was turned away. */
export interface ContestedBox {
  /** ISO time of the last attempt. */
  readonly at: string;
  readonly address: string;
  /** The village that it says it is, where that is another one; otherwise it came while the first one was there. */
  readonly site?: string | undefined;
}

/** How a box calls what its events name by ids. */
export interface BoxNames {
  readonly rules: ReadonlyMap<string, string>;
  readonly alarms: ReadonlyMap<string, AlarmNames>;
}

export interface AlarmNames {
  readonly name: string;
  readonly place: string;
  readonly camera?: string | undefined;
}

export interface DeskBox {
  /** Id of the village. */
  readonly id: string;
  readonly name: string;
  /** Longitude, latitude in degrees (WGS 84). */
  readonly location?: readonly [number, number] | undefined;
  readonly reach: "direct" | "reverse";
  readonly status: DeskBoxStatus;
  /** ISO time since when it is in this state; of one that is away when it was heard last, if ever. */
  readonly since: string;
  readonly lastHeardAt?: string | undefined;
  /** Stable code of why it is away or refused. */
  readonly reason?: string | undefined;
  /** What it has that is not here, as far as it said. */
  readonly waitingEvents: number;
  readonly openAlarms: number;
  /** Those of them that nobody has seen to. */
  readonly waitingAlarms: number;
  /** Of the gravest alarm that nobody has seen to. */
  readonly worst?: Severity | undefined;
  /** What it said of its alarms before this start cannot be read here: there may be more of them. */
  readonly alarmsUnread?: boolean | undefined;
  readonly ledger?: DeskLedger | undefined;
  readonly files: DeskFiles;
  readonly events: DeskEvents;
  readonly village?: DeskVillage | undefined;
  readonly contested?: ContestedBox | undefined;
  /** What people here did that it does not know yet. */
  readonly keptActs: number;
}

export const DESK_ACTS = ["acknowledge", "clear", "note"] as const;
export type DeskActKind = (typeof DESK_ACTS)[number];

/** What somebody at the desk does with an alarm of a village. */
export interface DeskAct {
  readonly box: string;
  readonly alarm: string;
  readonly kind: DeskActKind;
  /** Who. */
  readonly person: string;
  /** Of a note. */
  readonly text?: string | undefined;
}

export interface KeptAct extends DeskAct {
  readonly id: string;
  /** ISO time at which the person did it. */
  readonly at: string;
  /** It was sent, and no answer came yet: the box may have done it. */
  readonly isSent?: boolean | undefined;
}

/** Where an act stands. */
export interface ActAt {
  readonly box: string;
  readonly alarm: string;
  readonly act: string;
}

/** What a box, once it was heard, answered that it does not do. */
export interface RefusedAct extends KeptAct {
  /** Stable code of why. */
  readonly code: string;
}

/** An alarm of any village. */
export interface DeskAlarm {
  readonly box: string;
  readonly id: string;
  readonly rule: string;
  /** The rule's and the place's name where the box has told them; else the rule's id and nothing. */
  readonly name: string;
  readonly place: string;
  readonly camera?: string | undefined;
  readonly severity: Severity;
  readonly status: AlarmStatus;
  /** Somebody sees to it, or has ended it, also where the box does not know that yet. */
  readonly taken: boolean;
  /** ISO time as the box has corrected it; else by its clock, less by how much that is off. Never later than now. */
  readonly raisedAt: string;
  readonly seq: number;
  readonly acknowledgedBy?: string | undefined;
  readonly falseBy?: string | undefined;
  readonly notes: readonly AlarmNote[];
  /** SHA-256 of the snapshot and of the clip, once there is one. */
  readonly snapshot?: string | undefined;
  readonly clip?: string | undefined;
  /** What people here did that the box does not know yet, oldest first. */
  readonly kept: readonly KeptAct[];
  /** What the box did not do of that, oldest first, until somebody puts it away. */
  readonly refused: readonly RefusedAct[];
  /** Its village has lost the ledger in which it stands: what was done with it since stands here alone. */
  readonly isForgotten?: boolean | undefined;
}

export interface DeskState {
  readonly desk: { readonly id: string; readonly name: string; readonly timezone: string };
  readonly version: string;
  readonly now: string;
  readonly boxes: readonly DeskBox[];
  /**
   * Of all villages: those that nobody has seen to, the gravest first; those that somebody sees to; and, where these are few, the newest
   * cleared ones. Of equals the newest first, and of one village only so many that it hides no other; all are counted in `boxes`.
   */
  readonly alarms: readonly DeskAlarm[];
  /** ISO time at which another desk with this id was seen to pull beside this one; of the last day. */
  readonly otherDeskAt?: string | undefined;
  /** Nothing is taken in: the disk of the desk is full. */
  readonly isFull?: boolean | undefined;
  /** Another one whenever the map of the villages is; the map itself is asked for apart. */
  readonly mapVersion?: string | undefined;
}

/** Whether nothing is left to do with an alarm, or to be told of it. */
export function isEnded({ status, refused }: Pick<DeskAlarm, "status" | "refused">): boolean {
  return status === "cleared" && refused.length === 0;
}

/**
 * `kept`: the box is away, and gets it when it is back, or its word did not come in time. `here`: the box has lost what it knew of the
 * alarm, and the desk alone keeps the act. `over`: the alarm has ended before somebody took it, and the desk alone keeps who saw to it.
 * `refused`: the box answered, and does not do it.
 */
export type ActOutcome =
  | { readonly status: "done" | "kept" | "here" | "over" }
  | { readonly status: "refused"; readonly code: string };

/** What a request to a box needs; the token is the desk's own. */
export interface BoxDoor {
  /** Without `/api/v1`. */
  readonly url: string;
  readonly agent: Agent;
  /** For moving pictures and files. */
  readonly pictureAgent: Agent;
  readonly token: string;
}

export interface TownshipDesk {
  state(): DeskState;
  /** Calls after something in `state()` changed, at most every 100 ms. Returns how to stop. */
  onChange(listener: () => void): () => void;
  /**
   * Does it at the box, or keeps it until the box is back, or has the time for it.
   * @param gone aborts when nobody waits for the outcome any more.
   * @throws GatewayError `desk.box_unknown` (permanent), `ledger.*`: it could not be kept.
   */
  act(act: DeskAct, gone: AbortSignal): Promise<ActOutcome>;
  /**
   * Takes back what waits for the box and was never sent to it, or puts away what the box refused.
   * @throws GatewayError `desk.box_unknown`, `desk.act_unknown`, `desk.act_sent` (permanent), `copy.*`.
   */
  takeBack(which: ActAt): Promise<{ readonly act: KeptAct; readonly was: "kept" | "refused" }>;
  /** @throws GatewayError `desk.box_unknown` (permanent), `desk.box_away` (transient), `desk.box_refused` (permanent). */
  door(box: string): BoxDoor;
  /** A file that is here; undefined where it is not. @throws GatewayError `desk.box_unknown` (permanent). */
  file(box: string, id: string): Promise<{ readonly path: string; readonly sizeBytes: number } | undefined>;
}

/** What the desk must not forget. Everything that resolves is on disk (fsync). */
export interface TownshipBook {
  /** ISO time at which each box was heard last. */
  lastHeard(): Promise<ReadonlyMap<string, string>>;
  heard(box: string, at: string): Promise<void>;
  /** What each box called its things when it was asked last. */
  names(): Promise<ReadonlyMap<string, BoxNames>>;
  rename(box: string, names: BoxNames): Promise<void>;
  /** Under which name this desk pulls, where it had to leave the usual one, and how it called itself in each of its runs. */
  cursor(): Promise<{ readonly name: string | undefined; readonly runs: ReadonlySet<string> }>;
  beginRun(run: string): Promise<void>;
  nameCursor(name: string): Promise<void>;
  /** Oldest first. */
  keptActs(): Promise<readonly KeptAct[]>;
  keep(act: KeptAct): Promise<void>;
  /** It is about to be sent for the first time. */
  sending(id: string): Promise<void>;
  /** The box has it, or it is not to be sent any more. */
  settle(id: string): Promise<void>;
  /** Oldest first: acts with alarms of which the box knows nothing any more. */
  ownActs(): Promise<readonly KeptAct[]>;
  /** It waits for the box no longer, and is one of these. */
  settleHere(id: string): Promise<void>;
  /** Oldest first: what boxes did not do. */
  refusedActs(): Promise<readonly RefusedAct[]>;
  /** It waits for the box no longer, and is one of these in place of those that are let go. */
  settleRefused(act: RefusedAct, letGo: readonly string[]): Promise<void>;
  /** Somebody has read it. */
  putAway(id: string): Promise<void>;
  close(): Promise<void>;
}

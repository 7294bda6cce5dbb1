import { byUrgency } from "../../../core/desk-order.ts";
import { type DeskAlarm, type DeskBox, isEnded, type KeptAct } from "../../../core/township-desk.ts";
import { type Phrase, phrase } from "./phrase.ts";
import type { RungAlarm } from "./ringing.ts";
import { lasting, type Times } from "./times.ts";

export type DeskTone = "alarm" | "care" | "handled" | "calm";

/** Two clocks that are right. */
const ALIKE_SECONDS = 120;
/** Of two nobody can say which one is wrong. */
const FEWEST_CLOCKS = 3;

/** How a village looks from afar: red means an alarm and nothing else. */
export function toneOf({
  worst,
  openAlarms,
  alarmsUnread,
  status,
  ledger,
  contested,
  files,
  events,
  village,
}: DeskBox): DeskTone {
  if (worst !== undefined) return "alarm";
  if (status === "away" || status === "refused" || contested || alarmsUnread) return "care";
  if (ledger && (ledger.missing > 0 || ledger.broken > 0 || ledger.differed > 0)) return "care";
  if (
    events.held !== undefined ||
    files.reason !== undefined ||
    files.tooLarge > 0 ||
    files.denied > 0 ||
    village?.clockOffSeconds !== undefined
  )
    return "care";
  return openAlarms > 0 ? "handled" : "calm";
}

/** Whether it is heard; of one that is not since when. */
export function statusPhrase(
  { status, since, lastHeardAt, reason = "" }: DeskBox,
  now: string,
  say: (phrase: Phrase) => string,
  reasonOf: (code: string) => string,
): Phrase {
  if (status === "refused") return phrase("desk.status.refused", { reason: reasonOf(reason) });
  if (status !== "away") return phrase(`desk.status.${status}`);
  if (lastHeardAt === undefined) return phrase("desk.status.awayNever");
  return phrase("desk.status.away", { time: say(lasting(since, now)) });
}

/** Whether all that the village ever wrote is here; of one that is away nobody knows what it writes. */
export function isWhole({ status, ledger, waitingEvents, alarmsUnread }: DeskBox): boolean {
  if (status !== "here" || !ledger || alarmsUnread) return false;
  return waitingEvents + ledger.missing + ledger.broken + ledger.letGo === 0;
}

/** What else there is to know, the gravest first. */
export function boxPhrases(box: DeskBox): readonly Phrase[] {
  const {
    openAlarms,
    waitingAlarms: waiting,
    alarmsUnread,
    waitingEvents,
    keptActs,
    ledger,
    files,
    events,
    village,
    contested,
  } = box;
  const count = (key: string, number: number): Phrase[] =>
    number > 0 ? [phrase(key, { count: number })] : [];
  return [
    ...count("desk.alarmCount", waiting),
    ...count("desk.handledCount", openAlarms - waiting),
    ...(alarmsUnread ? [phrase("desk.alarmsUnread")] : []),
    ...(contested ? [contestedPhrase(contested)] : []),
    ...count("desk.broken", ledger?.broken ?? 0),
    ...count("desk.differed", ledger?.differed ?? 0),
    ...count("desk.missing", ledger?.missing ?? 0),
    ...(events.held === undefined ? [] : [phrase(`desk.held.${events.held}`)]),
    ...count("desk.waiting", waitingEvents),
    ...count("desk.keptActs", keptActs),
    ...count("desk.blind", village?.blindCameras ?? 0),
    ...(village?.clockOffSeconds === undefined ? [] : [clockPhrase(village.clockOffSeconds)]),
    ...filesPhrases(box),
    ...count("desk.filesTooLarge", files.tooLarge),
    // Who may let the desk have them sits elsewhere, by the road on which the box is reached.
    ...count(`desk.filesDenied.${box.reach}`, files.denied),
    ...count("desk.filesLetGo", files.letGo),
    ...count("desk.letGo", ledger?.letGo ?? 0),
  ];
}

/** What does not come because nothing does goes without saying. */
function filesPhrases({ status, files: { reason } }: DeskBox): readonly Phrase[] {
  if (reason === undefined || status !== "here") return [];
  return [phrase(reason === "box.quota" ? "desk.files" : "desk.filesStuck")];
}

function contestedPhrase({ address, site }: NonNullable<DeskBox["contested"]>): Phrase {
  return site === undefined
    ? phrase("desk.contested", { address })
    : phrase("desk.otherSite", { address, site });
}

/** In the one unit that matters. */
function clockPhrase(offSeconds: number): Phrase {
  const minutes = Math.round(Math.abs(offSeconds) / 60);
  const way = offSeconds > 0 ? "clockAhead" : "clockBehind";
  if (minutes < 120) return phrase(`desk.${way}.minutes`, { count: minutes });
  const hours = Math.round(minutes / 60);
  if (hours < 48) return phrase(`desk.${way}.hours`, { count: hours });
  return phrase(`desk.${way}.days`, { count: Math.round(hours / 24) });
}

/** Clocks that are off by the same are right: it is this desk's that is not. */
export function isOwnClockOff(boxes: readonly DeskBox[]): boolean {
  const off = boxes
    .flatMap(({ status, village }) => (status === "here" && village ? [village.clockOffSeconds ?? 0] : []))
    .sort((a, b) => a - b);
  const middle = off[Math.floor(off.length / 2)] ?? 0;
  const alike = off.filter((seconds) => Math.abs(seconds - middle) < ALIKE_SECONDS).length;
  return middle !== 0 && off.length >= FEWEST_CLOCKS && alike > off.length / 2;
}

/** Ids of alarms are those of one village. */
export function alarmKey({ box, id }: Pick<DeskAlarm, "box" | "id">): string {
  return `${box} ${id}`;
}

/**
 * The alarms of a desk, in two lists.
 * @param writtenOn by key those on which somebody writes here, as they were when that began. Each stands where it stood then, whatever
 * became of it since, and also where the desk no longer tells of it: a row that goes elsewhere takes the cursor from under who writes.
 */
export function rowsOf(
  alarms: readonly DeskAlarm[],
  writtenOn: ReadonlyMap<string, DeskAlarm>,
): { readonly open: readonly DeskAlarm[]; readonly ended: readonly DeskAlarm[] } {
  const told = new Set(alarms.map(alarmKey));
  const stood = (alarm: DeskAlarm): DeskAlarm => writtenOn.get(alarmKey(alarm)) ?? alarm;
  const all = [...alarms, ...[...writtenOn.values()].filter((alarm) => !told.has(alarmKey(alarm)))];
  const isOpen = (alarm: DeskAlarm): boolean => writtenOn.has(alarmKey(alarm)) || !isEnded(alarm);
  return {
    open: all.filter(isOpen).sort((a, b) => byUrgency(stood(a), stood(b))),
    ended: alarms.filter((alarm) => !isOpen(alarm)),
  };
}

/** Those that nobody has seen to. */
export function waitingAlarms(alarms: readonly DeskAlarm[]): readonly DeskAlarm[] {
  return alarms.filter(({ status, taken }) => status !== "cleared" && !taken);
}

/** As the bell knows it: ids are those of one village, and what was done here counts before the village knows of it. */
export function rungAlarm(alarm: DeskAlarm, boxes: readonly DeskBox[]): RungAlarm {
  const { box, name, place, severity, status, seq, taken } = alarm;
  const village = boxes.find((one) => one.id === box)?.name ?? box;
  const isOver = status === "cleared";
  return {
    ...{ id: alarmKey(alarm), village, name, place, severity, seq },
    status: taken && !isOver ? "acknowledged" : status,
  };
}

/** What was done here last with an alarm, other than a note, and its village does not know yet. */
export function lastKept({ kept }: Pick<DeskAlarm, "kept">): KeptAct | undefined {
  return kept.filter(({ kind }) => kind !== "note").at(-1);
}

/** What became of an alarm, and by whom; what was done here counts before the village knows of it. */
export function statusOf({ kept, status, falseBy, acknowledgedBy }: DeskAlarm): Phrase {
  const done = lastKept({ kept });
  if (done) return phrase(done.kind === "clear" ? "desk.keptClear" : "desk.kept", { name: done.person });
  if (falseBy !== undefined) return phrase("desk.falseBy", { name: falseBy });
  const name = acknowledgedBy ?? "";
  if (name !== "" && status === "acknowledged") return phrase("desk.by", { name });
  if (name !== "" && status === "cleared") return phrase("desk.handled", { name });
  return phrase(`desk.status_${status}`);
}

/** Where its camera is seen live, in the page of its village; undefined where no camera shows it. Another village is another load of the page. */
export function placeAddress({ box, id, camera }: DeskAlarm): string | undefined {
  if (camera === undefined) return undefined;
  return `?${new URLSearchParams({ village: box })}#/look?${new URLSearchParams({ camera, alarm: id })}`;
}

/** Of the alarm's row on the page, by what the bell knows it by. */
export function rowId({ box, id }: Pick<DeskAlarm, "box" | "id">): string {
  return `alarm ${alarmKey({ box, id })}`.replaceAll(" ", "-");
}

/** Villages where something is to be done first. */
export function inOrder(boxes: readonly DeskBox[]): readonly DeskBox[] {
  const order: readonly DeskTone[] = ["alarm", "care", "handled", "calm"];
  return [...boxes].sort((a, b) => order.indexOf(toneOf(a)) - order.indexOf(toneOf(b)));
}

/** When an alarm was raised: the clock on the wall, with the day where it was another one. */
export function raisedPhrase(raisedAt: string, now: string, times: Times): Phrase {
  return times.since(raisedAt, now);
}

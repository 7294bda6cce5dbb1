import { computed, ref, shallowReactive, shallowRef, watch } from "vue";
import {
  afterTrouble,
  FILE_GONE,
  isEmpty,
  newDraft,
  nextPiece,
  type ReportDraft,
  type ReportPiece,
  withSent,
  wordsToSend,
} from "../words/report-draft.ts";
import { call, ProblemError } from "./http.ts";
import { newId } from "./new-id.ts";
import { type DraftKeeper, openDraftKeeper } from "./report-drafts.ts";
import { checkSession, session } from "./session-store.ts";
import { sendFile, type Upload } from "./upload.ts";
import { village } from "./village-store.ts";

/** After a refusal that may pass. Being connected again does not wait for it. */
const RETRY_MS = 15_000;
/** So long it is told that the box has all of it. */
const TOLD_MS = 20_000;

const drafts = shallowReactive(new Map<string, ReportDraft>());
const isKept = ref(true);
/** What is on its way, and how much of it has gone. */
const sending = shallowRef<{
  readonly draft: string;
  readonly piece: ReportPiece;
  readonly percent: number;
}>();

const mine = computed(() =>
  [...drafts.values()].filter(({ username }) => username === session.username.value),
);
/** Of whoever is logged in: what was handed over, and what is still being written. */
const handedOver = computed(() => mine.value.filter(({ status }) => status !== "writing"));
const unfinished = computed(() => mine.value.filter(({ status }) => status === "writing"));

export const reportDrafts = { handedOver, unfinished, sending, isKept };

let keeper: Promise<DraftKeeper> | undefined;
const unsaved = new Set<string>();
let isSaving = false;
let upload: Upload | undefined;
let isStopped = false;
let isAtWork = false;
let retry: ReturnType<typeof setTimeout> | undefined;

/** Finds what an earlier visit left, and sends what was handed over whenever the box is there. Returns how to stop. */
export function followReports(): () => void {
  keeper ??= restore();
  void keeper.then(sendAll);
  const stop = watch([village.connection, session.status, session.username], () => {
    // What is on a line that has gone would hang on it for minutes.
    if (village.connection.value !== "open") upload?.cancel();
    void sendAll();
  });
  return () => {
    stop();
    clearTimeout(retry);
  };
}

/** What is being written about an alarm; undefined where nothing is. */
export function draftAbout(alarm: string): ReportDraft | undefined {
  return unfinished.value.find((one) => one.alarm === alarm && !isEmpty(one));
}

/** What is being written about an alarm, or a new draft. */
export function beginDraft(alarm: { readonly id: string; readonly name: string }): ReportDraft {
  const about = { alarm: alarm.id, alarmName: alarm.name, username: session.username.value };
  return draftAbout(alarm.id) ?? newDraft({ id: newId(), ...about });
}

/** Keeps a draft as it is now; one with nothing in it is none. */
export function keepDraft(draft: ReportDraft): void {
  if (draft.status === "writing" && isEmpty(draft)) discardDraft(draft.id);
  else set(draft);
}

export function discardDraft(id: string): void {
  drafts.delete(id);
  save(id);
}

/** From now on it is sent whenever the box is there. */
export function handOver(draft: ReportDraft): void {
  const { trouble: _over, ...rest } = draft;
  set({ ...rest, status: "waiting" });
  void sendAll();
}

/** Ends what is on its way. */
export function stopSending(): void {
  isStopped = true;
  upload?.cancel();
}

async function restore(): Promise<DraftKeeper> {
  const opened = await openDraftKeeper();
  isKept.value = opened.isLasting;
  const found = await opened.all().catch(() => []);
  // What was begun while this was looked up is newer.
  for (const draft of found) if (!drafts.has(draft.id)) drafts.set(draft.id, draft);
  return opened;
}

function set(draft: ReportDraft): void {
  drafts.set(draft.id, draft);
  save(draft.id);
}

/** One after the other: of what changes while one is written, only the newest is written after it. */
function save(id: string): void {
  unsaved.add(id);
  if (!isSaving) void saveAll();
}

async function saveAll(): Promise<void> {
  isSaving = true;
  keeper ??= restore();
  const kept = await keeper;
  for (const id of unsaved) {
    unsaved.delete(id);
    const draft = drafts.get(id);
    try {
      await (draft && draft.status !== "sent" ? kept.put(draft) : kept.remove(id));
    } catch {
      // A telephone that is full: the page still has it, and says so.
      isKept.value = false;
    }
  }
  isSaving = false;
}

async function sendAll(): Promise<void> {
  if (isAtWork || village.connection.value !== "open") return;
  isAtWork = true;
  clearTimeout(retry);
  try {
    const tried = new Set<string>();
    for (;;) {
      const next = handedOver.value.find(({ id, status }) => status === "waiting" && !tried.has(id));
      if (!next) break;
      tried.add(next.id);
      await sendWhole(next.id);
    }
  } finally {
    isAtWork = false;
  }
  if (handedOver.value.some(({ status }) => status === "waiting")) {
    retry = setTimeout(() => void sendAll(), RETRY_MS);
  }
}

/** One piece after the other, until there is trouble. */
async function sendWhole(id: string): Promise<void> {
  isStopped = false;
  for (;;) {
    const draft = drafts.get(id);
    const piece = draft?.status === "waiting" && nextPiece(draft);
    if (!draft || !piece) return;
    let after: ReportDraft;
    try {
      await sendPiece(draft, piece);
      after = withSent(draft, piece);
      if (isStopped && after.status !== "sent") after = afterTrouble(after, "cancelled", 0);
    } catch (error) {
      const { code, status } = error instanceof ProblemError ? error : new ProblemError("unknown", 0);
      if (code === "session.required") void checkSession();
      after = afterTrouble(draft, code === "cancelled" && !isStopped ? "network" : code, status);
    } finally {
      sending.value = undefined;
    }
    // Thrown away meanwhile.
    if (!drafts.has(id)) return;
    if (after.status === "sent") tellSent(after);
    else set(after);
    if (after.trouble !== undefined) return;
  }
}

async function sendPiece(draft: ReportDraft, piece: ReportPiece): Promise<void> {
  const path = `/alarms/${encodeURIComponent(draft.alarm)}/reports/${draft.id}`;
  const told = { draft: draft.id, piece };
  sending.value = { ...told, percent: 0 };
  if (piece.kind === "words") {
    await call("PUT", path, wordsToSend(draft));
    return;
  }
  if (!(await isReadable(piece.file))) throw new ProblemError(FILE_GONE, 0);
  const where = piece.kind === "photo" ? `${path}/photos/${piece.number}` : `${path}/voice`;
  upload = sendFile("PUT", where, piece.file, (percent) => {
    sending.value = { ...told, percent };
  });
  try {
    await upload.done;
  } finally {
    upload = undefined;
  }
}

/** Sending one that is not would end as if the line were cut. */
async function isReadable(file: Blob): Promise<boolean> {
  try {
    return file.size > 0 && (await file.slice(0, 1).arrayBuffer()).byteLength === 1;
  } catch {
    return false;
  }
}

function tellSent(draft: ReportDraft): void {
  set(draft);
  setTimeout(() => drafts.delete(draft.id), TOLD_MS);
}

import type { BroadcastSource } from "../core/broadcast.ts";
import type { Clip, ClipLimits, ClipShelf, ClipStore, SoundMaker } from "../core/clip-shelf.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import { phraseKey } from "../core/phrases.ts";
import { createSignal } from "../core/signals.ts";
import { longestOnAnySeconds, type SpeakerLimit } from "../core/speaker-limits.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { Draft } from "../core/upload-drafts.ts";

/** What was taken off the shelf can be put back so long. */
const KEPT_MS = 7 * 86_400_000;
const SWEEP_MS = 3_600_000;
/** Uploads at a time; a box makes one recording fit after the other. */
const MOST_UPLOADS = 2;
const MOST_NAME = 60;
const MOST_WORDS = 200;

export interface ClipShelfDependencies {
  readonly store: ClipStore;
  readonly maker: SoundMaker;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  readonly newId: () => string;
  /** Names of what plays it, e.g. programmes: what is in use stays on the shelf. */
  readonly usedBy: (clip: string) => readonly string[];
  /** How long each speaker plays that plays recordings at all. */
  readonly speakers: readonly SpeakerLimit[];
  readonly log: Logger;
}

/** The recordings that people bring in for the horns. Each change is an event of the audit, which is also the index. */
export function createClipShelf(dependencies: ClipShelfDependencies, limits: ClipLimits): ClipShelf {
  const { store, maker, ledger, clock, speakers, log } = dependencies;
  const longestPlayedS = longestOnAnySeconds(speakers) ?? Number.POSITIVE_INFINITY;
  const changes = createSignal<void>();
  let clips: readonly Clip[] = [];
  let uploads = 0;
  let lane: Promise<unknown> = Promise.resolve();
  let sweeping: Timer | undefined;

  const isOn = ({ removedMs }: Clip): boolean => removedMs === undefined;
  const usedBytes = (): number => clips.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

  function find(id: string): Clip {
    const clip = clips.find((one) => one.id === id);
    if (!clip || !isOn(clip)) throw refusal("clips.unknown", "there is no such recording");
    return clip;
  }

  /** One after the other: two at once must not both find room for themselves, nor be put on the shelf twice. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = lane.then(work);
    lane = turn.catch(() => undefined);
    return turn;
  }

  async function tell(
    what: string,
    clip: Clip,
    by: BroadcastSource | undefined,
    data: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await ledger.append({
      type: `org.cunshao.clip.${what}`,
      class: "audit",
      subject: clip.id,
      data: { name: clip.name, sha256: clip.sha256, ...data, ...(by && { by }) },
    });
  }

  function put(clip: Clip): Clip {
    clips = [...clips.filter(({ id }) => id !== clip.id), clip].sort((a, b) => a.addedMs - b.addedMs);
    changes.emit();
    return clip;
  }

  async function throwAway(clip: Clip): Promise<void> {
    await tell("discarded", clip, undefined);
    clips = clips.filter(({ id }) => id !== clip.id);
    if (!clips.some(({ sha256 }) => sha256 === clip.sha256)) await store.discard(clip.sha256);
    changes.emit();
  }

  async function makeRoom(sizeBytes: number): Promise<void> {
    const oldestFirst = clips.filter((clip) => !isOn(clip)).sort((a, b) => removedAt(a) - removedAt(b));
    for (const clip of oldestFirst) {
      if (usedBytes() + sizeBytes <= limits.maxBytes) return;
      await throwAway(clip);
    }
    if (usedBytes() + sizeBytes > limits.maxBytes) {
      throw refusal("clips.quota", "there is no room for another recording: delete one first");
    }
  }

  async function demandSpace(sizeBytes: number): Promise<void> {
    if ((await store.freeBytes()) - sizeBytes >= limits.keepFreeBytes) return;
    throw new GatewayError("the disk has no room left", { code: "clips.full", kind: "transient" });
  }

  async function shelve(upload: Draft, id: string, name: string, by: BroadcastSource): Promise<Clip> {
    const made = store.draft(id);
    try {
      const { durationMs } = await maker.make(upload.path, made.path, limits.maxSeconds);
      await upload.remove();
      if (durationMs > longestPlayedS * 1000) {
        const longest = `no speaker plays longer than ${longestPlayedS} s`;
        throw refusal(
          "clips.longer_than_speakers",
          `it lasts ${Math.ceil(durationMs / 1000)} s, and ${longest}`,
        );
      }
      const { sha256, sizeBytes } = await store.measure(made);
      const same = clips.find((clip) => clip.sha256 === sha256);
      if (same && isOn(same)) throw refusal("clips.exists", `this recording is there already: ${same.name}`);
      if (same) return await restoreNow(same, by);
      await makeRoom(sizeBytes);
      await store.keep(made, sha256);
      const addedMs = clock.now().wallMs;
      const clip: Clip = { id, name, sha256, durationMs, sizeBytes, addedMs, addedBy: by };
      try {
        await tell("added", clip, by, { durationMs, sizeBytes });
      } catch (error) {
        await store.discard(sha256);
        throw error;
      }
      return put(clip);
    } finally {
      await made.remove();
    }
  }

  async function restoreNow(clip: Clip, by: BroadcastSource): Promise<Clip> {
    await tell("restored", clip, by);
    const { removedMs: _removed, ...onShelf } = clip;
    return put(onShelf);
  }

  async function sweep(): Promise<void> {
    if (!dependencies.isClockSynced()) return;
    const nowMs = clock.now().wallMs;
    for (const clip of clips) {
      if (!isOn(clip) && nowMs - removedAt(clip) > KEPT_MS) await inTurn(() => throwAway(clip));
    }
  }

  function sweepLater(): void {
    sweeping = clock.after(SWEEP_MS, () => {
      void sweep()
        .catch((error: unknown) =>
          log.error({ code: errorCode(error) }, "old recordings could not be thrown away"),
        )
        .finally(() => sweeping && sweepLater());
    });
  }

  return {
    name: "clips",
    changes,
    limits: { ...limits, maxSeconds: Math.min(limits.maxSeconds, longestPlayedS) },
    usedBytes,
    tooLongFor: ({ durationMs }) => speakers.filter(({ longestMs }) => durationMs > longestMs),
    list: () => clips.filter(isOn).reverse(),
    removed: () => clips.filter((clip) => !isOn(clip)).sort((a, b) => removedAt(b) - removedAt(a)),
    find,
    async contentOf(id) {
      const clip = clips.find((one) => one.id === id && isOn(one));
      return clip && { kind: "clip", clip: id, name: clip.name, sha256: clip.sha256 };
    },
    soundOf: ({ sha256, durationMs }) => ({ path: store.pathOf(sha256), durationMs }),

    async start() {
      clips = await store.all();
      await store
        .keepOnly(clips.map(({ sha256 }) => sha256))
        .catch((error: unknown) =>
          log.warn({ code: errorCode(error) }, "drafts of recordings could not be removed"),
        );
      sweepLater();
    },
    async stop() {
      sweeping?.cancel();
      sweeping = undefined;
      await lane;
    },

    async add(content, written, by) {
      const name = cleanName(written);
      if (uploads >= MOST_UPLOADS) {
        throw new GatewayError("other recordings are coming in", { code: "clips.busy", kind: "transient" });
      }
      uploads++;
      try {
        await demandSpace(limits.maxUploadBytes);
        const id = dependencies.newId();
        const upload = await store.receive(id, content, limits.maxUploadBytes);
        try {
          return await inTurn(() => shelve(upload, id, name, by));
        } finally {
          await upload.remove();
        }
      } finally {
        uploads--;
      }
    },

    async change(id, { name: written, replaces: words }, by) {
      let clip = find(id);
      const name = written === undefined ? clip.name : cleanName(written);
      const replaces = words === undefined ? clip.replaces : cleanWords(words);
      if (name !== clip.name) {
        await tell("renamed", clip, by, { name, from: clip.name });
        clip = put({ ...clip, name });
      }
      if (replaces === clip.replaces) return clip;
      const before = clips.find(
        (one) => replaces !== undefined && one.id !== id && isOn(one) && says(one, phraseKey(replaces)),
      );
      // One recording for the same words: the newer choice holds.
      if (before) {
        await tell("assigned", before, by);
        const { replaces: _words, ...rest } = before;
        put(rest);
      }
      await tell("assigned", clip, by, replaces === undefined ? {} : { replaces });
      const { replaces: _words, ...rest } = clip;
      return put(replaces === undefined ? rest : { ...rest, replaces });
    },

    async remove(id, by) {
      const clip = find(id);
      const users = [...(clip.replaces === undefined ? [] : [clip.replaces]), ...dependencies.usedBy(id)];
      if (users.length > 0) throw refusal("clips.in_use", `it is used by: ${users.join(", ")}`);
      await tell("removed", clip, by);
      put({ ...clip, removedMs: clock.now().wallMs });
    },

    async restore(id, by) {
      const clip = clips.find((one) => one.id === id);
      if (!clip || isOn(clip)) throw refusal("clips.unknown", "there is no such recording to be put back");
      return inTurn(() => restoreNow(clip, by));
    },

    replacing(text) {
      const key = phraseKey(text);
      const clip = clips.find((one) => isOn(one) && says(one, key));
      return clip && { path: store.pathOf(clip.sha256), durationMs: clip.durationMs };
    },
  };
}

function says({ replaces }: Clip, key: string): boolean {
  return replaces !== undefined && phraseKey(replaces) === key;
}

function removedAt({ removedMs = 0 }: Clip): number {
  return removedMs;
}

/** A name is for people and never a path: what stands before the last slash goes, with every sign that is none. */
function cleanName(written: string): string {
  const name = written
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/^.*[/\\]/, "")
    .replace(/\s+/g, " ")
    .trim();
  const isName = /[\p{L}\p{N}]/u.test(name) && [...name].length <= MOST_NAME;
  if (!isName) throw refusal("clips.name", `a recording needs a name of 1 to ${MOST_NAME} signs`);
  return name;
}

function cleanWords(written: string): string | undefined {
  const words = written.trim();
  if (words === "") return undefined;
  if ([...words].length <= MOST_WORDS && phraseKey(words) !== "") return words;
  throw refusal("clips.words", "these are no words that could be replaced");
}

function refusal(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

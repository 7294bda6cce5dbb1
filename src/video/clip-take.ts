import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { type Clock, isoTime, type Timer } from "../core/time.ts";
import type { Fragment, InitSegment } from "./fragmented-mp4.ts";
import type { PreRoll } from "./pre-roll.ts";

/** What waits for the disk at most; a disk further behind ends the take. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export interface TakeDependencies {
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  readonly log: Logger;
  /** Where drafts stand; on the data disk. */
  readonly folder: string;
}

/** A stretch of a stream in a file of fragments, readable whatever happened after it. */
export interface Draft {
  readonly path: string;
  readonly camera: string;
  readonly startMs: number;
  readonly clock: "synced" | "unsynced";
}

export interface TakenDraft {
  /** Absent when there was no picture at all. */
  readonly draft?: Draft | undefined;
  /** Code of what ended it before its time, or kept it from the disk. */
  readonly lack?: string | undefined;
}

/** Writes a camera's pictures of the last seconds and the next ones into a draft, until `end` or the camera is lost. */
export class Take {
  /** Monotonic time at which it began. */
  readonly beganMs: number;
  readonly ended: Promise<TakenDraft>;
  readonly #dependencies: TakeDependencies;
  readonly #camera: string;
  readonly #preRoll: PreRoll;
  readonly #detach: () => void;
  #resolve: (taken: TakenDraft) => void = () => {};
  #init: InitSegment | undefined;
  #draft: Draft | undefined;
  #file: Promise<FileHandle> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #past: Fragment[] | undefined = [];
  #waitingBytes = 0;
  #isOver = false;
  #timer: Timer | undefined;

  constructor(dependencies: TakeDependencies, camera: string, preRoll: PreRoll, beforeSeconds: number) {
    this.#dependencies = dependencies;
    this.#camera = camera;
    this.#preRoll = preRoll;
    this.beganMs = dependencies.clock.now().monotonicMs;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    let lost = false;
    let isAttached = false;
    this.#detach = preRoll.attach(beforeSeconds, {
      onInit: (init) => {
        if (this.#draft) this.end("camera.lost");
        else this.#init = init;
      },
      onFragment: (fragment) => this.#onFragment(fragment),
      onEnd: () => {
        if (isAttached) this.#onLost();
        else lost = true;
      },
    });
    isAttached = true;
    this.#writePast();
    if (lost) this.#onLost();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Calls once after a time, unless it has ended before; replaces what was set. */
  wake(delayMs: number, run: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#dependencies.clock.after(Math.max(0, delayMs), run);
  }

  /** Nothing comes after; `ended` tells when it is on disk. */
  end(lack?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#detach?.();
    void this.#finish(lack);
  }

  #onLost(): void {
    // A camera that was away at the start may still come; one that went leaves what there is.
    if (this.#draft) this.end("camera.lost");
  }

  #onFragment(fragment: Fragment): void {
    if (this.#past) this.#past.push(fragment);
    else if (this.#draft) this.#write(fragment.bytes);
    else if (fragment.keyFrame) this.#begin([fragment]);
  }

  #writePast(): void {
    const past = this.#past ?? [];
    this.#past = undefined;
    const first = past.findIndex(({ keyFrame }) => keyFrame);
    if (first >= 0) this.#begin(past.slice(first));
  }

  /** When the newest came is known; how long before it the first was taken, the stream's own time tells. */
  #begin(fragments: readonly Fragment[]): void {
    const init = this.#init;
    const [first] = fragments;
    if (!init || !first) return;
    const { clock, isClockSynced, folder } = this.#dependencies;
    const lengthMs = (((fragments.at(-1) ?? first).decodeTime - first.decodeTime) / init.timescale) * 1000;
    const now = clock.now();
    const newestMs = now.wallMs - (now.monotonicMs - this.#preRoll.newestMs);
    const startMs = Math.round(newestMs - Math.max(0, lengthMs));
    const quality = isClockSynced() ? "synced" : "unsynced";
    const path = join(folder, draftName(this.#camera, startMs, quality));
    this.#draft = { path, camera: this.#camera, startMs, clock: quality };
    this.#file = open(path, "w", 0o640);
    // A failure shows with the first write.
    this.#file.catch(() => {});
    this.#write(Buffer.concat([init.bytes, ...fragments.map(({ bytes }) => bytes)]), true);
  }

  #write(bytes: Buffer, sync = false): void {
    if (this.#isOver) return;
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.end("clip.disk_slow");
      return;
    }
    this.#writing = this.#writing.then(async () => {
      try {
        const file = await this.#file;
        await file?.appendFile(bytes);
        // What was before the alarm is on the disk before the horns are silent again.
        if (sync) await file?.datasync();
      } catch (error) {
        const { log } = this.#dependencies;
        if (!this.#isOver)
          log.error({ camera: this.#camera, code: errorCode(error) }, "a clip cannot be written");
        this.end(errorCode(error) === "ENOSPC" ? "evidence.full" : "evidence.unwritable");
      } finally {
        this.#waitingBytes -= bytes.length;
      }
    });
  }

  async #finish(lack: string | undefined): Promise<void> {
    await this.#writing;
    try {
      await (await this.#file)?.close();
    } catch (error) {
      this.#dependencies.log.warn({ camera: this.#camera, code: errorCode(error) }, "a clip was not closed");
    }
    this.#resolve({ draft: this.#draft, lack });
  }
}

export function draftName(camera: string, startMs: number, clock: Draft["clock"]): string {
  return `${camera}_${isoTime(startMs).replaceAll(":", "")}_${clock}.draft.mp4`;
}

/** Reads what `draftName` wrote; undefined for any other file. */
export function draftOf(folder: string, name: string): Draft | undefined {
  const [, camera, day, hour, minute, rest, clock] =
    /^([a-z0-9-]+)_([\d-]+T)(\d\d)(\d\d)([\d.]+Z)_(synced|unsynced)\.draft\.mp4$/.exec(name) ?? [];
  const startMs = Date.parse(`${day}${hour}:${minute}:${rest}`);
  if (!camera || (clock !== "synced" && clock !== "unsynced") || Number.isNaN(startMs)) return undefined;
  return { path: join(folder, name), camera, startMs, clock };
}

import type { Fragment, InitSegment } from "./fragmented-mp4.ts";

/** A reader of a shared stream. It is called synchronously and must not wait. */
export interface StreamReader {
  onInit(init: InitSegment): void;
  onFragment(fragment: Fragment): void;
  /** The session is over; a new one begins with `onInit`. */
  onEnd(): void;
  /** What was given may not be shown or stored from now on: whoever keeps some of it lets go of it. */
  onWithdrawn?(): void;
  /** Whether it waits for each frame now, as somebody who watches does, and as one does that does not tell. */
  isHurried?(): boolean;
}

/** A camera that sends no key frame for this long gives late readers no start; memory stays bounded. */
const MAX_GROUP_BYTES = 8 * 1024 * 1024;

/** Hands one ingest to any number of readers; a late reader starts with the last key frame and what followed. */
export class FragmentHub {
  #readers = new Set<StreamReader>();
  #init: InitSegment | undefined;
  #group: Fragment[] = [];
  #groupBytes = 0;

  get init(): InitSegment | undefined {
    return this.#init;
  }

  /** Init segment and every fragment of video since the last key frame; empty until there is one. */
  sinceKeyFrame(): Buffer[] {
    if (!this.#init || this.#group.length === 0) return [];
    return [this.#init.bytes, ...this.#group.flatMap(({ bytes, track }) => (track ? [] : [bytes]))];
  }

  /** Whether some reader waits for each frame now. */
  isHurried(): boolean {
    for (const reader of this.#readers) if (reader.isHurried?.() ?? true) return true;
    return false;
  }

  attach(reader: StreamReader): () => void {
    if (this.#init) reader.onInit(this.#init);
    for (const fragment of this.#group) reader.onFragment(fragment);
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  /** Takes back what was handed on, as far as somebody keeps it. */
  withdraw(): void {
    this.#clearGroup();
    this.#tell((reader) => reader.onWithdrawn?.());
  }

  begin(init: InitSegment): void {
    this.#init = init;
    this.#clearGroup();
    this.#tell((reader) => reader.onInit(init));
  }

  push(fragment: Fragment): void {
    if (fragment.keyFrame) this.#clearGroup();
    // Without a key frame first, nothing could be decoded from here on.
    if (fragment.keyFrame || this.#group.length > 0) {
      this.#group.push(fragment);
      this.#groupBytes += fragment.bytes.length;
      if (this.#groupBytes > MAX_GROUP_BYTES) this.#clearGroup();
    }
    this.#tell((reader) => reader.onFragment(fragment));
  }

  end(): void {
    this.#init = undefined;
    this.#clearGroup();
    this.#tell((reader) => reader.onEnd());
  }

  /** A reader that one before it took out hears nothing more; one that came in meanwhile has had it from `attach`. */
  #tell(news: (reader: StreamReader) => void): void {
    for (const reader of [...this.#readers]) if (this.#readers.has(reader)) news(reader);
  }

  #clearGroup(): void {
    this.#group = [];
    this.#groupBytes = 0;
  }
}

/** A file that is not kept yet. */
export interface Draft {
  readonly path: string;
  /** Of a file that is there. */
  sizeBytes(): Promise<number>;
  /** Also where there is none. */
  remove(): Promise<void>;
}

export interface ReceivedDraft extends Draft {
  /** Of what came in (hex). */
  readonly sha256: string;
}

/** What people send stands here until it has been examined, on the disk on which it is kept then. Codes begin with the area it is for. */
export interface UploadDrafts {
  /**
   * Writes an upload to a draft, at most `maxBytes` of it.
   * @throws GatewayError `<area>.too_large` (permanent), `<area>.cut_off`, `<area>.full`, `<area>.unwritable` (transient); nothing
   *   is left then.
   */
  receive(name: string, content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<ReceivedDraft>;
  /** A place for what is made of an upload. */
  draft(name: string): Draft;
  /** @throws GatewayError `<area>.full`, `<area>.unwritable` (transient). */
  freeBytes(): Promise<number>;
}

/** Drafts, and beside them files that are kept, each named by its content. */
export interface ContentFiles extends UploadDrafts {
  measure(draft: Draft): Promise<{ readonly sha256: string; readonly sizeBytes: number }>;
  /** Takes a finished file over, durably, under the name of its content. @throws GatewayError `<area>.full`, `<area>.unwritable`. */
  keep(draft: Draft, sha256: string): Promise<void>;
  /** Where the file of this content stands. */
  pathOf(sha256: string): string;
  discard(sha256: string): Promise<void>;
  /** Deletes every file whose content is none of these, drafts of earlier runs too. */
  keepOnly(contents: readonly string[]): Promise<void>;
}

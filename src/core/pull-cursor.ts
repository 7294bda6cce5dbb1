/** Who a puller is to the boxes: under which name each keeps for it what it has still to get. */
export interface PullCursor {
  /** Of the cursor at each box, now. */
  name(): string;
  /** Names this copy, or this run of it. */
  readonly holder: string;
  /** Whether it is this very copy that called itself so, now or in an earlier run. */
  isOwn(holder: string): boolean;
  /**
   * Somebody else goes on under this name: from now on this copy has another. Absent where the name is a person's choice: then the box
   * is not pulled.
   * @param when it was found so at the start of this run, or it was taken now, from this run.
   */
  readonly leave?: (name: string, when: "start" | "now") => Promise<void>;
}

/** What the board tells of itself; what it cannot tell is left out. */
export interface BoardReading {
  /** `low`: the supply sags below what the board needs (on a Raspberry Pi 4.63 V). */
  readonly supply?: "good" | "low";
  /** Of the processor, in degrees Celsius. */
  readonly celsius?: number;
}

/** Never rejects: what cannot be read is left out. */
export type ReadBoard = () => Promise<BoardReading>;

export interface BoardView extends BoardReading {
  /** ISO time since when the supply is as it is. */
  readonly since?: string;
}

// The port to programs of ours that run in a process of their own, because what they call may crash: native code that
// reads a stranger's file takes only its own process with it. `drivers/` runs them.

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of what it wrote on stderr. */
  readonly lastWords: string;
}

export interface OwnProgram {
  /** Objects, typed arrays and errors arrive as such, copied. To a program that has ended, nothing is sent. */
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Settles when the process is gone, or could not be started; never rejects. */
  readonly ended: Promise<ProgramEnd>;
  /** At once, whatever it is doing. */
  kill(): void;
}

/** Starts `file`, a Node program. It ends by itself when the gateway has gone. */
export type StartOwnProgram = (file: URL) => OwnProgram;

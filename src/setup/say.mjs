/** Exit codes of sysexits.h. */
export const EX_USAGE = 64;
export const EX_UNAVAILABLE = 69;

const startedAtMs = performance.now();

/** Ends the set-up with a message for the person at the keyboard. */
export class SetupStop extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function say(text) {
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  process.stdout.write(`[set-up ${seconds.padStart(5)} s] ${text}\n`);
}

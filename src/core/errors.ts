// core/: the words of the design as types, time, errors, retry, geometry and the ports between rooms.
// It imports no other room; every room may import it.

/** What a caller can do about an error: try again, tell a person, or mend our code. */
export type ErrorKind = "transient" | "permanent" | "bug";

export interface ErrorDetails {
  /** Stable, dotted, lower case: `serial.port_missing`. Branch on this, never on the message. */
  readonly code: string;
  readonly kind: ErrorKind;
  /** The configured id of the device concerned, where there is one. */
  readonly device?: string;
  readonly cause?: unknown;
}

/** The one error class of the gateway. `message` is for logs, in English; the page translates by `code`. */
export class GatewayError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly device: string | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "GatewayError";
    this.code = details.code;
    this.kind = details.kind;
    this.device = details.device;
  }
}

/** The stable code of any thrown value; system errors keep Node's (`ENOENT`), others are `unknown`. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return "unknown";
}

const LONGEST_CODE = 100;

/** Whether what another program says is a code as ours are: it is kept, and handed to every page, as it is. */
export function isStableCode(said: unknown): said is string {
  return typeof said === "string" && said.length <= LONGEST_CODE && /^[a-z_]+(\.[a-z_]+)+$/.test(said);
}

/** A one-line text for a log or a person; never a stack. */
export function errorMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? "";
}

/** True for the rejection that an aborted `AbortSignal` causes, whichever API threw it. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || errorCode(error) === "ABORT_ERR");
}

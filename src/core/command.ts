import type { BroadcastOrder, BroadcastSource } from "./broadcast.ts";
import type { Downlink } from "./delivery.ts";

/** What the township may order from afar. Each takes the same road as the order of somebody who stands there. */
export const COMMAND_KINDS = [
  "broadcast",
  "broadcast.silence",
  "alarm.acknowledge",
  "alarm.clear",
  /** Brings a whole configuration file; it is checked and laid ready, and a person at the box applies it. */
  "configuration",
  /** Tells a box whose own clock is not right what time it is. */
  "time",
] as const;
export type CommandKind = (typeof COMMAND_KINDS)[number];

/** By which road a command came, and what that road vouches for. */
export interface CommandOrigin {
  /** Id of an upstream, or name of a token. */
  readonly via: string;
  /** Of a token: kinds that it may order without a signature. Nothing where the road vouches for nobody. */
  readonly mayOrder: ReadonlySet<CommandKind>;
  readonly address?: string | undefined;
}

export type CommandStatus = "accepted" | "done" | "failed";

/** How a command stands. */
export interface CommandState {
  readonly id: string;
  readonly kind: CommandKind;
  readonly status: CommandStatus;
  /** Stable code of what kept it from being done. */
  readonly reason?: string | undefined;
  readonly result?: Readonly<Record<string, unknown>> | undefined;
}

/** A command that the ledger knows of. */
export interface KnownCommand extends CommandState {
  /** SHA-256 (hex) of its canonical JSON without the signature. */
  readonly digest: string;
  readonly expiresMs: number;
}

export interface OpenCommand extends KnownCommand {
  /** The command, as it came. */
  readonly order: unknown;
  /** Who answers for it. */
  readonly by: BroadcastSource;
}

/** Commands as the ledger tells them. */
export interface CommandBook {
  find(id: string): Promise<KnownCommand | undefined>;
  /** Accepted, and neither done nor failed: a stop of the gateway came between. Oldest first. */
  open(): Promise<readonly OpenCommand[]>;
}

/** A key of the township's by which it signs. */
export interface CommandKey {
  readonly id: string;
  /** The 32 bytes of an Ed25519 public key, in base64. */
  readonly publicKey: string;
}

export interface CommandSettings {
  readonly keys: readonly CommandKey[];
  /** Whether a token alone is not enough. */
  readonly signedOnly: boolean;
}

export interface CommandDesk extends Downlink {
  /**
   * Checks a command, does it, and resolves with how it stands; the same again changes nothing.
   * @throws GatewayError `command.*` with the refusal: nothing was done. Each refusal is an event.
   */
  take(command: unknown, origin: CommandOrigin): Promise<CommandState>;
  find(id: string): Promise<CommandState | undefined>;
}

/** What commands act on; each is the door of somebody who stands there, too. */
export interface CommandRoads {
  say(order: BroadcastOrder): Promise<void>;
  silence(broadcast: string, by: BroadcastSource): Promise<boolean>;
  acknowledge(alarm: string, by: BroadcastSource): Promise<void>;
  clear(alarm: string, by: BroadcastSource): Promise<void>;
  /** Checks a configuration file and lays it ready; the problems of one that is not in order. */
  propose(yaml: string): Promise<{ readonly file: string; readonly problems: readonly string[] }>;
  /** Somebody says what time it was at a monotonic moment; absent where nobody listens. */
  tellTime?: ((wallMs: number, monotonicMs: number) => void) | undefined;
}

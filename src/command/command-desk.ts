// command/: what the township orders from afar: who signed it, for which village, until when, and that it is done once. It may
// import core/, zod and canonicalize; what a command does goes through the doors that are handed in.
import type { BroadcastContent, BroadcastSource } from "../core/broadcast.ts";
import type {
  CommandBook,
  CommandDesk,
  CommandOrigin,
  CommandRoads,
  CommandSettings,
  CommandState,
} from "../core/command.ts";
import { errorCode, errorMessage, GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Clock } from "../core/time.ts";
import { ACTS } from "./command-acts.ts";
import { Command } from "./command-form.ts";
import { createRefusals } from "./refusals.ts";
import { createSignatureCheck, digestOf } from "./signature.ts";

/** Beyond that nothing is ordered: for so long every id is remembered. */
const LONGEST_MS = 7 * 86_400_000;
/** So far may the clocks of township and village be apart. */
const SKEW_MS = 300_000;
/** What an upstream may hand down at once. */
const MOST_AT_ONCE = 100;

export interface CommandDependencies {
  readonly ledger: Pick<Ledger, "append">;
  readonly commandBook: CommandBook;
  readonly village: Omit<CommandRoads, "propose" | "tellTime">;
  /** Absent where nobody lays files ready. */
  readonly propose?: CommandRoads["propose"] | undefined;
  readonly tellTime?: CommandRoads["tellTime"];
  readonly clipOf: (id: string) => Promise<BroadcastContent | undefined>;
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  readonly log: Logger;
}

export interface CommandConfig {
  readonly site: { readonly id: string };
  readonly commands: CommandSettings;
}

/** A command that is on disk. */
interface Accepted {
  /** Rejects with `ledger.*` where its end could not be written: the next start ends it. */
  readonly end: Promise<CommandState>;
}

export interface RecoveringCommandDesk extends CommandDesk {
  /** Ends what a stop of the gateway cut off: does it, or says that it is too late. Never rejects. */
  recover(): Promise<void>;
}

export function createCommandDesk(
  dependencies: CommandDependencies,
  { site: { id: siteId }, commands: { keys, signedOnly } }: CommandConfig,
): RecoveringCommandDesk {
  const { ledger, commandBook, clipOf, clock, isClockSynced, log } = dependencies;
  const { village, tellTime, propose = proposeNothing } = dependencies;
  const roads: CommandRoads = {
    say: (order) => village.say(order),
    silence: (broadcast, by) => village.silence(broadcast, by),
    acknowledge: (alarm, by) => village.acknowledge(alarm, by),
    clear: (alarm, by) => village.clear(alarm, by),
    propose,
    tellTime,
  };
  const faultOfSignature = createSignatureCheck(keys);
  const refusals = createRefusals({ ledger, clock, log });
  /** Those in work by their id: two at the same moment are one. */
  const inWork = new Map<string, { readonly digest: string; readonly accepted: Promise<Accepted> }>();

  function refuse(code: string, message: string): never {
    throw new GatewayError(message, {
      code,
      kind: code === "command.clock_unknown" ? "transient" : "permanent",
    });
  }

  /** @returns who answers for it. */
  function authorise(command: Command, { via, mayOrder }: CommandOrigin): BroadcastSource {
    const fault = faultOfSignature(command);
    if (fault === undefined) return { kind: "township", name: command.key ?? via };
    // A signature that is there has to be right, whoever brings it.
    const isTokened = fault === "command.unsigned" && !signedOnly && mayOrder.has(command.kind);
    if (isTokened) return { kind: "township", name: via };
    if (fault === "command.unsigned" && !signedOnly && mayOrder.size > 0) {
      return refuse("command.denied", `This token may not order ${command.kind} without a signature`);
    }
    return refuse(
      fault,
      {
        "command.unsigned": "The command is not signed",
        "command.unknown_key": "The command is signed with a key that is not in the configuration",
        "command.bad_signature": "The signature does not belong to this command",
      }[fault],
    );
  }

  function checkTimes({ kind, issued, expires }: Command): void {
    const [fromMs, toMs, nowMs] = [Date.parse(issued), Date.parse(expires), clock.now().wallMs];
    if (toMs <= fromMs || toMs - fromMs > LONGEST_MS) {
      refuse("command.bad_expiry", "A command ends after it was issued, and within 7 days");
    }
    if (!isClockSynced()) {
      // Whether anything else is too late nobody here can tell.
      if (kind === "time") return;
      refuse("command.clock_unknown", "The box does not know the time yet: send it again later");
    }
    if (toMs <= nowMs) refuse("command.expired", `The command was good until ${expires}`);
    if (fromMs > nowMs + SKEW_MS) refuse("command.from_future", `The command is of ${issued}`);
  }

  async function act(
    command: Command,
    origin: Pick<CommandOrigin, "via" | "address">,
    by: BroadcastSource,
  ): Promise<CommandState> {
    const { id, kind } = command;
    try {
      const at = clock.now();
      const result = await ACTS[kind](command, { roads, clipOf, by, address: origin.address, at });
      await ledger.append({
        type: "org.cunshao.command.done",
        class: "audit",
        subject: id,
        data: { kind, by, result },
      });
      return { id, kind, status: "done", result };
    } catch (error) {
      // A disk that takes nothing: the command stays open, and the next start ends it.
      if (errorCode(error).startsWith("ledger.")) throw error;
      const reason = errorCode(error);
      const data = { kind, by, reason, detail: errorMessage(error).slice(0, 300) };
      await ledger.append({ type: "org.cunshao.command.failed", class: "audit", subject: id, data });
      return { id, kind, status: "failed", reason };
    }
  }

  async function begin(
    command: Command,
    digest: string,
    origin: CommandOrigin,
    by: BroadcastSource,
  ): Promise<Accepted> {
    const { signature: _signature, ...order } = command;
    const isLong = command.kind === "configuration";
    // On disk before it is done: whatever happens now, it is not done twice under another content.
    await ledger.append({
      type: "org.cunshao.command.accepted",
      class: "audit",
      subject: command.id,
      data: {
        kind: command.kind,
        digest,
        by,
        via: origin.via,
        ...(origin.address !== undefined && { address: origin.address }),
        expires: command.expires,
        // A file of 48 KiB stands in its place, not in the ledger.
        order: isLong ? { ...order, data: {} } : order,
      },
    });
    return { end: act(command, origin, by) };
  }

  async function judge(command: Command, origin: CommandOrigin): Promise<Accepted> {
    if (command.site !== siteId) refuse("command.other_site", `The command is for ${command.site}`);
    const by = authorise(command, origin);
    const digest = digestOf(command);
    const working = inWork.get(command.id);
    if (working) {
      if (working.digest !== digest) refuse("command.id_reused", "Another command has this id");
      return working.accepted;
    }
    const known = await commandBook.find(command.id);
    if (known) {
      if (known.digest !== digest) refuse("command.id_reused", "Another command has this id");
      return { end: Promise.resolve(stateOf(known)) };
    }
    checkTimes(command);
    // Somebody else may have come while the book was asked.
    const meanwhile = inWork.get(command.id);
    if (meanwhile) return judge(command, origin);
    const accepted = begin(command, digest, origin, by);
    inWork.set(command.id, { digest, accepted });
    const forget = (): void => void inWork.delete(command.id);
    accepted.then(({ end }) => end).then(forget, forget);
    return accepted;
  }

  /** @throws GatewayError as `take` does, and `ledger.*` where the command could not be written down. */
  async function accept(raw: unknown, origin: CommandOrigin): Promise<Accepted> {
    const parsed = Command.safeParse(raw);
    try {
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        return refuse("command.invalid", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
      }
      return await judge(parsed.data, origin);
    } catch (error) {
      if (errorCode(error).startsWith("command.")) await refusals.tell(parsed.data, origin, error);
      throw error;
    }
  }

  return {
    take: async (raw, origin) => (await accept(raw, origin)).end,
    async find(id) {
      const known = await commandBook.find(id);
      return known && stateOf(known);
    },
    async commands(upstream, commands) {
      const origin: CommandOrigin = { via: upstream, mayOrder: new Set() };
      if (commands.length > MOST_AT_ONCE) {
        const message = `${commands.length} commands came at once; ${MOST_AT_ONCE} is the most`;
        const tooMany = new GatewayError(message, { code: "command.too_many", kind: "permanent" });
        return refusals.tell(undefined, origin, tooMany);
      }
      const tell = (error: unknown): void =>
        log.warn({ upstream, code: errorCode(error) }, "a command could not be carried out");
      let before: Promise<unknown> | undefined;
      let untaken: unknown;
      for (const command of commands) {
        // In their order: one may undo what another did, or tell the time without which it would be refused.
        await before;
        try {
          before = (await accept(command, origin)).end.catch(tell);
        } catch (error) {
          if (errorCode(error).startsWith("command.")) continue;
          tell(error);
          // Anything else would go wrong the next time, too.
          if (errorCode(error).startsWith("ledger.")) untaken ??= error;
        }
      }
      // Only now: those behind it may fit, and not every road brings them again.
      if (untaken !== undefined) throw untaken;
    },
    time(_upstream, wallMs) {
      if (Number.isFinite(wallMs)) roads.tellTime?.(wallMs, clock.now().monotonicMs);
    },
    async recover() {
      for (const known of await commandBook.open()) {
        try {
          const command = Command.parse(known.order);
          const { by } = known;
          const isLate = known.expiresMs <= clock.now().wallMs;
          // What a file said is not in the ledger, and a time of then is wrong now.
          const isLost = command.kind === "configuration" || command.kind === "time";
          if (!isLate && !isLost) await act(command, { via: "recovered" }, by);
          else {
            const data = {
              kind: command.kind,
              by,
              reason: isLate ? "command.expired" : "command.interrupted",
            };
            await ledger.append({
              type: "org.cunshao.command.failed",
              class: "audit",
              subject: command.id,
              data,
            });
          }
        } catch (error) {
          log.warn({ command: known.id, code: errorCode(error) }, "a command could not be ended");
        }
      }
    },
  };
}

async function proposeNothing(): Promise<never> {
  throw new GatewayError("This gateway takes no configuration from afar", {
    code: "command.no_configuration",
    kind: "permanent",
  });
}

function stateOf({ id, kind, status, reason, result }: CommandState): CommandState {
  return { id, kind, status, ...(reason !== undefined && { reason }), ...(result && { result }) };
}

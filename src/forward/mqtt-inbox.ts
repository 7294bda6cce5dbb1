import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { type Clock, within } from "../core/time.ts";
import { isFailure, readWord } from "./answers.ts";
import type { MqttAccount } from "./mqtt-account.ts";
import type { MqttMessage } from "./mqtt-connection.ts";
import type { MqttTopics } from "./mqtt-topics.ts";

export interface MqttInboxDependencies {
  readonly topics: Pick<MqttTopics, "commands">;
  readonly clock: Clock;
  /** Resolves when they need not come again. */
  readonly onCommands: (commands: readonly unknown[]) => Promise<void>;
  readonly log: Logger;
}

/** What comes down from a broker. */
export interface MqttInbox {
  /**
   * @param account to which a word goes; undefined while the box is not subscribed yet: what waited in the session is of earlier.
   * @returns undefined for what is done with at once; else resolves when the broker may forget the message, at most `timeoutMs` later.
   * @throws GatewayError with the code of what kept a message on the topic of commands from disk, or `time.out`: it has to come again.
   */
  take(message: MqttMessage, account: MqttAccount | undefined): Promise<void> | undefined;
}

export function createMqttInbox(
  { topics, clock, onCommands, log }: MqttInboxDependencies,
  { ledger, timeoutMs }: { readonly ledger: string; readonly timeoutMs: number },
): MqttInbox {
  let isNonsenseTold = false;

  async function handDown(commands: readonly unknown[]): Promise<void> {
    try {
      await within(clock, timeoutMs, "Writing a command down", onCommands(commands));
    } catch (error) {
      log.warn({ code: errorCode(error) }, "a command was not taken");
      throw error;
    }
  }

  return {
    take({ topic, payload }, account) {
      if (topic === topics.commands) {
        const command = parseJson(payload);
        if (command !== undefined) return handDown(Array.isArray(command) ? command : [command]);
        log.warn({ topic }, "a command that is no JSON was dropped");
        return undefined;
      }
      const word = readWord(payload, ledger);
      if (isFailure(word)) {
        log.warn({ topic, code: word.code }, "an acknowledgement was not understood");
        return undefined;
      }
      if (word.batches === "nonsense" && !isNonsenseTold) {
        isNonsenseTold = true;
        log.warn({ topic }, "what an acknowledgement says of batches was ignored");
      }
      account?.add({ ...word, commands: [] });
      // As an answer over HTTP, a word does not come again: whoever ordered them sees in the ledger what became of them.
      return word.commands.length > 0 ? handDown(word.commands).catch(() => undefined) : undefined;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

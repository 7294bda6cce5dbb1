import { GatewayError } from "../../core/errors.ts";
import type { Signal } from "../../core/signals.ts";
import type { Clock } from "../../core/time.ts";
import { expectMessage } from "./expect-message.ts";
import { moduleFault } from "./module-fault.ts";
import type { SerialLink } from "./serial-link.ts";

const ATTEMPTS = 3;

/** Orders and answers of one voice module, alone on its line: call them within `link.exclusive`. */
export interface Conversation<Message> {
  /**
   * Sends `frame` until `read` takes a message, three times at most. A refusal that it returns is thrown if no attempt fares better.
   * @throws GatewayError `serial.timeout`, `serial.port_lost` (transient), or the refusal.
   */
  ask<T>(frame: Buffer, read: (message: Message) => T | GatewayError | undefined): Promise<T>;
  /**
   * Gives `order` until the module says that it is silent.
   * @throws GatewayError `voice.refused` (transient), and whatever the two throw.
   */
  silence(order: () => Promise<unknown>, isPlaying: () => Promise<boolean>): Promise<void>;
}

export function createConversation<Message>(
  {
    link,
    clock,
    messages,
    onSend = () => {},
  }: {
    readonly link: SerialLink;
    readonly clock: Clock;
    readonly messages: Signal<Message>;
    /** Told before each attempt. */
    readonly onSend?: (frame: Buffer) => void;
  },
  profile: { readonly name: string; readonly acknowledgeMs: number },
): Conversation<Message> {
  const fault = (code: string, message: string) => moduleFault(profile, link, code, message);
  return {
    async ask<T>(frame: Buffer, read: (message: Message) => T | GatewayError | undefined): Promise<T> {
      let failure = fault("serial.timeout", "no answer; check its power, TX, RX, ground and serial mode");
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const answer = expectMessage<Message, { readonly said: T | GatewayError } | undefined>(
          { clock, messages },
          profile.acknowledgeMs,
          () => undefined,
          (message) => {
            const said = read(message);
            return said === undefined ? undefined : { said };
          },
        );
        try {
          onSend(frame);
          await link.write(frame);
          const result = await link.whileOpen(answer.outcome);
          if (result && !(result.said instanceof GatewayError)) return result.said;
          if (result?.said instanceof GatewayError) failure = result.said;
        } finally {
          answer.cancel();
        }
      }
      throw failure;
    },
    async silence(order, isPlaying) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        await order();
        if (!(await isPlaying())) return;
      }
      throw fault("voice.refused", "it goes on although it was told to stop");
    },
  };
}

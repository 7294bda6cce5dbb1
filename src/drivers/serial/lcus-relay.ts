import type { Relay } from "../../core/devices.ts";
import { errorCode, errorMessage } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { createLcusDecoder, encodeLcus } from "./lcus-codec.ts";
import type { SerialLink } from "./serial-link.ts";

/**
 * One channel of an LCUS board. Most boards never answer, so an order is known to have left the box and no more.
 * Whenever the port opens, the last order that went out is given again (off, if none did): the board may have lost
 * its power, or kept a state that nobody could take back. An order that failed is as good as off.
 */
export function createLcusRelay(dependencies: { link: SerialLink; log: Logger }, channel: number): Relay {
  const { link } = dependencies;
  const log = dependencies.log.child({ bus: link.bus, channel });
  let wanted = false;
  let newestOrder = 0;
  let reported: boolean | "unknown" = "unknown";
  let decode = createLcusDecoder();

  function order(on: boolean): Promise<void> {
    return link.exclusive(() => {
      reported = "unknown";
      return link.write(encodeLcus({ channel, on }));
    });
  }

  const stopListening = [
    link.onBytes((bytes) => {
      for (const frame of decode(bytes)) if (frame.channel === channel) reported = frame.on;
    }),
    link.onStateChange((state) => {
      reported = "unknown";
      if (state !== "open") return;
      decode = createLcusDecoder();
      restore();
    }),
  ];

  function restore(): void {
    order(wanted).catch((error) =>
      log.warn({ code: errorCode(error), reason: errorMessage(error) }, "relay not restored"),
    );
  }

  if (link.state === "open") restore();

  return {
    async switch(on) {
      const number = ++newestOrder;
      wanted = false;
      await order(on);
      // A later order that failed while this one was on its way counts as off.
      if (number === newestOrder) wanted = on;
    },
    readBack: async () => reported,
    async close() {
      for (const stop of stopListening) stop();
      try {
        await order(false);
      } catch (error) {
        log.warn({ code: errorCode(error), reason: errorMessage(error) }, "relay not switched off at close");
      }
    },
  };
}

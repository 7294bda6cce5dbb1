import type { Relay } from "../../core/devices.ts";
import { errorCode, errorMessage } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { SerialLink } from "./serial-link.ts";

/** What a device does with the orders of a relay. */
export interface SwitchedDevice {
  /** Has the line to itself while it runs. */
  order(on: boolean): Promise<void>;
  readBack: Relay["readBack"];
  /** Of one that can tell more than its power. */
  isSounding?: Relay["isSounding"];
  /** The port opened: what was half received is void. */
  opened(): void;
  /** Stops listening. */
  release(): void;
}

/**
 * A relay on a serial line. Whenever the port opens, the last order that went out is given again (off, if none did): the
 * device may have lost its power, or kept a state that nobody could take back. An order that failed is as good as off.
 */
export function createSerialRelay(
  { link, log }: { readonly link: SerialLink; readonly log: Logger },
  device: SwitchedDevice,
): Relay {
  let wanted = false;
  let newestOrder = 0;

  const order = (on: boolean): Promise<void> => link.exclusive(() => device.order(on));

  function restore(): void {
    order(wanted).catch((error) =>
      log.warn({ code: errorCode(error), reason: errorMessage(error) }, "relay not restored"),
    );
  }

  const stopWatching = link.onStateChange((state) => {
    if (state !== "open") return;
    device.opened();
    restore();
  });
  if (link.state === "open") restore();

  return {
    async switch(on) {
      const number = ++newestOrder;
      wanted = false;
      await order(on);
      // A later order that failed while this one was on its way counts as off.
      if (number === newestOrder) wanted = on;
    },
    readBack: () => device.readBack(),
    ...(device.isSounding && { isSounding: device.isSounding }),
    async close() {
      stopWatching();
      try {
        await order(false);
      } catch (error) {
        log.warn({ code: errorCode(error), reason: errorMessage(error) }, "relay not switched off at close");
      }
      device.release();
    },
  };
}

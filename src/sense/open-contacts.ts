import type { Gpio } from "../core/devices.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { ContactInput } from "../core/site.ts";
import type { Clock } from "../core/time.ts";
import { type ContactWatch, createContactWatch } from "./contact-watch.ts";

/** Opens every input; one that cannot be opened is logged and left out, the others work. */
export async function openContacts(
  dependencies: { readonly gpio: Gpio; readonly clock: Clock; readonly log: Logger },
  inputs: readonly ContactInput[],
): Promise<ContactWatch[]> {
  const { gpio, log } = dependencies;
  const watches: ContactWatch[] = [];
  for (const input of inputs) {
    try {
      watches.push(createContactWatch(dependencies, input, await gpio.openContact(input.gpio)));
    } catch (error) {
      log.error(
        { input: input.id, code: errorCode(error), error: String(error) },
        "an input could not be opened",
      );
    }
  }
  return watches;
}

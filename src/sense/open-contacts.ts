import type { Gpio } from "../core/devices.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { ContactObservation } from "../core/observation.ts";
import { createSignal } from "../core/signals.ts";
import type { ContactInput } from "../core/site.ts";
import type { Clock } from "../core/time.ts";
import { type ContactWatch, createContactWatch } from "./contact-watch.ts";

/** Opens every input. One that cannot be opened is logged and stays unknown and degraded; the others work. */
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
      watches.push(missingContact(input, errorCode(error)));
    }
  }
  return watches;
}

function missingContact(input: ContactInput, reason: string): ContactWatch {
  const name = `input ${input.id}`;
  return {
    name,
    input,
    observations: createSignal<ContactObservation>(),
    latest: () => undefined,
    health: () => ({ name, status: "degraded", reason }),
    async start() {},
    async stop() {},
  };
}

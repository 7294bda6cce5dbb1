import type { Contact } from "../core/devices.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { ContactObservation } from "../core/observation.ts";
import type { Part } from "../core/part.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { ContactInput } from "../core/site.ts";
import type { Clock, Timer } from "../core/time.ts";

/** Mechanical contacts bounce for some milliseconds; what lasts this long is meant. */
const DEBOUNCE_MS = 50;

export interface ContactWatch extends Part {
  readonly input: ContactInput;
  readonly observations: Signal<ContactObservation>;
  /** The last steady state; absent before the first read. */
  latest(): ContactObservation | undefined;
}

/** Watches one dry contact and reports its steady states, the first one included. */
export function createContactWatch(
  dependencies: { readonly clock: Clock; readonly log: Logger },
  input: ContactInput,
  contact: Contact,
): ContactWatch {
  const { clock } = dependencies;
  const log = dependencies.log.child({ input: input.id });
  const observations = createSignal<ContactObservation>();
  let latest: ContactObservation | undefined;
  let settling: Timer | undefined;
  let unwatch: (() => void) | undefined;

  function report(closed: boolean): void {
    if (latest?.closed === closed) return;
    latest = { kind: "contact", input: input.id, closed, at: clock.now() };
    observations.emit(latest);
  }

  return {
    name: `input ${input.id}`,
    input,
    observations,
    latest: () => latest,
    async start() {
      unwatch = contact.watch(
        (closed) => {
          settling?.cancel();
          settling = clock.after(DEBOUNCE_MS, () => report(closed));
        },
        (error) => log.error({ code: errorCode(error), error: String(error) }, "the input cannot be watched"),
      );
      report(await contact.read());
    },
    async stop() {
      settling?.cancel();
      unwatch?.();
      await contact.close();
    },
  };
}

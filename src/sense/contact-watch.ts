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
/** An input that cannot be read is tried again this often. */
const RETRY_MS = 5000;

export interface ContactWatch extends Part {
  readonly input: ContactInput;
  readonly observations: Signal<ContactObservation>;
  /** The last steady state; absent before the first read, and while it cannot be read: what it was says nothing of now. */
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
  let retry: Timer | undefined;
  let unwatch: (() => void) | undefined;
  let stopped = false;
  let fault: string | undefined;

  function report(closed: boolean): void {
    if (stopped || latest?.closed === closed) return;
    latest = { kind: "contact", input: input.id, closed, at: clock.now() };
    observations.emit(latest);
  }

  function fail(error: unknown): void {
    if (stopped) return;
    if (!fault) log.error({ code: errorCode(error), error: String(error) }, "the input cannot be read");
    fault = errorCode(error);
    retry?.cancel();
    retry = clock.after(RETRY_MS, () => void readNow());
  }

  async function readNow(): Promise<void> {
    let closed: boolean;
    try {
      closed = await contact.read();
    } catch (error) {
      fail(error);
      return;
    }
    if (fault) log.info({}, "the input can be read again");
    fault = undefined;
    // A change seen meanwhile is newer than this look.
    if (!settling) report(closed);
  }

  return {
    name: `input ${input.id}`,
    input,
    observations,
    latest: () => (fault ? undefined : latest),
    health() {
      const name = `input ${input.id}`;
      if (fault) return { name, status: "degraded", reason: fault };
      return { name, status: latest ? "ok" : "starting" };
    },
    async start() {
      stopped = false;
      unwatch = contact.watch((closed) => {
        settling?.cancel();
        settling = clock.after(DEBOUNCE_MS, () => {
          settling = undefined;
          report(closed);
        });
      }, fail);
      await readNow();
    },
    async stop() {
      stopped = true;
      settling?.cancel();
      retry?.cancel();
      unwatch?.();
      await contact.close();
    },
  };
}

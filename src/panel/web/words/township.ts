import type { UpstreamState } from "../../../core/delivery.ts";
import { type Phrase, phrase } from "./phrase.ts";
import type { Times } from "./times.ts";

/** What the header says of one upstream. `name` is how the village calls it. */
export function townshipPhrase(upstream: UpstreamState, name: string, times: Times): Phrase {
  const { status, lastHeardAt, waitingEvents, waitingAlarms } = upstream;
  switch (status) {
    case "connecting":
      return phrase("township.connecting", { name });
    case "refused":
      return phrase("township.refused", { name, count: waitingEvents });
    case "unreachable":
      if (waitingEvents === 0) return phrase("township.unreachable", { name });
      if (waitingAlarms === 0) return phrase("township.waiting", { name, count: waitingEvents });
      return phrase("township.waitingAlarms", { name, count: waitingEvents, alarms: waitingAlarms });
    case "connected": {
      if (lastHeardAt === undefined) return phrase("township.never", { name });
      const time = times.clock(lastHeardAt);
      if (waitingEvents === 0) return phrase("township.received", { name, time });
      return phrase("township.sending", { name, time, count: waitingEvents });
    }
  }
}

/** What is true of one upstream, whole: when it was last heard, what waits for it, and about how long that takes. */
export function townshipDetails(
  upstream: UpstreamState,
  times: Times,
  day: (iso: string) => string,
): readonly Phrase[] {
  const { lastHeardAt, waitingEvents, waitingAlarms, deadLetters = 0 } = upstream;
  const heard =
    lastHeardAt === undefined
      ? phrase("township.neverHeard")
      : phrase("township.heard", { day: day(lastHeardAt), time: times.clock(lastHeardAt) });
  const waits =
    waitingEvents === 0
      ? phrase("township.nothingWaits")
      : phrase("township.waits", { count: waitingEvents, alarms: waitingAlarms });
  const soon = minutesPhrase(upstream);
  return [
    heard,
    waits,
    ...(soon ? [soon] : []),
    ...(deadLetters > 0 ? [phrase("township.dead", { count: deadLetters })] : []),
  ];
}

/** Undefined where nothing waits or nobody knows. */
export function minutesPhrase({ status, waitingEvents, secondsToSend }: UpstreamState): Phrase | undefined {
  if (waitingEvents === 0 || secondsToSend === undefined) return undefined;
  if (secondsToSend <= 60) return phrase("township.soon");
  const minutes = Math.ceil(secondsToSend / 60);
  return phrase(status === "connected" ? "township.minutes" : "township.minutesOnce", { minutes });
}

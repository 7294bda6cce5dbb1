import type { UpstreamState } from "../../../core/delivery.ts";
import type { VillageState } from "../../../core/village.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { lasting, type Times } from "./times.ts";

/** A shorter outage is everyday, and over before anybody could look after it. */
const OUTAGE_MS = 120_000;

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

/** Upstreams that have been without what waits for them for so long that the village is not well. */
export function cutOffPhrases(
  { upstreams, now }: Pick<VillageState, "upstreams" | "now">,
  say: (phrase: Phrase) => string,
): readonly Phrase[] {
  return upstreams
    .filter(({ status }) => status === "unreachable" || status === "refused")
    .filter(({ waitingEvents }) => waitingEvents > 0)
    .filter(({ since }) => Date.parse(now) - Date.parse(since) >= OUTAGE_MS)
    .map(({ id, status, since, lastHeardAt = since, waitingEvents: count, waitingAlarms: alarms }) => {
      const name = upstreams.length > 1 ? id : say(phrase("township.name"));
      // Of a restart during the outage `since` knows nothing.
      const [from = since] = [lastHeardAt, since].sort();
      const time = say(lasting(from, now));
      const key = status === "refused" ? "overall.notTaken" : "overall.cutOff";
      return alarms > 0
        ? phrase(`${key}Alarms`, { name, time, count, alarms })
        : phrase(key, { name, time, count });
    });
}

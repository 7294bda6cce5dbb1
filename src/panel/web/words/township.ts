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

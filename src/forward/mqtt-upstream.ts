import { redactUrl } from "../core/log.ts";
import type { MqttUpstreamWiring } from "../core/upstream-wiring.ts";
import { createMqttCarrier } from "./mqtt-carrier.ts";
import {
  createUpstream,
  type RunningUpstream,
  type UpstreamDependencies,
  type UpstreamTiming,
} from "./upstream.ts";

/** Each is written in one go, and nothing else happens meanwhile: few, for whoever is about to be heard. */
const BATCH = { events: 100, bytes: 1_048_576 };

const DEFAULT_TIMING: UpstreamTiming = {
  timeoutMs: 15_000,
  probeMs: 30_000,
  // All boxes of a county lose a broker in the same instant: the whole wait is random.
  retry: { firstMs: 2000, capMs: 20_000, jitter: 1 },
  refusedRetry: { firstMs: 60_000, capMs: 600_000 },
  retryAfterCapMs: 300_000,
};

export interface MqttUpstreamOptions extends UpstreamDependencies, Omit<MqttUpstreamWiring, "kind"> {
  readonly siteId: string;
  readonly version: string;
  readonly timing?: Partial<UpstreamTiming> | undefined;
}

/** Files do not go by MQTT: whoever keeps the events fetches them from the box. */
export function createMqttUpstream(options: MqttUpstreamOptions): RunningUpstream {
  const { id, url, ledger, downlink, clock } = options;
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const log = options.log.child({ upstream: id, url: redactUrl(url) });
  return createUpstream({ ...options, log }, { id, kind: "mqtt", timing, batch: BATCH }, () => ({
    carrier: createMqttCarrier(
      {
        clock,
        head: () => ledger.head,
        onCommands: async (commands) => downlink?.commands(id, commands),
        log,
      },
      {
        ...options,
        ledger: ledger.id,
        timeoutMs: timing.timeoutMs,
        comesAgainMs: timing.refusedRetry.firstMs,
      },
    ),
    close: async () => undefined,
  }));
}

import type { DeadLetters, UpstreamDesk } from "../core/delivery.ts";
import { GatewayError } from "../core/errors.ts";
import { createSignal } from "../core/signals.ts";
import type { Upstream } from "../core/upstream-wiring.ts";
import { createHttpUpstream } from "./http-upstream.ts";
import { createMqttUpstream } from "./mqtt-upstream.ts";
import type { RunningUpstream, UpstreamDependencies, UpstreamTiming } from "./upstream.ts";

export interface Upstreams extends UpstreamDesk {
  readonly parts: readonly RunningUpstream[];
  /** Calls after something in `states()` changed. */
  onChange(listener: () => void): void;
}

export interface UpstreamsConfig {
  readonly siteId: string;
  readonly version: string;
  readonly upstreams: readonly Upstream[];
  readonly timing?: Partial<UpstreamTiming> | undefined;
}

/** Everything that gets the village's events. @throws GatewayError `upstream.bad_signing_secret` (permanent). */
export function createUpstreams(
  dependencies: UpstreamDependencies & { readonly deadLetters: DeadLetters },
  { siteId, version, upstreams, timing }: UpstreamsConfig,
): Upstreams {
  const { deadLetters } = dependencies;
  const changed = createSignal<void>();
  const parts = upstreams.map((upstream) =>
    upstream.kind === "http"
      ? createHttpUpstream({ ...upstream, ...dependencies, timing })
      : createMqttUpstream({ ...upstream, ...dependencies, timing, siteId, version }),
  );
  for (const part of parts) part.onChange(changed.emit);

  return {
    parts,
    onChange: (listener) => void changed.on(listener),
    states: () => parts.map((part) => part.state()),
    deadLetters: deadLetters.list,
    async retry(upstream, seq) {
      const eventClass = await deadLetters.takeBack(upstream, seq);
      if (eventClass === undefined) {
        throw new GatewayError(`Upstream ${upstream} has no dead letter ${seq}`, {
          code: "dead_letter.unknown",
          kind: "permanent",
        });
      }
      parts[upstreams.findIndex(({ id }) => id === upstream)]?.resend(eventClass, seq);
    },
  };
}

/** Those that get files: none of them goes before they have it. */
export function takersOfFiles(upstreams: readonly Upstream[]): string[] {
  return upstreams.flatMap(({ id, kind }) => (kind === "http" ? [id] : []));
}

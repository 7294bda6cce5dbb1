import type { Login } from "./site.ts";

/** PEM files for a TLS connection to an upstream. */
export interface UpstreamTls {
  /** Who vouches for the upstream, instead of the system's authorities. */
  readonly authority?: string | undefined;
  /** Who we are, for an upstream that asks. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

export interface HttpUpstreamWiring {
  readonly id: string;
  readonly kind: "http";
  readonly url: string;
  readonly token: string;
  /** Secrets of the Standard Webhooks (`whsec_…`, `whsk_…`); each signs every batch. */
  readonly signing?: readonly string[] | undefined;
  readonly tls?: UpstreamTls | undefined;
  /** What files may take of the line on average; absent: all that events leave. */
  readonly evidenceKbitPerSecond?: number | undefined;
}

export interface MqttUpstreamWiring {
  readonly id: string;
  readonly kind: "mqtt";
  /** `mqtt://` or `mqtts://`. */
  readonly url: string;
  readonly login?: Login | undefined;
  /** First part of every topic. */
  readonly topic: string;
  /** Whose word counts: that of whoever keeps the events, on the reply topic, or the broker's alone. */
  readonly acknowledge: "ledger" | "puback";
  readonly tls?: UpstreamTls | undefined;
}

export type Upstream = HttpUpstreamWiring | MqttUpstreamWiring;

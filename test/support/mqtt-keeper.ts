import { connect, type MqttClient } from "mqtt";
import type { LedgerEvent } from "../../src/core/event.ts";

export interface KeeperOptions {
  readonly url: string;
  readonly site: string;
  readonly topic?: string;
  /** Says what it has; without, it only listens. */
  readonly acknowledges?: boolean;
  readonly clientId?: string;
  /** PEM of the authority that vouches for a broker with TLS. */
  readonly ca?: string;
}

/** Whoever keeps a village's events behind a broker: counts without gaps, and says what it has. */
export interface MqttKeeper {
  /** Each event once, by seq. */
  readonly events: Map<number, LedgerEvent>;
  /** In the order of arrival, with repetitions. */
  readonly arrivals: {
    readonly seq: number;
    readonly topic: string;
    readonly contentType: string | undefined;
  }[];
  readonly client: MqttClient;
  retained(): string | undefined;
  /** Stops to acknowledge, or begins again. */
  setAcknowledging(acknowledges: boolean): void;
  close(): Promise<void>;
}

const GATHER_MS = 20;

export async function startMqttKeeper({
  url,
  site,
  topic = "cunshao",
  acknowledges = true,
  clientId = "keeper",
  ca,
}: KeeperOptions): Promise<MqttKeeper> {
  const base = `${topic}/${site}`;
  const events = new Map<number, LedgerEvent>();
  const arrivals: { seq: number; topic: string; contentType: string | undefined }[] = [];
  let ledger = "";
  let stored = 0;
  const fresh = new Set<number>();
  let speaking: NodeJS.Timeout | undefined;
  let status: string | undefined;
  let isAcknowledging = acknowledges;

  const client = connect(url, {
    protocolVersion: 5,
    clientId,
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
    reconnectPeriod: 100,
    ...(ca !== undefined && { ca }),
  });
  client.on("error", () => undefined);

  function speak(): void {
    speaking = undefined;
    if (!isAcknowledging || ledger === "" || !client.connected) return;
    while (events.has(stored + 1)) stored += 1;
    // Of what came since the last word, also a second time: the one before may have been lost.
    const held = [...fresh].filter((seq) => seq > stored);
    fresh.clear();
    client.publish(
      `${base}/acknowledged`,
      JSON.stringify({ ledger, stored, held: held.map((seq) => [seq, seq]) }),
      { qos: 1 },
    );
  }

  client.on("message", (at, payload, packet) => {
    if (at === `${base}/status`) {
      status = payload.toString();
      return;
    }
    const said = JSON.parse(payload.toString());
    ledger = said.ledger;
    if (at !== `${base}/question`) {
      const event = said as LedgerEvent;
      arrivals.push({ seq: event.seq, topic: at, contentType: packet.properties?.contentType });
      events.set(event.seq, event);
      fresh.add(event.seq);
    }
    speaking ??= setTimeout(speak, GATHER_MS);
  });
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  await client.subscribeAsync([`${base}/events/+`, `${base}/question`, `${base}/status`], { qos: 1 });

  return {
    events,
    arrivals,
    client,
    retained: () => status,
    setAcknowledging(next) {
      isAcknowledging = next;
    },
    async close() {
      clearTimeout(speaking);
      await client.endAsync(true);
    },
  };
}

import { connect, type MqttClient } from "mqtt";
import type { LedgerEvent } from "../../src/core/event.ts";

export interface KeeperOptions {
  readonly url: string;
  readonly site: string;
  readonly topic?: string;
  /** Says what it has; without, it only listens. */
  readonly acknowledges?: boolean;
  readonly clientId?: string;
  /** What each word says of batches: `accepts` and `batch`. */
  readonly offer?: Record<string, unknown>;
  /** MQTT 5, 3.1.2.11.4: the broker drops what is larger. */
  readonly maximumPacketSize?: number;
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
  /** How many messages brought them. */
  messages(): number;
  /** What it says of batches from now on. */
  setOffer(offer: Record<string, unknown>): void;
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
  offer: firstOffer = {},
  maximumPacketSize,
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
  let offer = firstOffer;
  let messages = 0;

  const client = connect(url, {
    protocolVersion: 5,
    clientId,
    clean: false,
    properties: {
      sessionExpiryInterval: 3600,
      ...(maximumPacketSize !== undefined && { maximumPacketSize }),
    },
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
      JSON.stringify({ ledger, stored, held: held.map((seq) => [seq, seq]), ...offer }),
      { qos: 1 },
    );
  }

  client.on("message", (at, payload, packet) => {
    if (at === `${base}/status`) {
      status = payload.toString();
      return;
    }
    const said = JSON.parse(payload.toString());
    const all = Array.isArray(said) ? said : [said];
    ledger = all[0].ledger;
    if (at !== `${base}/question`) messages += 1;
    for (const event of at === `${base}/question` ? [] : (all as LedgerEvent[])) {
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
    messages: () => messages,
    setOffer(next) {
      offer = next;
    },
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

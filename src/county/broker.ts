import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import { createSignal } from "../core/signals.ts";
import type { CountyMessage } from "./delivery.ts";

/** A reader that hangs has its share for one and a half times as long. */
const KEEP_ALIVE_SECONDS = 15;
/** MQTT 5, 3.1.2.11.4: the broker throws away what is larger. A box makes nothing above 64 KiB but a single large event. */
const MOST_PACKET_BYTES = 1024 * 1024;
const RECONNECT_MS = 1000;
const CONNECT_MS = 10_000;

export interface CountyBrokerConfig {
  /** Nodes of one cluster; the next one is tried where one is lost. */
  readonly urls: readonly string[];
  readonly topic: string;
  /** Readers of one group share the events between them. */
  readonly group: string;
  /** Of this reader alone. */
  readonly clientId: string;
  readonly login?: { readonly username: string; readonly password: string } | undefined;
  /** PEM. */
  readonly tls: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
  };
}

/** One reader's place at the brokers of a county. */
export interface CountyBroker extends Part {
  onMessage(listener: (message: CountyMessage) => void): () => void;
  /** With QoS 1; a word that is lost is said again to the next question. */
  publish(topic: string, payload: string): void;
  isConnected(): boolean;
}

export function createCountyBroker(
  { log }: { readonly log: Logger },
  config: CountyBrokerConfig,
): CountyBroker {
  const messages = createSignal<CountyMessage>();
  const { topic, group } = config;
  let client: MqttClient | undefined;

  function subscribe(to: MqttClient): void {
    // Each box's events and questions go to one reader of the group. How boxes are is retained, and a shared subscription is given nothing
    // that was retained (MQTT 5, 4.8.2): every reader hears it.
    const filters = [
      `$share/${group}/${topic}/+/events/+`,
      `$share/${group}/${topic}/+/question`,
      `${topic}/+/status`,
    ];
    to.subscribe(filters, { qos: 1 }, (error, granted) => {
      const refused = granted?.filter(({ qos }) => Number(qos) >= 128).map((each) => each.topic) ?? [];
      if (error) log.error({ error, refused }, "the broker gives no subscription");
    });
  }

  return {
    name: "county-broker",
    onMessage: messages.on,
    publish: (to, payload) =>
      void client?.publish(to, payload, { qos: 1, properties: { contentType: "application/json" } }),
    isConnected: () => client?.connected ?? false,
    async start() {
      const opened = connect(optionsOf(config));
      client = opened;
      opened.on("connect", () => {
        log.info({}, "the broker is there");
        subscribe(opened);
      });
      opened.on("close", () => log.warn({}, "the broker is not there"));
      opened.on("error", (error) =>
        log.warn({ error: error.message }, "the broker refuses or is not reached"),
      );
      opened.on("message", (at, payload, { retain, properties }) => {
        const said = properties?.userProperties?.["absent"];
        messages.emit({
          topic: at,
          payload,
          contentType: properties?.contentType,
          absent: Array.isArray(said) ? said.join(",") : said,
          isRetained: retain,
        });
      });
    },
    async stop() {
      // What was not sent yet is asked for again.
      await client?.endAsync(true);
    },
  };
}

function optionsOf({ urls, clientId, login, tls }: CountyBrokerConfig): IClientOptions {
  const [first = ""] = urls;
  return {
    protocol: new URL(first).protocol === "mqtts:" ? "mqtts" : "mqtt",
    servers: urls.map((url) => {
      const { hostname, port, protocol } = new URL(url);
      const isTls = protocol === "mqtts:";
      return {
        host: hostname.replace(/^\[|\]$/g, ""),
        port: Number(port) || (isTls ? 8883 : 1883),
        protocol: isTls ? "mqtts" : "mqtt",
      };
    }),
    protocolVersion: 5,
    clientId,
    // A session that outlasts its reader would go on to get a share of the events, which nobody reads.
    clean: true,
    keepalive: KEEP_ALIVE_SECONDS,
    properties: { sessionExpiryInterval: 0, maximumPacketSize: MOST_PACKET_BYTES },
    ...login,
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && tls.key !== undefined && { cert: tls.cert, key: tls.key }),
    reconnectPeriod: RECONNECT_MS,
    connectTimeout: CONNECT_MS,
    // Done anew with each connection, so that what was retained comes again, too.
    resubscribe: false,
  };
}

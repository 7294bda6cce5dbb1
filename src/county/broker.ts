import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { type IClientOptions, MqttClient } from "mqtt";
import { certificateFault } from "../core/certificate-faults.ts";
import type { BrokerFault } from "../core/county.ts";
import { errorCode } from "../core/errors.ts";
import { type Logger, redactUrl } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import { createSignal } from "../core/signals.ts";
import type { CountyMessage } from "./delivery.ts";

/** A reader that hangs has its share for one and a half times as long. */
const KEEP_ALIVE_SECONDS = 15;
/** MQTT 5, 3.1.2.11.4: the broker throws away what is larger. A box makes nothing above 64 KiB but a single large event. */
const MOST_PACKET_BYTES = 1024 * 1024;
const RECONNECT_MS = 1000;
const CONNECT_MS = 10_000;

const FAULTS: Readonly<Record<BrokerFault, string>> = {
  certificate:
    "no broker: a certificate is not taken; look at brokers.tls here and at the broker's own certificate",
  refused: "no broker: it does not let this reader in; look at brokers.login, and at its log",
  unreachable: "no broker: it is not reached",
};

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
  /** Why it is not connected; undefined while it is, and before the first attempt came to an end. */
  fault(): BrokerFault | undefined;
}

export function createCountyBroker(
  { log }: { readonly log: Logger },
  config: CountyBrokerConfig,
): CountyBroker {
  const messages = createSignal<CountyMessage>();
  const { topic, group, urls, tls } = config;
  let client: MqttClient | undefined;
  let attempts = 0;
  let url = "";
  let fault: BrokerFault | undefined;
  let hasError = false;
  const told = new Set<string>();

  function dialNext(): Socket {
    url = urls[attempts % urls.length] ?? "";
    attempts += 1;
    hasError = false;
    return dial(url, tls);
  }

  /** Once for each broker and fault until one is there: it is tried every second. */
  function tell(why: BrokerFault, error?: Error): void {
    fault = why;
    const broker = redactUrl(url);
    if (told.has(`${broker} ${why}`)) return;
    told.add(`${broker} ${why}`);
    log.warn({ broker, code: errorCode(error), error: error?.message }, FAULTS[why]);
  }

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
    fault: () => fault,
    async start() {
      const opened = new MqttClient(dialNext, optionsOf(config));
      opened.on("connect", () => {
        fault = undefined;
        told.clear();
        log.info({ broker: redactUrl(url) }, "the broker is there");
        subscribe(opened);
      });
      client = opened;
      opened.on("error", (error) => {
        hasError = true;
        tell(faultOf(error), error);
      });
      opened.on("close", () => {
        if (!hasError && !opened.disconnecting) tell("unreachable");
      });
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

/** The package goes round several brokers by itself, and holds the certificate of each against the name of the first. */
function dial(url: string, tls: CountyBrokerConfig["tls"]): Socket {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isTls = protocol === "mqtts:";
  const to = { host, port: Number(port) || (isTls ? 8883 : 1883) };
  const socket = isTls
    ? tlsConnect({ ...to, ...tls, ...(isIP(host) === 0 && { servername: host }) })
    : tcpConnect(to);
  // A short word would wait for the broker's delayed ACK of the one before.
  return socket.setNoDelay(true);
}

function faultOf(error: Error): BrokerFault {
  // The package's errors carry the broker's reason code as a number.
  if ("code" in error && typeof error.code === "number") return "refused";
  return certificateFault(errorCode(error)) ? "certificate" : "unreachable";
}

function optionsOf({ clientId, login }: CountyBrokerConfig): IClientOptions {
  return {
    protocolVersion: 5,
    clientId,
    // A session that outlasts its reader would go on to get a share of the events, which nobody reads.
    clean: true,
    keepalive: KEEP_ALIVE_SECONDS,
    properties: { sessionExpiryInterval: 0, maximumPacketSize: MOST_PACKET_BYTES },
    ...login,
    reconnectPeriod: RECONNECT_MS,
    // Also after a refusal: a broker that starts, or whose list of users is away, refuses everybody.
    reconnectOnConnackError: true,
    connectTimeout: CONNECT_MS,
    // Done anew with each connection, so that what was retained comes again, too.
    resubscribe: false,
  };
}

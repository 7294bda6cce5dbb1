import { createRequire } from "node:module";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { Clock, Timer } from "../core/time.ts";
import type { Failure } from "./answers.ts";
import { failure } from "./answers.ts";
import { faultOf, faultOfReason, PACKET_TOO_LARGE } from "./mqtt-faults.ts";
import { type MqttConnection, manageWindow } from "./mqtt-window.ts";
import type { TlsMaterial } from "./tls-files.ts";

const KEEP_ALIVE_SECONDS = 30;
/** What a broker keeps for us while the line is cut: commands and acknowledgements, never events. */
const SESSION_SECONDS = 604_800;
/** Of a word or a command: far above what either has, and little for a box. */
const LARGEST_TAKEN_BYTES = 1_048_576;
/** MQTT 5, 3.2.2.3.3 and 3.2.2.3.6: what holds where the broker says nothing. */
const LARGEST = { receiveMaximum: 65_535, packetBytes: 268_435_460 };
/** What the package's parser takes as the reason of a PUBACK, each with its name; it stops at any other. No types come with it. */
const { MQTT5_PUBACK_PUBREC_CODES: PUBACK_REASONS } = createRequire(import.meta.url)(
  "mqtt-packet/constants.js",
) as { readonly MQTT5_PUBACK_PUBREC_CODES: Record<number, string> };

export interface MqttConnectionConfig {
  readonly url: string;
  readonly clientId: string;
  readonly login?: { readonly username: string; readonly password: string } | undefined;
  readonly tls: TlsMaterial;
  /** For connecting, for a subscription, and for the next PUBACK while any is due. */
  readonly timeoutMs: number;
  /** By topic. What a broker brings with QoS 0 waits for no PUBACK of anything else, and does not come again. */
  readonly subscribe: Readonly<Record<string, { readonly qos: 0 | 1 }>>;
  /**
   * Given each message in its order, from CONNACK on: what waited in the session comes before the answer to a subscription. The broker has
   * its PUBACK, and the next message comes, once it is settled. One of QoS 1 that was rejected has none, and comes again on the next connection:
   * this one ends `comesAgainMs` later.
   */
  readonly take: (message: MqttMessage) => Promise<void> | undefined;
  readonly comesAgainMs: number;
  readonly will: { readonly topic: string; readonly payload: string; readonly delaySeconds: number };
}

export interface MqttMessage {
  readonly topic: string;
  readonly payload: string;
}

/** Never rejects. */
export async function openMqttConnection(
  { clock }: { readonly clock: Clock },
  config: MqttConnectionConfig,
  signal: AbortSignal,
): Promise<MqttConnection | Failure> {
  let client: MqttClient;
  // Mosquitto says so in the PUBACK of what is above its `message_size_limit`, where MQTT 5 (3.4.2.1) does not list it.
  PUBACK_REASONS[PACKET_TOO_LARGE] = "Packet too large";
  try {
    client = connect(config.url, optionsOf(config));
  } catch (error) {
    return faultOf(error);
  }
  let fault: Failure | undefined;
  const isHolding = handDown(client, clock, config);
  const endFor = (why: Failure): void => {
    fault ??= why;
    client.end(true);
  };
  // Before anything else: an error without a listener ends the process. The package stops reading after what it does not understand, and
  // would leave the connection open.
  client.on("error", (error) => {
    const why = faultOf(error);
    // Once it is connected, the package says so of what the broker sent: nothing of ours was too large.
    endFor(client.connected && why.code === "upstream.too_large" ? failure("upstream.bad_answer") : why);
  });
  onTooLarge(client, () => endFor(failure("upstream.bad_answer")));
  client.on("disconnect", ({ reasonCode = 0 }) => {
    fault ??= faultOfReason(reasonCode);
  });
  const limits = await connected(client, clock, config.timeoutMs, signal);
  if (!limits) {
    client.end(true);
    return fault ?? failure(signal.aborted ? "upstream.network" : "upstream.unreachable");
  }
  const connection = manageWindow(
    client,
    clock,
    { ...limits, timeoutMs: config.timeoutMs, isHolding, endFor },
    () => fault,
  );
  const answer = await subscribed(client, connection, { clock, ...config }, signal);
  if (answer === "granted") return connection;
  if (answer) fault ??= answer;
  await connection.end(false);
  return fault ?? failure("upstream.network");
}

/** The package looks at the size of a packet once it has all of it, of the 256 MiB that MQTT allows, too. */
function onTooLarge(client: MqttClient, end: () => void): void {
  /** Of what came since the last whole packet. */
  let bytes = 0;
  client.on("packetreceive", () => {
    bytes = 0;
  });
  // Before the package reads it: the piece that ends a packet may begin the next one.
  client.stream.prependListener("data", (piece: Buffer) => {
    if (bytes > LARGEST_TAKEN_BYTES) end();
    bytes += piece.length;
  });
}

/**
 * Hands down what comes, and lets the broker know what is settled.
 * @returns whether something is being settled: nothing else that the broker says is read meanwhile.
 */
function handDown(
  client: MqttClient,
  clock: Clock,
  { take, comesAgainMs }: Pick<MqttConnectionConfig, "take" | "comesAgainMs">,
): () => boolean {
  let isHolding = false;
  let again: Timer | undefined;
  client.handleMessage = ({ topic, payload, qos }, done) => {
    const settling = take({ topic, payload: payload.toString() });
    if (!settling) {
      done();
      return;
    }
    isHolding = true;
    const goOn = (error?: Error): void => {
      isHolding = false;
      // The package would go on with what else came, and has let go of all it needs for that.
      if (client.connected && !client.disconnecting) done(error);
    };
    settling.then(
      () => goOn(),
      (error) => {
        // Not at once: the events that wait have nothing to do with it. What came with QoS 0 comes again by no connection.
        if (qos > 0) again ??= clock.after(comesAgainMs, () => client.end(true));
        goOn(error);
      },
    );
  };
  client.once("close", () => again?.cancel());
  return () => isHolding;
}

/** @returns why not; undefined where the connection ended or `signal` aborts. */
function subscribed(
  client: MqttClient,
  connection: MqttConnection,
  {
    clock,
    timeoutMs,
    subscribe,
  }: Pick<MqttConnectionConfig, "timeoutMs" | "subscribe"> & { readonly clock: Clock },
  signal: AbortSignal,
): Promise<"granted" | Failure | undefined> {
  return new Promise((resolve) => {
    const settle = (answer?: "granted" | Failure): void => {
      timer.cancel();
      stop();
      signal.removeEventListener("abort", give);
      resolve(answer);
    };
    const give = (): void => settle();
    const timer = clock.after(timeoutMs, () => settle(failure("upstream.unacknowledged")));
    const stop = connection.onEnd(give);
    signal.addEventListener("abort", give, { once: true });
    client.subscribe({ ...subscribe }, (error) => settle(error ? faultOf(error) : "granted"));
    if (signal.aborted) give();
  });
}

function optionsOf({ clientId, login, tls, timeoutMs, will }: MqttConnectionConfig): IClientOptions {
  return {
    protocolVersion: 5,
    clientId,
    ...login,
    ...tls,
    clean: false,
    keepalive: KEEP_ALIVE_SECONDS,
    connectTimeout: timeoutMs,
    // The back-off is ours, and a new connection begins with what the ledger says.
    reconnectPeriod: 0,
    resubscribe: false,
    autoUseTopicAlias: true,
    properties: { sessionExpiryInterval: SESSION_SECONDS, maximumPacketSize: LARGEST_TAKEN_BYTES },
    will: {
      topic: will.topic,
      payload: Buffer.from(will.payload),
      qos: 1,
      retain: true,
      properties: { willDelayInterval: will.delaySeconds, contentType: "application/json" },
    },
  };
}

interface Limits {
  readonly inFlight: number;
  readonly packetBytes: number;
}

function connected(
  client: MqttClient,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Limits | undefined> {
  return new Promise((resolve) => {
    const settle = (limits?: Limits): void => {
      timer.cancel();
      signal.removeEventListener("abort", give);
      client.off("close", give);
      resolve(limits);
    };
    const give = (): void => settle();
    const timer = clock.after(timeoutMs, give);
    signal.addEventListener("abort", give, { once: true });
    client.once("close", give);
    client.once("connect", ({ properties }) => {
      settle({
        inFlight: properties?.receiveMaximum ?? LARGEST.receiveMaximum,
        packetBytes: properties?.maximumPacketSize ?? LARGEST.packetBytes,
      });
    });
    if (signal.aborted) give();
  });
}

import { createRequire } from "node:module";
import { Socket } from "node:net";
import { connect, type IClientOptions, type IClientPublishOptions, type MqttClient } from "mqtt";
import { certificateFault } from "../core/certificate-faults.ts";
import { errorCode } from "../core/errors.ts";
import { createSignal } from "../core/signals.ts";
import type { Clock } from "../core/time.ts";
import type { Failure } from "./answers.ts";
import { failure } from "./answers.ts";
import type { TlsMaterial } from "./tls-files.ts";

const KEEP_ALIVE_SECONDS = 30;
/** What a broker keeps for us while the line is cut: commands and acknowledgements, never events. */
const SESSION_SECONDS = 604_800;
/**
 * More bytes in flight would only fill buffers, and what is urgent would come behind them: 8 s on a line of 128 kbit/s. The broker's
 * answers to more messages would come in one piece, and hold up a sound while they are read.
 */
const MOST_IN_FLIGHT = { messages: 128, bytes: 131_072 };
/** What else the gateway has to do comes in between. */
const MOST_IN_TURN = 16;
/** MQTT 5, 3.2.2.3.3 and 3.2.2.3.6: what holds where the broker says nothing. */
const LARGEST = { receiveMaximum: 65_535, packetBytes: 268_435_460 };
/** MQTT 5, 2.4. */
export const PACKET_TOO_LARGE = 149;
/** What the package's parser takes as the reason of a PUBACK, each with its name; it stops at any other. No types come with it. */
const { MQTT5_PUBACK_PUBREC_CODES: PUBACK_REASONS } = createRequire(import.meta.url)(
  "mqtt-packet/constants.js",
) as { readonly MQTT5_PUBACK_PUBREC_CODES: Record<number, string> };

export interface MqttConnectionConfig {
  readonly url: string;
  readonly clientId: string;
  readonly login?: { readonly username: string; readonly password: string } | undefined;
  readonly tls: TlsMaterial;
  readonly timeoutMs: number;
  readonly subscribe: readonly string[];
  readonly will: { readonly topic: string; readonly payload: string; readonly delaySeconds: number };
}

/** One connection to a broker from CONNACK to its end; it is never mended, the next one is another. */
export interface MqttConnection {
  /** How many bytes the broker takes in one packet. */
  readonly mostPacketBytes: number;
  /**
   * Publishes with QoS 1 as the broker's window allows, in order; what is urgent before the rest.
   * @param done reason code of the PUBACK (MQTT 5, 3.4.2.1; 0 is success), or undefined when the connection ended before it.
   */
  publish(
    topic: string,
    payload: string,
    options: PublishOptions,
    done: (reasonCode: number | undefined) => void,
  ): void;
  onMessage(listener: (message: { readonly topic: string; readonly payload: Buffer }) => void): () => void;
  /** Undefined while it lives. */
  fault(): Failure | undefined;
  /** The largest payload that the broker had not acknowledged when it ended; 0 without. */
  largestUnderwayBytes(): number;
  onEnd(listener: () => void): () => void;
  /** @param politely with a DISCONNECT, so that the broker does not publish the will. */
  end(politely: boolean): Promise<void>;
}

export interface PublishOptions extends Pick<IClientPublishOptions, "retain" | "properties"> {
  readonly isUrgent?: boolean | undefined;
}

interface Job {
  /** Of the payload. */
  readonly bytes: number;
  /** Gives it to the package, which gives it a packet identifier. */
  readonly send: () => number;
  readonly done: (reasonCode: number | undefined) => void;
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
  // Before anything else: an error without a listener ends the process.
  client.on("error", (error) => {
    fault ??= faultOf(error);
    // The package stops reading after what it does not understand, and would leave the connection open.
    client.end(true);
  });
  client.on("disconnect", ({ reasonCode = 0 }) => {
    fault ??= faultOfReason(reasonCode);
  });
  const limits = await connected(client, clock, config.timeoutMs, signal);
  if (!limits) {
    client.end(true);
    return fault ?? failure(signal.aborted ? "upstream.network" : "upstream.unreachable");
  }
  const connection = manage(client, clock, limits, () => fault);
  const subscribed = await new Promise<boolean>((resolve) => {
    const stop = connection.onEnd(() => resolve(false));
    client.subscribe([...config.subscribe], { qos: 1 }, (error) => {
      stop();
      if (error) fault ??= faultOf(error);
      resolve(!error);
    });
  });
  if (subscribed) return connection;
  await connection.end(false);
  return fault ?? failure("upstream.network");
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
    properties: { sessionExpiryInterval: SESSION_SECONDS },
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
        inFlight: Math.min(properties?.receiveMaximum ?? LARGEST.receiveMaximum, MOST_IN_FLIGHT.messages),
        packetBytes: properties?.maximumPacketSize ?? LARGEST.packetBytes,
      });
    });
    if (signal.aborted) give();
  });
}

function manage(
  client: MqttClient,
  clock: Clock,
  limits: Limits,
  faultSoFar: () => Failure | undefined,
): MqttConnection {
  // A window of small packets that waits for the peer's delayed ACK would pass 20 messages in 40 ms.
  if (client.stream instanceof Socket) client.stream.setNoDelay(true);
  const messages = createSignal<{ topic: string; payload: Buffer }>();
  const ended = createSignal<void>();
  const urgent: Job[] = [];
  const waiting: Job[] = [];
  /** By packet identifier. The package hides the reason "no matching subscribers", so PUBACKs are read here. */
  const inFlight = new Map<number, Job>();
  let bytesInFlight = 0;
  let hasEnded = false;
  let largestUnderwayBytes = 0;
  let isPlanned = false;

  const hasRoom = (): boolean =>
    !hasEnded && inFlight.size < limits.inFlight && bytesInFlight < MOST_IN_FLIGHT.bytes;

  function next(): void {
    if (isPlanned || urgent.length + waiting.length === 0 || !hasRoom()) return;
    isPlanned = true;
    clock.after(0, () => {
      isPlanned = false;
      sendSome();
      next();
    });
  }

  /** In one write. */
  function sendSome(): void {
    client.stream.cork();
    for (let count = 0; count < MOST_IN_TURN && hasRoom(); count++) {
      const job = urgent.shift() ?? waiting.shift();
      if (!job) break;
      inFlight.set(job.send(), job);
      bytesInFlight += job.bytes;
    }
    process.nextTick(() => client.stream.uncork());
  }

  client.on("message", (topic, payload) => messages.emit({ topic, payload }));
  client.on("packetreceive", (packet) => {
    if (packet.cmd !== "puback" || packet.messageId === undefined) return;
    const job = inFlight.get(packet.messageId);
    inFlight.delete(packet.messageId);
    bytesInFlight -= job?.bytes ?? 0;
    job?.done(packet.reasonCode ?? 0);
    next();
  });
  client.once("close", () => {
    hasEnded = true;
    largestUnderwayBytes = Math.max(0, ...[...inFlight.values()].map(({ bytes }) => bytes));
    const open = [...inFlight.values(), ...urgent.splice(0), ...waiting.splice(0)];
    inFlight.clear();
    for (const { done } of open) done(undefined);
    ended.emit();
  });

  return {
    mostPacketBytes: limits.packetBytes,
    publish(topic, payload, { isUrgent = false, ...options }, done) {
      if (hasEnded) {
        done(undefined);
        return;
      }
      (isUrgent ? urgent : waiting).push({
        bytes: Buffer.byteLength(payload),
        done,
        send() {
          client.publish(topic, payload, { ...options, qos: 1 }, () => undefined);
          return client.getLastMessageId();
        },
      });
      next();
    },
    onMessage: messages.on,
    fault: () => (hasEnded ? (faultSoFar() ?? failure("upstream.network")) : undefined),
    onEnd: ended.on,
    largestUnderwayBytes: () => largestUnderwayBytes,
    end: (politely) => new Promise((resolve) => client.end(!politely, {}, () => resolve())),
  };
}

function faultOf(error: unknown): Failure {
  // The package's errors carry the broker's reason code as a number.
  const reason = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof reason === "number") return faultOfReason(reason);
  return failure(certificateFault(errorCode(error)) ? "upstream.certificate" : "upstream.network");
}

/** MQTT 5, 2.4 (and 3.1.1 from brokers that know nothing newer). */
export function faultOfReason(reason: number): Failure {
  switch (reason) {
    case 4:
    case 5:
    case 134:
    case 135:
    case 138:
    case 140:
      return failure("upstream.unauthorized", true);
    case 1:
    case 132:
      return failure("upstream.old_protocol", true);
    case 142:
      return failure("upstream.session_taken", true);
    case 137:
    case 150:
    case 151:
    case 159:
      return failure("upstream.throttled");
    case PACKET_TOO_LARGE:
      return failure("upstream.too_large");
    case 0:
    case 139:
      return failure("upstream.network");
    default:
      return reason < 128 || reason === 136
        ? failure("upstream.server_error")
        : failure("upstream.rejected", true);
  }
}

import { Socket } from "node:net";
import type { IClientPublishOptions, MqttClient } from "mqtt";
import { createSignal } from "../core/signals.ts";
import type { Clock, Timer } from "../core/time.ts";
import { type Failure, failure } from "./answers.ts";

/**
 * More bytes in flight would only fill buffers, and what is urgent would come behind them: 8 s on a line of 128 kbit/s. The broker's
 * answers to more messages would come in one piece, and hold up a sound while they are read.
 */
const MOST_IN_FLIGHT = { messages: 128, bytes: 131_072 };
/** What else the gateway has to do comes in between. */
const MOST_IN_TURN = 16;
/** Of a line of 128 kbit/s: so long may what is in flight take to arrive, beside the time-out, before the broker acknowledges anything. */
const SLOWEST_BYTES_PER_MS = 16;
/** Where the broker goes on to answer pings and nothing else, the package would wait for its PUBACKs without end. */
const LEAVE_MS = 1000;

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

/** What one connection allows. */
interface Course {
  /** How many messages the broker takes without a PUBACK. */
  readonly inFlight: number;
  /** How many bytes it takes in one packet. */
  readonly packetBytes: number;
  /** For the next PUBACK while any is due. */
  readonly timeoutMs: number;
  /** Whether what the broker says is not read now. */
  readonly isHolding: () => boolean;
  readonly endFor: (why: Failure) => void;
}

export function manageWindow(
  client: MqttClient,
  clock: Clock,
  { timeoutMs, isHolding, endFor, ...limits }: Course,
  faultSoFar: () => Failure | undefined,
): MqttConnection {
  // A window of small packets that waits for the peer's delayed ACK would pass 20 messages in 40 ms.
  if (client.stream instanceof Socket) client.stream.setNoDelay(true);
  const ended = createSignal<void>();
  const urgent: Job[] = [];
  const waiting: Job[] = [];
  /** By packet identifier. The package hides the reason "no matching subscribers", so PUBACKs are read here. */
  const inFlight = new Map<number, Job>();
  let bytesInFlight = 0;
  let hasEnded = false;
  let largestUnderwayBytes = 0;
  let isPlanned = false;
  /** When the broker acknowledged something, or had nothing to acknowledge. Monotonic. */
  let heardMs = 0;
  let watch: Timer | undefined;

  const mostMessages = Math.min(limits.inFlight, MOST_IN_FLIGHT.messages);
  /** Until `close` comes, the package goes on to take messages; it sends none, and gives them no packet identifier. */
  const isOpen = (): boolean => !hasEnded && client.connected && !client.disconnecting;
  const hasRoom = (): boolean =>
    isOpen() && inFlight.size < mostMessages && bytesInFlight < MOST_IN_FLIGHT.bytes;

  function next(): void {
    if (isPlanned || urgent.length + waiting.length === 0 || !hasRoom()) return;
    isPlanned = true;
    clock.after(0, () => {
      isPlanned = false;
      if (hasRoom()) sendSome();
      next();
    });
  }

  /** In one write. */
  function sendSome(): void {
    if (inFlight.size === 0) heardMs = clock.now().monotonicMs;
    client.stream.cork();
    for (let count = 0; count < MOST_IN_TURN && hasRoom(); count++) {
      const job = urgent.shift() ?? waiting.shift();
      if (!job) break;
      const packetId = job.send();
      // Two under one identifier would be one: whoever waits for the other would wait for good.
      if (inFlight.has(packetId)) job.done(undefined);
      else {
        inFlight.set(packetId, job);
        bytesInFlight += job.bytes;
      }
    }
    process.nextTick(() => client.stream.uncork());
    watch ??= clock.after(timeoutMs, endIfUnheard);
  }

  function endIfUnheard(): void {
    watch = undefined;
    if (inFlight.size === 0 || hasEnded) return;
    const nowMs = clock.now().monotonicMs;
    // What the broker said may lie here unread.
    if (isHolding()) heardMs = nowMs;
    const leftMs = heardMs + timeoutMs + bytesInFlight / SLOWEST_BYTES_PER_MS - nowMs;
    if (leftMs > 0) watch = clock.after(Math.ceil(leftMs), endIfUnheard);
    else endFor(failure("upstream.unacknowledged"));
  }

  client.on("packetreceive", (packet) => {
    if (packet.cmd !== "puback" || packet.messageId === undefined) return;
    const job = inFlight.get(packet.messageId);
    inFlight.delete(packet.messageId);
    bytesInFlight -= job?.bytes ?? 0;
    heardMs = clock.now().monotonicMs;
    job?.done(packet.reasonCode ?? 0);
    next();
  });
  client.once("close", () => {
    hasEnded = true;
    watch?.cancel();
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
    fault: () => (hasEnded ? (faultSoFar() ?? failure("upstream.network")) : undefined),
    onEnd: ended.on,
    largestUnderwayBytes: () => largestUnderwayBytes,
    end: (politely) =>
      new Promise((resolve) => {
        if (hasEnded) {
          resolve();
          return;
        }
        const late = clock.after(LEAVE_MS, () => client.stream.destroy());
        ended.on(() => {
          late.cancel();
          resolve();
        });
        client.end(!politely);
      }),
  };
}

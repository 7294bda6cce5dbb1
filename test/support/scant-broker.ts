import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type IPublishPacket, type Packet, parser, writeToStream } from "mqtt-packet";

/** A broker for one box that answers as little as it is told; pings it answers always. */
export interface ScantBroker {
  readonly url: string;
  /** How many connections it took. */
  connections(): number;
  /** What the box published, in order. */
  readonly published: readonly IPublishPacket[];
  /** Which of it waits for its PUBACK. */
  readonly unacknowledged: readonly IPublishPacket[];
  /** Acknowledges so many of them, the oldest first, in one write, with `behind` in the same. */
  acknowledge(count: number, behind?: Buffer): void;
  /** Hands something down to the box; with QoS 1 unless told. */
  say(topic: string, payload: object, qos?: 0 | 1): void;
  /** Sends bytes as they are. */
  write(bytes: Buffer): void;
  close(): Promise<void>;
}

export async function startScantBroker({
  subscribes = true,
  acknowledges = () => true,
}: {
  /** Whether subscriptions are answered. */
  readonly subscribes?: boolean;
  /** Whether a message is acknowledged as soon as it comes. */
  readonly acknowledges?: (topic: string) => boolean;
} = {}): Promise<ScantBroker> {
  const published: IPublishPacket[] = [];
  const unacknowledged: IPublishPacket[] = [];
  const boxes = new Set<Socket>();
  let box: Socket | undefined;
  let connections = 0;
  let lastId = 0;
  const send = (packet: Packet): void => {
    if (box) writeToStream(packet, box, { protocolVersion: 5 });
  };

  function answer(packet: Packet): void {
    if (packet.cmd === "connect") {
      unacknowledged.splice(0);
      send({ cmd: "connack", sessionPresent: false, reasonCode: 0 });
    }
    if (packet.cmd === "pingreq") send({ cmd: "pingresp" });
    if (packet.cmd === "subscribe" && subscribes) {
      send({ cmd: "suback", messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(() => 1) });
    }
    if (packet.cmd === "publish") {
      published.push(packet);
      unacknowledged.push(packet);
      if (acknowledges(packet.topic)) puback(unacknowledged.length - 1);
    }
  }

  function puback(index: number): void {
    const [{ messageId } = {}] = unacknowledged.splice(index, 1);
    if (messageId !== undefined) send({ cmd: "puback", messageId, reasonCode: 0 });
  }

  const server = createServer((socket) => {
    connections += 1;
    box = socket;
    boxes.add(socket);
    const reading = parser({ protocolVersion: 5 });
    reading.on("packet", answer);
    socket.on("data", (chunk) => reading.parse(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => boxes.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `mqtt://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    connections: () => connections,
    published,
    unacknowledged,
    acknowledge(count, behind) {
      box?.cork();
      for (let each = 0; each < count; each += 1) puback(0);
      if (behind) box?.write(behind);
      box?.uncork();
    },
    say(topic, payload, qos = 1) {
      if (qos > 0) lastId += 1;
      send({
        ...{ cmd: "publish", topic, payload: JSON.stringify(payload), qos, dup: false, retain: false },
        ...(qos > 0 && { messageId: lastId }),
      });
    },
    write: (bytes) => void box?.write(bytes),
    async close() {
      server.close();
      for (const each of boxes) each.destroy();
      await once(server, "close");
    },
  };
}

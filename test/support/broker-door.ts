import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";

/** MQTT 5, 2.2.2.2: the property Maximum Packet Size, of four bytes. */
const MAXIMUM_PACKET_SIZE = 0x27;
const PROPERTY_BYTES = 5;

/** Stands before a broker on loopback, for what no broker does when it is asked to. */
export interface BrokerDoor {
  readonly url: string;
  /** Says something in the broker's name on every connection. */
  say(bytes: Buffer): void;
  /** Takes nothing more from anybody, as on a line that went dead. */
  deafen(): void;
  close(): Promise<void>;
}

/** @param hidesLimit leaves the Maximum Packet Size out of each CONNACK, as brokers do that tell no limit. */
export async function openBrokerDoor(port: number, { hidesLimit = false } = {}): Promise<BrokerDoor> {
  const boxes = new Set<Socket>();
  const server = createServer((box) => {
    const broker = dial(port, "127.0.0.1");
    boxes.add(box);
    box.on("close", () => boxes.delete(box));
    for (const [one, other] of [
      [box, broker],
      [broker, box],
    ] as const) {
      one.on("error", () => other.end());
      one.on("close", () => other.end());
    }
    box.on("data", (chunk) => broker.write(chunk));
    broker.once("data", (connack) => {
      box.write(hidesLimit ? withoutLimit(connack) : connack);
      broker.on("data", (chunk) => box.write(chunk));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `mqtt://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    say(bytes) {
      for (const box of boxes) box.write(bytes);
    },
    deafen() {
      for (const box of boxes) box.pause();
    },
    async close() {
      server.close();
      for (const box of boxes) box.destroy();
      await once(server, "close");
    },
  };
}

/** A CONNACK is one chunk, and its lengths are of one byte each: type, length, flags, reason, length of the properties. */
function withoutLimit(connack: Buffer): Buffer {
  const at = connack.indexOf(MAXIMUM_PACKET_SIZE, 5);
  if (at < 0) throw new Error("The broker told no limit");
  const rest = Buffer.concat([connack.subarray(0, at), connack.subarray(at + PROPERTY_BYTES)]);
  for (const place of [1, 4]) rest.writeUInt8(rest.readUInt8(place) - PROPERTY_BYTES, place);
  return rest;
}
